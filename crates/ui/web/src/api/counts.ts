import type { Counts } from './types';

/** Photos whose faces are not known yet. */
export const unread = (counts: Counts) => counts.waiting + counts.working;
