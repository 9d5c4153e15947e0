import { Problem } from './problem';
import type { Turn } from './turn';

/** Whether the server asks who we are: the session's short proof has run out, or there is no session. */
export const notLoggedIn = (error: unknown): boolean => error instanceof Problem && error.status === 401 && error.code === 'not_logged_in';

/**
 * Repeats a call once after the session was renewed.
 *
 * A refresh token works once, and using an old one ends the session. So the tabs take turns, and whoever gets its turn
 * first tries its call again: another tab may have renewed the session meanwhile. Calls of this tab that fail while a
 * renewal is under way wait for that one.
 */
export class Renewal {
  readonly #renew: () => Promise<unknown>;
  readonly #turn: Turn;
  #underWay: Promise<void> | null = null;

  /** `renew` uses the refresh token up; it rejects when the session is over. */
  constructor(renew: () => Promise<unknown>, turn: Turn) {
    this.#renew = renew;
    this.#turn = turn;
  }

  async around<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!notLoggedIn(error)) throw error;
    }
    if (this.#underWay === null) return this.#inTurn(call);
    await this.#underWay;
    try {
      return await call();
    } catch (error) {
      if (!notLoggedIn(error)) throw error;
    }
    return this.#inTurn(call);
  }

  async #inTurn<T>(call: () => Promise<T>): Promise<T> {
    let answer: Promise<T> | null = null;
    const mine = this.#turn(async () => {
      const again = call();
      const expired = await again.then(() => false, notLoggedIn);
      if (expired) await this.#renew();
      else answer = again;
    });
    this.#underWay = mine;
    try {
      await mine;
    } finally {
      if (this.#underWay === mine) this.#underWay = null;
    }
    return answer ?? call();
  }
}
