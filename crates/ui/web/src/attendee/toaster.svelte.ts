/** How long a message stays; one that can be undone stays longer. */
const SAID_MS = 5000;
const UNDO_MS = 9000;

export interface Toast {
  text: string;
  undo: (() => void) | null;
}

/** The one short message at the foot of the page. */
export class Toaster {
  current: Toast | null = $state.raw(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string, undo: (() => void) | null = null): void {
    this.current = { text, undo };
    this.rest();
  }

  /** Begins the time anew, for instance when the pointer or the focus leaves it. */
  rest(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.current = null), this.current?.undo === null ? SAID_MS : UNDO_MS);
  }

  hold(): void {
    clearTimeout(this.#timer);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.current = null;
  }
}
