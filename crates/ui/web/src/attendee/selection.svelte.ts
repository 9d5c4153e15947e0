import { SvelteSet } from 'svelte/reactivity';

/** Photos that are picked out, by key, while picking is on. */
export class Selection {
  on = $state(false);
  readonly #keys = new SvelteSet<string>();

  get size(): number {
    return this.#keys.size;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  toggle(key: string): void {
    if (!this.#keys.delete(key)) this.#keys.add(key);
  }

  /** Picks all of `keys`, or none when all are picked already. */
  all(keys: string[]): void {
    const none = keys.every((key) => this.#keys.has(key));
    this.#keys.clear();
    if (!none) for (const key of keys) this.#keys.add(key);
  }

  begin(): void {
    this.on = true;
  }

  end(): void {
    this.on = false;
    this.#keys.clear();
  }
}
