import type { PhotoFilter, StaffPhoto } from '../api/event-types';
import type { Counts } from '../api/types';

/** Ready-made filters of the grid. */
export const SHOWN = ['all', 'noFaces', 'failed', 'unpublished', 'mine'] as const;
export type Shown = (typeof SHOWN)[number];

/** What to ask the server for. */
export function filterOf(shown: Shown, batch: string | null): PhotoFilter {
  const of = batch === null ? {} : { batch };
  switch (shown) {
    case 'all':
      return of;
    case 'noFaces':
      return { ...of, state: 'ready', faces: 'none' };
    case 'failed':
      return { ...of, state: 'failed' };
    case 'unpublished':
      return { ...of, published: false };
    case 'mine':
      return { ...of, mine: true };
  }
}

/** How many photos a filter has, where the event's counts tell. */
export function countedBy(shown: Shown, counts: Counts): number | null {
  switch (shown) {
    case 'all':
      return counts.received;
    case 'noFaces':
      return counts.without_faces;
    case 'failed':
      return counts.failed;
    case 'unpublished':
    case 'mine':
      return null;
  }
}

/** Photos of an answer behind those that are there, none twice: new ones push the pages along. */
export function appended(photos: readonly StaffPhoto[], more: readonly StaffPhoto[]): StaffPhoto[] {
  const there = new Set(photos.map(({ photo_id }) => photo_id));
  return [...photos, ...more.filter(({ photo_id }) => !there.has(photo_id))];
}
