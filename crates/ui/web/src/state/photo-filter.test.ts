import { describe, expect, it } from 'vitest';
import type { StaffPhoto } from '../api/event-types';
import { appended, filterOf, SHOWN } from './photo-filter';

describe('filterOf', () => {
  it('asks for something else each time, and within the batch', () => {
    expect(SHOWN.map((shown) => filterOf(shown, null))).toEqual([
      {},
      { state: 'ready', faces: 'none' },
      { state: 'failed' },
      { published: false },
      { mine: true },
    ]);
    for (const shown of SHOWN) expect(filterOf(shown, 'b1')).toEqual({ ...filterOf(shown, null), batch: 'b1' });
  });
});

describe('appended', () => {
  it('shows no photo twice when new ones have pushed the pages along', () => {
    const of = (...ids: string[]) => ids.map((photo_id) => ({ photo_id }) as StaffPhoto);
    expect(appended(of('c', 'b'), of('b', 'a')).map(({ photo_id }) => photo_id)).toEqual(['c', 'b', 'a']);
  });
});
