import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from './problem';
import { followProgress, type ProgressAround } from './progress';

/** As much of an EventSource as the listener touches. */
class FakeSource extends EventTarget {
  readyState = 0;
  closed = false;
  close() {
    this.closed = true;
  }
  fail(readyState: number) {
    this.readyState = readyState;
    this.dispatchEvent(new Event('error'));
  }
}

let sources: FakeSource[];
let told: unknown[];
let renewed: () => Promise<unknown>;
let renewals: number;
let stop: () => void;
let leaves: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', { CLOSED: 2 });
  sources = [];
  told = [];
  renewals = 0;
  leaves = true;
  renewed = async () => undefined;
  const around: ProgressAround = {
    open: (path) => {
      expect(path).toBe('/api/events/gala/progress');
      sources.push(new FakeSource());
      return sources.at(-1) as unknown as EventSource;
    },
    renewed: () => {
      renewals += 1;
      return renewed();
    },
  };
  const listener = {
    counts: (counts: unknown) => told.push(counts),
    connected: (open: boolean) => told.push(open),
    refused: ({ code }: Problem) => {
      told.push(code);
      return leaves;
    },
  };
  stop = followProgress('gala', listener, around);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('followProgress', () => {
  it('tells the counts', () => {
    sources[0]?.dispatchEvent(new Event('open'));
    sources[0]?.dispatchEvent(new MessageEvent('progress', { data: '{"ready":3}' }));
    expect(told).toEqual([true, { ready: 3 }]);
  });

  it('leaves a lost connection to the browser', async () => {
    sources[0]?.fail(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([sources.length, renewals]).toEqual([1, 0]);
  });

  it('renews the session and opens again when the server refused the stream', async () => {
    sources[0]?.fail(2);
    await vi.advanceTimersByTimeAsync(5000);
    expect([sources.length, renewals, told]).toEqual([2, 1, [false]]);
  });

  it('goes on trying while the server cannot be reached', async () => {
    renewed = () => Promise.reject(Problem.local('network'));
    sources[0]?.fail(2);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([sources.length, renewals]).toEqual([1, 2]);
    renewed = async () => undefined;
    await vi.advanceTimersByTimeAsync(5000);
    expect([sources.length, renewals]).toEqual([2, 3]);
  });

  it('ends when the session has ended', async () => {
    renewed = () => Promise.reject(new Problem({ status: 401, code: 'not_logged_in' }));
    sources[0]?.fail(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([sources.length, renewals, told]).toEqual([1, 1, [false, 'not_logged_in']]);
  });

  it('waits for a log-in in another tab where the page stays', async () => {
    leaves = false;
    renewed = () => Promise.reject(new Problem({ status: 401, code: 'not_logged_in' }));
    sources[0]?.fail(2);
    await vi.advanceTimersByTimeAsync(5000);
    renewed = async () => undefined;
    await vi.advanceTimersByTimeAsync(30_000);
    expect([sources.length, renewals]).toEqual([2, 2]);
  });

  it('opens nothing after it was told to stop', async () => {
    sources[0]?.fail(2);
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([sources.length, sources[0]?.closed, renewals]).toEqual([1, true, 0]);
  });
});
