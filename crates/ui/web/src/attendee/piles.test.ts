import { describe, expect, it } from 'vitest';
import type { Band, FoundPhoto, SearchAnswer } from '../api/attendee';
import { merged, moved, type Piles, placeFor, placeOf, pilesOf } from './piles';

const photo = (photo_id: string, band: Band = 'sure', round = 1): FoundPhoto => ({
  photo_id,
  band,
  score: 0.5,
  width_px: 300,
  height_px: 200,
  taken_at: null,
  thumb_url: `/thumb/${photo_id}/${round}`,
  preview_url: `/preview/${photo_id}/${round}`,
  download_url: `/download/${photo_id}/${round}`,
  favourite: false,
  verdict: null,
});

const answer = (matches: FoundPhoto[], not_me: FoundPhoto[] = []): SearchAnswer => ({
  matches,
  not_me,
  faces_searched: 9,
  timing: { queue_ms: 0, embed_ms: 0, search_ms: 0 },
  sealed: 's',
});

const ids = (piles: Piles) =>
  Object.fromEntries(Object.entries(piles).map(([pile, photos]) => [pile, (photos as FoundPhoto[]).map((each) => each.photo_id).join('')]));

const start = pilesOf(answer([photo('a'), photo('b'), photo('m', 'maybe')], [photo('n')]));

describe('piles', () => {
  it('sorts a first answer by band and verdict', () => {
    expect(ids(start)).toEqual({ fresh: '', yours: 'ab', maybe: 'm', notMe: 'n' });
  });

  it('puts new photos in front of all others and leaves the rest where it is, whatever the new order', () => {
    const again = answer([photo('x', 'sure', 2), photo('b', 'sure', 2), photo('a', 'sure', 2), photo('y', 'maybe', 2), photo('m', 'maybe', 2)], [photo('n')]);
    const { piles, added } = merged(start, again);
    expect([ids(piles), added]).toEqual([{ fresh: 'x', yours: 'ab', maybe: 'my', notMe: 'n' }, 1]);
    const third = merged(piles, { ...again, matches: [photo('z', 'sure', 3), ...again.matches] });
    expect([ids(third.piles), third.added]).toEqual([{ fresh: 'zx', yours: 'ab', maybe: 'my', notMe: 'n' }, 1]);
  });

  it('keeps the thumbs that are loaded and takes the newer addresses for what is fetched later', () => {
    const { piles } = merged(start, answer([photo('a', 'sure', 2)]));
    expect(piles.yours.map((each) => [each.thumb_url, each.download_url])).toEqual([['/thumb/a/1', '/download/a/2']]);
  });

  it('takes out what is gone', () => {
    const { piles, added } = merged(start, answer([photo('b')]));
    expect([ids(piles), added]).toEqual([{ fresh: '', yours: 'b', maybe: '', notMe: '' }, 0]);
  });

  it('moves what another device has judged without calling it new', () => {
    const { piles, added } = merged(start, answer([photo('a'), photo('b'), photo('m', 'sure')], [photo('n')]));
    expect([ids(piles), added]).toEqual([{ fresh: '', yours: 'abm', maybe: '', notMe: 'n' }, 0]);
  });

  it('moves a photo by a verdict and back', () => {
    const from = placeOf(start, 'a');
    const judged = moved(start, 'a', placeFor(start, false), false);
    expect([ids(judged), judged.notMe[0]?.verdict]).toEqual([{ fresh: '', yours: 'b', maybe: 'm', notMe: 'an' }, false]);
    expect(moved(judged, 'a', from!, null)).toEqual(start);
    expect(ids(moved(start, 'm', placeFor(start, true), true))).toEqual({ fresh: '', yours: 'abm', maybe: '', notMe: 'n' });
  });

  it('does nothing to a photo that is not there', () => {
    expect(placeOf(start, 'q')).toBeNull();
    expect(moved(start, 'q', placeFor(start, true), true)).toBe(start);
  });
});
