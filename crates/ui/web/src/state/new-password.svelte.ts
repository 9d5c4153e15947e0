import { PASSWORD_CHARS_MIN } from '../password';

/** A password being chosen, twice. */
export class NewPassword {
  value = $state('');
  again = $state('');
  /** Whether the form was sent: mistakes are named only then. */
  tried = $state(false);

  get tooShort(): boolean {
    return [...this.value].length < PASSWORD_CHARS_MIN;
  }

  get differs(): boolean {
    return this.value !== this.again;
  }

  /** Whether it can be sent; from now on mistakes are named. */
  ready(): boolean {
    this.tried = true;
    return !this.tooShort && !this.differs;
  }

  clear(): void {
    [this.value, this.again, this.tried] = ['', '', false];
  }
}
