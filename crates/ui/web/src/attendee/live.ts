/** Searching again is spread over this time, so that all phones in a hall do not ask at once. */
const SPREAD_MS = 1500;
const RETRY_MS = 5000;

/** What came of a search again: it went through, it may work later, or it makes no sense any more. */
export type Asked = 'done' | 'later' | 'over';

/** Searches again when photos have changed since the last search: one search at a time, however many changes come. */
export class Live {
  readonly #ask: () => Promise<Asked>;
  readonly #random: () => number;
  /** The change that the answer shown knows of; `null` until a search says. */
  #known: number | null = null;
  #latest: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = false;
  #over = false;

  constructor(ask: () => Promise<Asked>, random: () => number = Math.random) {
    this.#ask = ask;
    this.#random = random;
  }

  /** The answer shown is of a search that began at `change`; `null` when that is unknown, and the next news decide. */
  begin(change: number | null): void {
    this.#known = change;
    if (this.#latest !== null) this.news(this.#latest);
  }

  news(change: number): void {
    this.#latest = change;
    this.#known ??= change;
    if (change > this.#known) this.#schedule(this.#random() * SPREAD_MS);
  }

  stop(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  #schedule(ms: number): void {
    if (this.#over || this.#asking || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#run();
    }, ms);
  }

  async #run(): Promise<void> {
    const change = this.#latest;
    this.#asking = true;
    const asked = await this.#ask();
    this.#asking = false;
    if (asked === 'over') return this.stop();
    if (asked === 'later') return this.#schedule(RETRY_MS);
    this.#known = change;
    if (this.#latest !== null) this.news(this.#latest);
  }
}
