import { judge, searchAgain, type SearchAnswer } from '../api/attendee';
import { asProblem } from '../api/problem';
import type { Asked } from './live';
import { merged, moved, type Piles, type Place, placeFor, placeOf, pilesOf } from './piles';

/** A search's photos with what the visitor says of them, kept up to date. What changes them goes one after the other. */
export class Found {
  piles: Piles = $state.raw({ fresh: [], yours: [], maybe: [], notMe: [] });
  facesSearched = $state(0);
  /** The encrypted face no longer opens, or the account keeps none: only a new selfie goes on. */
  ended = $state(false);
  /** How many photos came with the last news that brought some; a new object each time. */
  added: { count: number } | null = $state.raw(null);
  readonly tookMs: number;
  readonly byTemplate: boolean;
  readonly #slug: string;
  /** `null` when the account's template is what is searched with. */
  #sealed: string | null;
  #queue: Promise<unknown> = Promise.resolve();
  /** Verdicts that are on their way: an answer that was made before them must not undo what is shown. */
  readonly #underWay = new Map<string, { to: Place; verdict: boolean | null }>();

  constructor(slug: string, answer: SearchAnswer, byTemplate: boolean) {
    this.#slug = slug;
    this.byTemplate = byTemplate;
    this.#sealed = byTemplate ? null : answer.sealed;
    this.piles = pilesOf(answer);
    this.facesSearched = answer.faces_searched;
    this.tookMs = answer.timing.queue_ms + answer.timing.embed_ms + answer.timing.search_ms;
  }

  get sealed(): string | null {
    return this.#sealed;
  }

  /** The same search again. */
  refresh(): Promise<Asked> {
    return this.#next(async () => {
      try {
        const answer = await searchAgain(this.#slug, this.#sealed);
        const { piles, added } = merged(this.piles, answer);
        this.piles = [...this.#underWay].reduce((all, [photoId, { to, verdict }]) => moved(all, photoId, to, verdict), piles);
        if (added > 0) this.added = { count: added };
        this.facesSearched = answer.faces_searched;
        return 'done';
      } catch (error) {
        const { status } = asProblem(error);
        if (status === 0 || status === 429 || status >= 500) return 'later';
        this.ended = true;
        return 'over';
      }
    });
  }

  /**
   * Judges a photo: shown at once, taken back when the server refuses it (then it rejects with a `Problem`). Answers how to
   * undo it; `null` when the photo is gone.
   */
  async say(photoId: string, isMe: boolean): Promise<(() => Promise<void>) | null> {
    const from = placeOf(this.piles, photoId);
    if (from === null) return null;
    const before = this.piles[from.pile][from.index]?.verdict ?? null;
    await this.#move(photoId, placeFor(this.piles, isMe), isMe, { to: from, verdict: before });
    return () => this.#move(photoId, from, before, { to: placeFor(this.piles, isMe), verdict: isMe });
  }

  async #move(photoId: string, to: Place, verdict: boolean | null, back: { to: Place; verdict: boolean | null }): Promise<void> {
    this.piles = moved(this.piles, photoId, to, verdict);
    const move = { to, verdict };
    this.#underWay.set(photoId, move);
    try {
      await this.#next(() => judge(this.#slug, photoId, verdict));
    } catch (error) {
      this.piles = moved(this.piles, photoId, back.to, back.verdict);
      throw error;
    } finally {
      if (this.#underWay.get(photoId) === move) this.#underWay.delete(photoId);
    }
  }

  /** A search again and verdicts take turns, so that the server sees them in the order in which they were made. */
  #next<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work, work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}
