import { afterEach, describe, expect, it, vi } from 'vitest';
import { turnOf } from './turn';

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The storage that all tabs of a browser share. */
function storage(entries = new Map<string, string>()) {
  return {
    getItem: (key: string) => entries.get(key) ?? null,
    setItem: (key: string, value: string) => void entries.set(key, value),
    removeItem: (key: string) => void entries.delete(key),
  };
}

/** Runs the work of several tabs at once; answers how many were ever at it together. */
async function together(tabs: number): Promise<number> {
  let now = 0;
  let most = 0;
  const work = async () => {
    now += 1;
    most = Math.max(most, now);
    await later(5);
    now -= 1;
    return 'done';
  };
  const answers = await Promise.all(Array.from({ length: tabs }, () => turnOf('test')(work)));
  expect(answers).toEqual(Array(tabs).fill('done'));
  return most;
}

afterEach(() => vi.unstubAllGlobals());

describe('turnOf', () => {
  it('takes the lock of the browser where there is one', async () => {
    let queue: Promise<unknown> = Promise.resolve();
    const names: string[] = [];
    const request = (name: string, work: () => Promise<unknown>) => {
      names.push(name);
      const mine = queue.then(work);
      queue = mine;
      return mine;
    };
    vi.stubGlobal('navigator', { locks: { request } });
    expect(await together(3)).toBe(1);
    expect(names).toEqual(['test', 'test', 'test']);
  });

  it('takes turns by the storage where there is no lock', async () => {
    vi.stubGlobal('navigator', {});
    vi.stubGlobal('localStorage', storage());
    expect(await together(3)).toBe(1);
  });

  it('gives the turn back after a failure', async () => {
    vi.stubGlobal('navigator', {});
    const entries = new Map<string, string>();
    vi.stubGlobal('localStorage', storage(entries));
    await expect(turnOf('test')(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(entries.size).toBe(0);
  });

  it('does not wait for a tab that was closed in its turn', async () => {
    vi.stubGlobal('navigator', {});
    vi.stubGlobal('localStorage', storage(new Map([['lock.test', JSON.stringify({ owner: 'gone', untilMs: Date.now() - 1 })]])));
    expect(await together(1)).toBe(1);
  });

  it('works alone without lock and storage', async () => {
    vi.stubGlobal('navigator', {});
    vi.stubGlobal('localStorage', undefined);
    expect(await together(1)).toBe(1);
  });
});
