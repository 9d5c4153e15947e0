import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '../api/problem';
import type { UploadResult } from '../api/types';
import { ATTEMPTS_MAX, FILE_BYTES_MAX, FILES_PER_REQUEST_MAX, REQUESTS_IN_PARALLEL } from './limits';
import { type Send, type Surroundings, UploadQueue } from './queue';

const file = (name: string, size = 10, type = 'image/jpeg') => ({ name, size, type }) as File;
const found = (files: File[]) => files.map((each) => ({ file: each, path: `folder/${each.name}` }));
const many = (count: number) => found(Array.from({ length: count }, (_, i) => file(`${i}.jpg`)));
const accepted = (files: File[]): UploadResult[] => files.map(({ name }) => ({ file_name: name, outcome: 'accepted' }));
const answer = (status: number, retryAfterMs: number | null = null) =>
  new Problem({ status, code: 'x', title: 'Title', detail: `because of ${status}` }, retryAfterMs);

/** Lets everything run that a queue has begun; time is the test's own, so a busy machine changes nothing. */
const settled = () => vi.advanceTimersByTimeAsync(1000);

class World implements Surroundings {
  waits: number[] = [];
  requests: string[][] = [];
  most = 0;
  now = 0;
  isOnline = true;
  goOnline: () => void = () => undefined;
  unreadable = new Set<string>();
  answerWith: Send = async (files) => accepted(files);

  send: Send = async (files, sent, signal) => {
    this.requests.push(files.map(({ name }) => name));
    this.now += 1;
    this.most = Math.max(this.most, this.now);
    await new Promise((resolve) => setTimeout(resolve, 0));
    try {
      return await this.answerWith(files, sent, signal);
    } finally {
      this.now -= 1;
    }
  };
  delay = async (ms: number) => void this.waits.push(ms);
  online = () => this.isOnline;
  whenOnline = () => new Promise<void>((resolve) => (this.goOnline = resolve));
  readable = async ({ name }: File) => !this.unreadable.has(name);
  random = () => 1;
  changed = () => undefined;
}

let world: World;
let queue: UploadQueue;
beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
  queue = new UploadQueue(world);
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a folder of thousands', () => {
  it('goes out in full requests, three at once, and every file has an outcome', async () => {
    queue.add(many(2005));
    await settled();
    expect(queue.phase).toBe('idle');
    expect(queue.tally).toEqual({ accepted: 2005, duplicate: 0, rejected: 0 });
    expect(world.requests).toHaveLength(Math.ceil(2005 / FILES_PER_REQUEST_MAX));
    expect(world.most).toBe(REQUESTS_IN_PARALLEL);
    expect(new Set(world.requests.flat()).size).toBe(2005);
    expect(queue.bytesSent).toBe(queue.bytesTotal);
  });

  it('keeps large files in requests of their own', async () => {
    queue.add(found([file('a', 20e6), file('b', 20e6), file('c', 1e6), file('d', 90e6)]));
    await settled();
    expect(world.requests).toEqual([['a'], ['b', 'c'], ['d']]);
  });
});

describe('files that need not travel', () => {
  it('are rejected by name, and the others go', async () => {
    queue.add(found([file('.DS_Store'), file('Thumbs.db'), file('a.mp4', 5, 'video/mp4'), file('empty.jpg', 0), file('huge.jpg', FILE_BYTES_MAX + 1), file('odd.xyz', 5, '')]));
    await settled();
    expect(queue.entries.map(({ reason }) => reason?.kind)).toEqual(['hidden', 'hidden', 'video', 'empty', 'tooLarge', undefined]);
    expect(world.requests).toEqual([['odd.xyz']]);
    expect(queue.decided).toBe(6);
  });
});

describe('the server’s word on each file', () => {
  it('is kept in order, also for equal names', async () => {
    world.answerWith = async () => [
      { file_name: 'a.jpg', outcome: 'accepted' },
      { file_name: 'a.jpg', outcome: 'duplicate' },
      { file_name: 'b.jpg', outcome: 'rejected', code: 'no', detail: 'No photo.' },
    ];
    queue.add(found([file('a.jpg'), file('a.jpg'), file('b.jpg')]));
    await settled();
    expect(queue.entries.map(({ outcome }) => outcome)).toEqual(['accepted', 'duplicate', 'rejected']);
    expect(queue.entries[2]?.reason).toEqual({ kind: 'server', text: 'No photo.' });
  });

  it('is kept in order when the server has tidied a name', async () => {
    world.answerWith = async () => [
      { file_name: 'a.jpg', outcome: 'accepted' },
      { file_name: 'b_.jpg', outcome: 'duplicate' },
    ];
    queue.add(found([file('a.jpg'), file('b\u202e.jpg')]));
    await settled();
    expect(queue.entries.map(({ outcome }) => outcome)).toEqual(['accepted', 'duplicate']);
  });

  it('is found by name when one is missing, and the missing one is told', async () => {
    world.answerWith = async () => [
      { file_name: 'b.jpg', outcome: 'duplicate' },
      { file_name: 'a.jpg', outcome: 'accepted' },
    ];
    queue.add(found([file('a.jpg'), file('b.jpg'), file('c.jpg')]));
    await settled();
    expect(queue.entries.map(({ outcome }) => outcome)).toEqual(['accepted', 'duplicate', 'rejected']);
    expect(queue.entries[2]?.reason).toEqual({ kind: 'noAnswer' });
  });
});

describe('trouble that passes', () => {
  it('is waited out, twice as long each time', async () => {
    let left = 4;
    world.answerWith = async (files) => {
      if (left-- > 0) throw Problem.local('network');
      return accepted(files);
    };
    queue.add(many(1));
    await settled();
    expect(world.waits).toEqual([1000, 2000, 4000, 8000]);
    expect(queue.tally.accepted).toBe(1);
  });

  it('is waited out as long as the server asks', async () => {
    let first = true;
    world.answerWith = async (files) => {
      if (!first) return accepted(files);
      first = false;
      throw answer(429, 7000);
    };
    queue.add(many(1));
    await settled();
    expect(world.waits).toEqual([7000]);
    expect(queue.tally.accepted).toBe(1);
  });

  it('stops everything in the end, and nothing is lost', async () => {
    world.answerWith = async () => Promise.reject(answer(503));
    queue.add(many(50));
    await settled();
    expect(queue.phase).toBe('stopped');
    expect(queue.stoppedBy?.status).toBe(503);
    expect(world.requests.length).toBeLessThanOrEqual(ATTEMPTS_MAX * REQUESTS_IN_PARALLEL);
    world.answerWith = async (files) => accepted(files);
    queue.resume();
    await settled();
    expect(queue.tally.accepted).toBe(50);
    expect(queue.phase).toBe('idle');
  });

  it('does not count time offline', async () => {
    world.isOnline = false;
    queue.add(many(1));
    await settled();
    expect(queue.phase).toBe('offline');
    expect(world.requests).toEqual([]);
    world.isOnline = true;
    world.goOnline();
    await settled();
    expect(queue.tally.accepted).toBe(1);
  });
});

describe('trouble that stays', () => {
  it('of one file is found among twenty, and the others go', async () => {
    world.answerWith = async (files) => {
      if (files.some(({ name }) => name === '7.jpg')) throw answer(413);
      return accepted(files);
    };
    queue.add(many(20));
    await settled();
    expect(queue.tally).toEqual({ accepted: 19, duplicate: 0, rejected: 1 });
    expect(queue.entries[7]?.reason).toEqual({ kind: 'server', text: 'because of 413' });
  });

  it('of a file moved away is told from a lost connection', async () => {
    world.unreadable.add('1.jpg');
    world.answerWith = async (files) => {
      if (files.some(({ name }) => world.unreadable.has(name))) throw Problem.local('network');
      return accepted(files);
    };
    queue.add(many(3));
    await settled();
    expect(queue.entries.map(({ outcome }) => outcome)).toEqual(['accepted', 'rejected', 'accepted']);
    expect(queue.entries[1]?.reason).toEqual({ kind: 'unreadable' });
  });

  it('of the log-in stops at once and goes on after', async () => {
    world.answerWith = async () => Promise.reject(answer(401));
    queue.add(many(100));
    await settled();
    expect(queue.phase).toBe('stopped');
    expect(queue.stoppedBy?.status).toBe(401);
    expect(world.requests.length).toBeLessThanOrEqual(REQUESTS_IN_PARALLEL);
    world.answerWith = async (files) => accepted(files);
    queue.resume();
    await settled();
    expect(queue.tally.accepted).toBe(100);
  });
});

describe('stopping', () => {
  it('breaks off what is under way and keeps it for later', async () => {
    world.answerWith = (_, __, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(Problem.local('network'))));
    queue.add(many(70));
    await settled();
    queue.stop();
    await settled();
    expect(queue.phase).toBe('stopped');
    expect(queue.decided).toBe(0);
    world.answerWith = async (files) => accepted(files);
    queue.resume();
    await settled();
    expect(queue.tally.accepted).toBe(70);
    expect(new Set(world.requests.slice(REQUESTS_IN_PARALLEL).flat()).size).toBe(70);
  });
});

describe('progress', () => {
  it('counts what is under way and never more than the files', async () => {
    const seen: number[] = [];
    world.answerWith = async (files, sent) => {
      sent(6);
      seen.push(queue.bytesSent);
      sent(5000); // The form around the files travels too.
      seen.push(queue.bytesSent);
      return accepted(files);
    };
    queue.add(many(2));
    await settled();
    expect(seen).toEqual([6, 20]);
    expect(queue.bytesSent).toBe(20);
  });
});
