import { beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../api/problem';
import type { Drop, Entry } from './entry';
import { ATTEMPTS_MAX, FAILED_IN_ROW_MAX, FILE_BYTES_MAX, FILES_AT_ONCE } from './limits';
import { type Surroundings, UploadQueue } from './queue';
import { shownOf } from './view';

type Attempt = (sent: (bytes: number) => void, signal: AbortSignal) => Promise<'accepted' | 'duplicate'>;

/** A server, a network and a disk that do what the test says. */
class World implements Surroundings {
  sent: string[] = [];
  asked: string[][] = [];
  batches: string[] = [];
  waits: number[] = [];
  settledPaths: string[] = [];
  there = new Set<string>();
  unreadable = new Set<string>();
  most = 0;
  isOnline = true;
  goOnline: () => void = () => undefined;
  answer: (entry: Entry) => Attempt = () => async () => 'accepted';
  answerKnown: () => Promise<void> = async () => undefined;
  answerBatch: () => Promise<void> = async () => undefined;
  #under = 0;

  digest = async (file: File) => {
    if (this.unreadable.has(file.name)) throw new DOMException('moved', 'NotReadableError');
    return `sum of ${file.name}`;
  };
  known = async (digests: string[]) => {
    this.asked.push(digests);
    await this.answerKnown();
    return new Set(digests.filter((each) => this.there.has(each)));
  };
  openBatch = async (drop: Drop) => {
    await this.answerBatch();
    this.batches.push(drop.name);
    return `batch ${drop.name}`;
  };
  transfer = (entry: Entry) => ({
    attempt: async (sent: (bytes: number) => void, signal: AbortSignal) => {
      this.sent.push(entry.path);
      this.#under += 1;
      this.most = Math.max(this.most, this.#under);
      await new Promise((resolve) => setTimeout(resolve, 0));
      try {
        return await this.answer(entry)(sent, signal);
      } finally {
        this.#under -= 1;
      }
    },
  });
  settled = (entry: Entry) => void this.settledPaths.push(entry.path);
  delay = async (ms: number) => void this.waits.push(ms);
  online = () => this.isOnline;
  whenOnline = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      this.goOnline = resolve;
      signal.addEventListener('abort', () => resolve());
    });
  readable = async (file: File) => !this.unreadable.has(file.name);
  random = () => 1;
  changed = () => undefined;
}

const file = (name: string, size = 10, type = 'image/jpeg'): File => ({ name, size, type }) as File;
const found = (...files: File[]) => files.map((each) => ({ file: each, path: each.name }));
const many = (count: number) => found(...Array.from({ length: count }, (_, i) => file(`${i}.jpg`)));
const answer = (status: number, code = 'code', retryAfterMs: number | null = null) => new Problem({ status, code, detail: `because of ${status}` }, retryAfterMs);
const broken = () => Promise.reject(Problem.local('network'));

let world: World;
let queue: UploadQueue;
let drop: Drop;

async function settled() {
  for (let quiet = 0; quiet < 30; ) {
    const before = `${queue.decided} ${world.sent.length} ${world.asked.length} ${world.waits.length} ${queue.phase}`;
    await new Promise((resolve) => setTimeout(resolve, 0));
    quiet = before === `${queue.decided} ${world.sent.length} ${world.asked.length} ${world.waits.length} ${queue.phase}` ? quiet + 1 : 0;
  }
}

beforeEach(() => {
  world = new World();
  queue = new UploadQueue(world);
  drop = { id: 'd', name: 'card', batch: null };
});

describe('thousands of files', () => {
  it('all go, each once, three at a time, into one batch', async () => {
    queue.add(many(1005), drop);
    await settled();
    expect(queue.tally).toEqual({ accepted: 1005, duplicate: 0, rejected: 0, failed: 0 });
    expect(queue.phase).toBe('idle');
    expect(new Set(world.sent).size).toBe(1005);
    expect(world.sent).toHaveLength(1005);
    expect(world.most).toBe(FILES_AT_ONCE);
    expect(world.batches).toEqual(['card']);
    expect(drop.batch).toBe('batch card');
    expect(queue.bytesSent).toBe(queue.bytesTotal);
    expect(Math.max(...world.asked.map((each) => each.length))).toBeLessThanOrEqual(100);
  });

  it('that the event has are not sent, and need no batch', async () => {
    for (let i = 0; i < 200; i += 1) world.there.add(`sum of ${i}.jpg`);
    queue.add(many(200), drop);
    await settled();
    expect(queue.tally.duplicate).toBe(200);
    expect([world.sent, world.batches]).toEqual([[], []]);
    expect(world.settledPaths).toHaveLength(200);
  });
});

describe('files that need not travel', () => {
  it('are rejected by name, and the others go', async () => {
    queue.add(found(file('.DS_Store'), file('Thumbs.db'), file('a.mp4', 5, 'video/mp4'), file('empty.jpg', 0), file('huge.jpg', FILE_BYTES_MAX + 1), file('odd.xyz', 5, '')), drop);
    await settled();
    expect(queue.entries.map(({ reason }) => reason?.kind)).toEqual(['hidden', 'hidden', 'video', 'empty', 'tooLarge', undefined]);
    expect(world.sent).toEqual(['odd.xyz']);
    expect(queue.decided).toBe(6);
  });
});

describe('trouble that passes', () => {
  it('is waited out, twice as long each time', async () => {
    let left = 4;
    world.answer = () => async () => (left-- > 0 ? broken() : 'accepted');
    queue.add(many(1), drop);
    await settled();
    expect(world.waits).toEqual([1000, 2000, 4000, 8000]);
    expect(queue.tally.accepted).toBe(1);
  });

  it('is waited out as long as the server asks', async () => {
    let first = true;
    world.answer = () => async () => {
      if (!first) return 'accepted';
      first = false;
      throw answer(429, 'too_many_uploads', 7000);
    };
    queue.add(many(1), drop);
    await settled();
    expect(world.waits).toEqual([7000]);
    expect(queue.tally.accepted).toBe(1);
  });

  it('does not use patience up while bytes arrive', async () => {
    let bytes = 0;
    world.answer = () => async (sent) => {
      sent(bytes);
      sent((bytes += 1));
      return bytes < 2 * ATTEMPTS_MAX ? broken() : 'accepted';
    };
    queue.add(found(file('large.jpg', 100)), drop);
    await settled();
    expect(queue.tally.accepted).toBe(1);
    expect(queue.bytesTravelled).toBe(2 * ATTEMPTS_MAX);
  });

  it('of one file puts it aside, and the others go; it can be sent again', async () => {
    world.answer = (entry) => async () => {
      if (entry.path === '7.jpg') throw answer(500);
      return 'accepted';
    };
    queue.add(many(20), drop);
    await settled();
    expect(queue.tally).toEqual({ accepted: 19, duplicate: 0, rejected: 0, failed: 1 });
    expect(queue.entries[7]?.reason).toEqual({ kind: 'server', text: 'because of 500' });
    expect(world.sent.filter((path) => path === '7.jpg')).toHaveLength(ATTEMPTS_MAX);
    expect(world.settledPaths).not.toContain('7.jpg');
    world.answer = () => async () => 'accepted';
    queue.retryFailed(queue.entries[7]);
    await settled();
    expect(queue.tally).toEqual({ accepted: 20, duplicate: 0, rejected: 0, failed: 0 });
    expect(queue.bytesSent).toBe(queue.bytesTotal);
  });

  it('of every file stops everything, and nothing is lost', async () => {
    world.answer = () => async () => Promise.reject(answer(503));
    queue.add(many(50), drop);
    await settled();
    expect([queue.phase, queue.stoppedBy?.status, queue.tally.failed]).toEqual(['stopped', 503, FAILED_IN_ROW_MAX]);
    world.answer = () => async () => 'accepted';
    queue.retryFailed();
    await settled();
    expect([queue.phase, queue.tally.accepted]).toEqual(['idle', 50]);
  });

  it('of the question what is known, and of the batch, is waited out too', async () => {
    let [questions, batches] = [2, 2];
    world.answerKnown = async () => (questions-- > 0 ? broken() : undefined);
    world.answerBatch = async () => (batches-- > 0 ? broken() : undefined);
    queue.add(many(5), drop);
    await settled();
    expect(queue.tally.accepted).toBe(5);
    expect([world.batches, world.waits]).toEqual([['card'], [1000, 2000, 1000, 2000]]);
  });

  it('does not count time offline', async () => {
    world.isOnline = false;
    queue.add(many(1), drop);
    await settled();
    expect(queue.phase).toBe('offline');
    expect(world.asked).toEqual([]);
    world.isOnline = true;
    world.goOnline();
    await settled();
    expect(queue.tally.accepted).toBe(1);
  });
});

describe('trouble that stays', () => {
  it('of one file rejects it with the server’s words', async () => {
    world.answer = (entry) => async () => {
      if (entry.path === '7.jpg') throw answer(422, 'not_a_photo');
      return 'accepted';
    };
    queue.add(many(20), drop);
    await settled();
    expect(queue.tally).toEqual({ accepted: 19, duplicate: 0, rejected: 1, failed: 0 });
    expect(queue.entries[7]?.reason).toEqual({ kind: 'server', text: 'because of 422' });
    expect(world.sent).toHaveLength(20);
  });

  it('of a file moved away is told from a lost connection', async () => {
    world.answer = (entry) => async () => {
      if (entry.path !== '1.jpg') return 'accepted';
      world.unreadable.add('1.jpg');
      return broken();
    };
    queue.add(many(3), drop);
    await settled();
    expect(queue.entries.map(({ state }) => state)).toEqual(['accepted', 'rejected', 'accepted']);
    expect(queue.entries[1]?.reason).toEqual({ kind: 'unreadable' });
  });

  it('of a file that cannot be read is told before it is sent', async () => {
    world.unreadable.add('1.jpg');
    queue.add(many(3), drop);
    await settled();
    expect(queue.entries[1]?.reason).toEqual({ kind: 'unreadable' });
    expect(world.sent).toEqual(['0.jpg', '2.jpg']);
  });

  it.each([
    ['the log-in', 401, 'not_logged_in'],
    ['the room', 413, 'quota_reached'],
  ])('of %s stops at once and goes on after', async (_, status, code) => {
    world.answer = () => async () => Promise.reject(answer(status, code));
    queue.add(many(100), drop);
    await settled();
    expect([queue.phase, queue.stoppedBy?.code, queue.decided]).toEqual(['stopped', code, 0]);
    expect(world.sent.length).toBeLessThanOrEqual(FILES_AT_ONCE);
    world.answer = () => async () => 'accepted';
    queue.resume();
    await settled();
    expect(queue.tally.accepted).toBe(100);
  });
});

describe('stopping', () => {
  it('breaks off what is under way and goes on from there', async () => {
    world.answer = () => (sent, signal) =>
      new Promise((_, reject) => {
        sent(4);
        signal.addEventListener('abort', () => reject(Problem.local('network')));
      });
    queue.add(many(70), drop);
    await settled();
    expect(shownOf(queue.entries, 'open').slice(0, 4).map(({ state }) => state)).toEqual(['sending', 'sending', 'sending', 'waiting']);
    queue.stop();
    await settled();
    expect([queue.phase, queue.decided, queue.bytesSent]).toEqual(['stopped', 0, 4 * FILES_AT_ONCE]);
    world.answer = () => async () => 'accepted';
    queue.resume();
    await settled();
    expect(queue.tally.accepted).toBe(70);
    expect(new Set(world.sent).size).toBe(70);
    expect(world.sent).toHaveLength(70 + FILES_AT_ONCE);
  });

  it('also while files are being checked', async () => {
    let answered: () => void = () => undefined;
    world.answerKnown = () => new Promise((resolve) => (answered = resolve));
    queue.add(many(10), drop);
    await settled();
    expect(queue.phase).toBe('checking');
    queue.stop();
    answered();
    await settled();
    world.answerKnown = async () => undefined;
    queue.resume();
    await settled();
    expect(queue.tally.accepted).toBe(10);
    expect(world.sent).toHaveLength(10);
  });
});
