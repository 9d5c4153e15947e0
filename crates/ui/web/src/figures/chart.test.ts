import { describe, expect, it } from 'vitest';
import type { Hour } from '../api/event-types';
import { byDay, byHour, marksFor, sumOf } from './chart';

const hour = (at: Date, searches: number): Hour => ({ hour: at.toISOString(), searches, downloads: 0, visitors: 0, photos: 0 });
const now = new Date(2026, 5, 20, 22, 40);

describe('marksFor', () => {
  it.each([
    [0, [0, 1]],
    [1, [0, 1]],
    [3, [0, 1, 2, 3]],
    [7, [0, 2, 4, 6, 8]],
    [40, [0, 10, 20, 30, 40]],
    [41, [0, 20, 40, 60]],
    [1234, [0, 500, 1000, 1500]],
  ])('of %d', (most, marks) => {
    expect(marksFor(most)).toEqual(marks);
  });

  it('reaches over every value with few round marks', () => {
    for (let most = 1; most < 5000; most += 7) {
      const marks = marksFor(most);
      expect(marks.at(-1)).toBeGreaterThanOrEqual(most);
      expect(marks.length).toBeLessThanOrEqual(6);
    }
  });
});

describe('byDay', () => {
  it('sums the hours of each day of this place, and keeps empty days', () => {
    const bars = byDay([hour(new Date(2026, 5, 20, 21), 5), hour(new Date(2026, 5, 20, 0), 2), hour(new Date(2026, 5, 18, 23), 4), hour(new Date(2026, 4, 1), 9)], 'searches', now);
    expect(bars).toHaveLength(14);
    expect(bars.slice(-3).map(({ value }) => value)).toEqual([4, 0, 7]);
    expect(sumOf(bars)).toBe(11);
    expect(bars[13]?.at).toEqual(new Date(2026, 5, 20));
  });
});

describe('byHour', () => {
  it('ends with the hour that it is', () => {
    const bars = byHour([hour(new Date(2026, 5, 20, 22), 5), hour(new Date(2026, 5, 20, 20), 2)], 'searches', now, 4);
    expect(bars.map(({ at, value }) => [at.getHours(), value])).toEqual([[19, 0], [20, 2], [21, 0], [22, 5]]);
  });
});
