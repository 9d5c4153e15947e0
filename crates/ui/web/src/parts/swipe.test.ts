import { describe, expect, it } from 'vitest';
import { swipeOf } from './swipe';

describe('swipeOf', () => {
  it.each([
    [-120, 10, 'left'],
    [120, -20, 'right'],
    [10, 150, 'down'],
    [10, -150, 'none'],
    [20, 10, 'none'],
    [100, 100, 'none'],
  ])('%i, %i is %s', (dx, dy, expected) => {
    expect(swipeOf(dx, dy)).toBe(expected);
  });
});
