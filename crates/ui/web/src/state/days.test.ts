import { describe, expect, it } from 'vitest';
import { dayAfter, daysUntil, dayText } from './days';

describe('days', () => {
  const evening = new Date(2026, 9, 24, 23, 30); // The clocks change in the night after.
  it('are those of this place, also late in the evening', () => {
    expect([dayText(evening), dayAfter(evening, 1), dayAfter(evening, 30)]).toEqual(['2026-10-24', '2026-10-25', '2026-11-23']);
  });
  it('are counted by the calendar', () => {
    expect([daysUntil(evening, '2026-10-24'), daysUntil(evening, '2026-10-25'), daysUntil(evening, '2026-11-23')]).toEqual([0, 1, 30]);
  });
});
