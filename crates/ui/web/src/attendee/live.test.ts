import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Asked, Live } from './live';

let asks: number;
let answer: () => Promise<Asked>;
let live: Live;

beforeEach(() => {
  vi.useFakeTimers();
  asks = 0;
  answer = async () => 'done';
  live = new Live(
    () => {
      asks += 1;
      return answer();
    },
    () => 0.5,
  );
});
afterEach(() => vi.useRealTimers());

describe('Live', () => {
  it('searches again a moment after photos have changed, and once for many changes', async () => {
    live.begin(7);
    live.news(7);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asks).toBe(0);
    live.news(8);
    live.news(9);
    await vi.advanceTimersByTimeAsync(700);
    expect(asks).toBe(0);
    await vi.advanceTimersByTimeAsync(100);
    expect(asks).toBe(1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asks).toBe(1);
  });

  it('takes the first news for what the search knew when nothing else is known', async () => {
    live.begin(null);
    live.news(3);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asks).toBe(0);
    live.news(4);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asks).toBe(1);
  });

  it('searches once more for what changed while it searched', async () => {
    let done = (_: Asked): void => undefined;
    answer = () => new Promise((resolve) => (done = resolve));
    live.begin(1);
    live.news(2);
    await vi.advanceTimersByTimeAsync(1000);
    live.news(3);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asks).toBe(1);
    done('done');
    await vi.advanceTimersByTimeAsync(1000);
    expect(asks).toBe(2);
  });

  it('tries again when the server was away', async () => {
    answer = async () => 'later';
    live.begin(1);
    live.news(2);
    await vi.advanceTimersByTimeAsync(1000);
    answer = async () => 'done';
    await vi.advanceTimersByTimeAsync(5000);
    expect(asks).toBe(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asks).toBe(2);
  });

  it('stops when it makes no sense any more', async () => {
    answer = async () => 'over';
    live.begin(1);
    live.news(2);
    await vi.advanceTimersByTimeAsync(1000);
    live.news(3);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asks).toBe(1);
  });
});
