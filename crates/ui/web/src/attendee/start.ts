import type { SearchAnswer } from '../api/attendee';

/** Which photos the gallery shows: those of me, those I like, or all. */
export type View = 'mine' | 'favourites' | 'all';

/** The search that the gallery begins with. */
export interface Start {
  answer: SearchAnswer;
  /** Found with the face that the account keeps. */
  byTemplate: boolean;
  /** The change of the photos that was known when the search began; `null` when none was. */
  change: number | null;
  /** It was shown before: what came since is asked for at once. */
  again: boolean;
}
