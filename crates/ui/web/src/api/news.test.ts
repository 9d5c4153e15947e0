import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { followNews } from './news';

/** As much of an EventSource as the listener touches. */
class FakeSource extends EventTarget {
  readyState = 0;
  closed = false;
  close() {
    this.closed = true;
  }
  tell(photos_ready: number, change: number) {
    this.dispatchEvent(new MessageEvent('photos', { data: JSON.stringify({ photos_ready, change }) }));
  }
  fail(readyState: number) {
    this.readyState = readyState;
    this.dispatchEvent(new Event('error'));
  }
}

let sources: FakeSource[];
let told: unknown[];
let visible: boolean;
let changed: () => void;
let check: () => Promise<unknown>;
let stop: () => void;

const latest = () => sources.at(-1)!;
const show = (on: boolean) => {
  visible = on;
  changed();
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', { CLOSED: 2 });
  sources = [];
  told = [];
  visible = true;
  check = async () => undefined;
  stop = followNews(
    'gala d’été',
    { news: (news) => told.push(news), connected: (open) => told.push(open) },
    {
      open: (path) => {
        expect(path).toBe('/api/attendee/events/gala%20d%E2%80%99%C3%A9t%C3%A9/news');
        sources.push(new FakeSource());
        return latest() as unknown as EventSource;
      },
      check: () => check(),
      visible: () => visible,
      onVisibility: (call) => {
        changed = call;
        return () => (changed = () => undefined);
      },
    },
  );
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('followNews', () => {
  it('tells the news', () => {
    latest().dispatchEvent(new Event('open'));
    latest().tell(12, 34);
    expect(told).toEqual([true, { photos_ready: 12, change: 34 }]);
  });

  it('leaves a lost connection to the browser', () => {
    latest().fail(0);
    vi.advanceTimersByTime(60_000);
    expect([told, sources.length]).toEqual([[false], 1]);
  });

  it('asks before it opens a refused stream again, until the server answers', async () => {
    check = () => Promise.reject(new Error('away'));
    latest().fail(2);
    await vi.advanceTimersByTimeAsync(5000);
    expect(sources).toHaveLength(1);
    check = async () => undefined;
    await vi.advanceTimersByTimeAsync(5000);
    expect(sources).toHaveLength(2);
  });

  it('sleeps while the page is hidden', async () => {
    latest().fail(2);
    show(false);
    expect(latest().closed).toBe(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sources).toHaveLength(1);
    show(true);
    show(true);
    expect(sources).toHaveLength(2);
  });

  it('opens no second stream when the page is shown while it asks', async () => {
    let answer = (): void => undefined;
    check = () => new Promise<void>((resolve) => (answer = resolve));
    latest().fail(2);
    await vi.advanceTimersByTimeAsync(5000);
    show(false);
    show(true);
    answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(sources).toHaveLength(2);
  });

  it('ends', async () => {
    latest().fail(2);
    stop();
    show(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([sources.length, latest().closed]).toEqual([1, true]);
  });
});
