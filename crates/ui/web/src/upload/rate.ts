/** The speed is that of the last seconds, so that it follows the line without jumping. */
const WINDOW_MS = 12_000;
/** Before this much is known, no speed is told. */
const SPAN_MS_MIN = 1500;

/** How fast bytes travel, from what had travelled at several moments. */
export class Rate {
  #samples: { atMs: number; bytes: number }[] = [];

  sample(atMs: number, bytes: number): void {
    this.#samples.push({ atMs, bytes });
    while (this.#samples.length > 2 && this.#samples[1]!.atMs <= atMs - WINDOW_MS) this.#samples.shift();
  }

  /** Forgets what was: after a pause the time in between must not count. */
  rest(): void {
    this.#samples = [];
  }

  /** Bytes per second; `null` while too little is known. */
  get perSecond(): number | null {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.atMs - first.atMs < SPAN_MS_MIN) return null;
    return ((last.bytes - first.bytes) * 1000) / (last.atMs - first.atMs);
  }
}

/** Seconds that `bytes` still take; `null` when nobody can know. */
export function secondsFor(bytes: number, perSecond: number | null): number | null {
  return perSecond === null || perSecond <= 0 ? null : bytes / perSecond;
}
