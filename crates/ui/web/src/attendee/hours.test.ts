import { describe, expect, it } from 'vitest';
import type { VisitorPhoto } from '../api/attendee';
import { byHour, inTimeOrder } from './hours';

const photo = (photo_id: string, taken_at: string | null): VisitorPhoto => ({
  photo_id,
  width_px: 3,
  height_px: 2,
  taken_at,
  thumb_url: '',
  preview_url: '',
  download_url: '',
  favourite: false,
});
const [a, b, c, d] = [
  photo('a', '2026-06-20T20:59:59'),
  photo('b', '2026-06-20T21:00:00'),
  photo('c', '2026-06-20T21:30:00'),
  photo('d', null),
];

describe('byHour', () => {
  it('begins a group with each hour and one for the unknown', () => {
    expect(byHour([a, b, c, d]).map(({ hour, photos }) => [hour, photos.map((each) => each.photo_id).join('')])).toEqual([
      ['2026-06-20T20', 'a'],
      ['2026-06-20T21', 'bc'],
      [null, 'd'],
    ]);
  });

  it('has no group for no photos', () => {
    expect(byHour([])).toEqual([]);
  });
});

describe('inTimeOrder', () => {
  it('puts photos without a time last', () => {
    expect(inTimeOrder([d, c, a, b]).map((each) => each.photo_id)).toEqual(['a', 'b', 'c', 'd']);
  });
});
