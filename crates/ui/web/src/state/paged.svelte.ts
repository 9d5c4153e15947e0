import { asProblem, type Problem } from '../api/problem';
import type { Page } from '../api/types';
import { session } from '../session.svelte';

/** Rows on one page of a list. */
export const ROWS_PER_PAGE = 30;

/** A list that comes page by page. */
export class Paged<T> {
  /** `null` until the first page is there. */
  rows: T[] | null = $state.raw(null);
  next: string | null = $state(null);
  busy = $state(false);
  problem: Problem | null = $state.raw(null);
  readonly #fetch: (after: string | null) => Promise<Page<T>>;
  #asked = 0;

  constructor(fetch: (after: string | null) => Promise<Page<T>>) {
    this.#fetch = fetch;
  }

  /** The first page; what was asked before, with another filter, no longer counts. */
  readonly load = (): Promise<void> => this.#get(null);

  readonly more = async (): Promise<void> => {
    if (this.next !== null && !this.busy) await this.#get(this.next);
  };

  change(how: (rows: T[]) => T[]): void {
    if (this.rows !== null) this.rows = how(this.rows);
  }

  async #get(after: string | null): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    this.busy = true;
    this.problem = null;
    try {
      const page = await this.#fetch(after);
      if (asked !== this.#asked) return;
      this.rows = after === null ? page.rows : [...(this.rows ?? []), ...page.rows];
      this.next = page.next;
    } catch (error) {
      const problem = asProblem(error);
      if (asked === this.#asked && !session.refused(problem)) this.problem = problem;
    } finally {
      if (asked === this.#asked) this.busy = false;
    }
  }
}
