/** How long other tabs have to say which drops are theirs. */
const ANSWER_MS = 300;

interface Message {
  ask?: true;
  held?: string[];
}

/** Tells the other tabs of this browser which drops are being sent here, so that nobody takes them for broken off. */
export class Tabs {
  readonly #channel: BroadcastChannel | null;
  readonly #held: () => string[];
  #others = new Set<string>();

  constructor(event: string, held: () => string[]) {
    this.#held = held;
    this.#channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(`findme.uploads.${event}`);
    this.#channel?.addEventListener('message', ({ data }: MessageEvent<Message>) => {
      if (data.ask === true) this.#channel?.postMessage({ held: this.#held() } satisfies Message);
      for (const id of data.held ?? []) this.#others.add(id);
    });
  }

  /** The drops that other tabs are sending. */
  async others(): Promise<Set<string>> {
    this.#others = new Set();
    this.#channel?.postMessage({ ask: true } satisfies Message);
    await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
    return this.#others;
  }

  close(): void {
    this.#channel?.close();
  }
}
