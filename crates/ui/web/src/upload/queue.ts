import { asProblem, Problem } from '../api/problem';
import { type Drop, type Entry, entryOf, isOutcome, type Outcome, type Reason, type State } from './entry';
import { ASKED_AT_ONCE, ATTEMPTS_MAX, FAILED_IN_ROW_MAX, FILES_AT_ONCE, LOOK_AHEAD } from './limits';
import { verdict, waitMs } from './retry';

/** One file's way to the server, which goes on where it stopped. */
export interface Transfer {
  /** Sends what is missing. Tells how many bytes the server has so far; rejects with a `Problem`. */
  attempt(sent: (bytes: number) => void, signal: AbortSignal): Promise<'accepted' | 'duplicate'>;
}

/** What the queue needs of the browser; tests pass their own. */
export interface Surroundings {
  /** SHA-256 in hexadecimal. Rejects, with whatever the browser says, when the file cannot be read. */
  digest: (file: File) => Promise<string>;
  /** Those of the digests that the event has already. Rejects with a `Problem`. */
  known: (digests: string[]) => Promise<Set<string>>;
  /** Begins a batch and answers its id. Rejects with a `Problem`. */
  openBatch: (drop: Drop) => Promise<string>;
  transfer: (entry: Entry) => Transfer;
  /** The file needs no more attention, also not after a reload. */
  settled: (entry: Entry) => void;
  /** Resolves after `ms`, or at once when `signal` aborts. */
  delay: (ms: number, signal: AbortSignal) => Promise<void>;
  online: () => boolean;
  /** Resolves when the browser is online, or `signal` aborts. */
  whenOnline: (signal: AbortSignal) => Promise<void>;
  /** Whether the file can still be read from disk. */
  readable: (file: File) => Promise<boolean>;
  random: () => number;
  changed: () => void;
}

export type Phase = 'idle' | 'checking' | 'sending' | 'waiting' | 'offline' | 'stopped';

/**
 * Sends thousands of files, three at once, and knows what became of each.
 *
 * What the event has already is found by its digest and not sent. No file is ever dropped: each is accepted, a duplicate,
 * rejected or failed with a reason, or still pending. Trouble in passing is waited out; a file that fails again and again
 * is put aside for `retryFailed`, and when several do in a row the queue stops and keeps the rest for `resume`.
 */
export class UploadQueue {
  readonly entries: Entry[] = [];
  readonly tally: Record<Outcome, number> = { accepted: 0, duplicate: 0, rejected: 0, failed: 0 };
  bytesTotal = 0;
  /** Bytes that went over the line, from which the speed is told; those that were there before do not count. */
  bytesTravelled = 0;
  /** Why the queue stopped by itself; `null` when the person stopped it. */
  stoppedBy: Problem | null = null;
  /** Length of the wait that the queue is in. */
  waitMs = 0;

  readonly #around: Surroundings;
  #unchecked: Entry[] = [];
  #ready: Entry[] = [];
  #transfers = new Map<Entry, Transfer>();
  #batches = new Map<Drop, Promise<string | null>>();
  #checking = false;
  /** Small at first, so that sending begins at once. */
  #askNext = FILES_AT_ONCE;
  #senders = 0;
  #waiting = 0;
  #offline = 0;
  #stopped = false;
  #failedInRow = 0;
  #bytesDone = 0;
  #begun = new Set<Entry>();
  #abort = new AbortController();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  get phase(): Phase {
    const workers = this.#senders + (this.#checking ? 1 : 0);
    if (this.#stopped) return 'stopped';
    if (workers === 0) return 'idle';
    if (this.#offline === workers) return 'offline';
    if (this.#waiting + this.#offline === workers) return 'waiting';
    return this.#senders === 0 ? 'checking' : 'sending';
  }

  get decided(): number {
    return this.tally.accepted + this.tally.duplicate + this.tally.rejected + this.tally.failed;
  }

  get bytesSent(): number {
    let sum = this.#bytesDone;
    for (const entry of this.#begun) sum += entry.sent;
    return Math.min(sum, this.bytesTotal);
  }

  add(files: { file: File; path: string }[], drop: Drop): void {
    for (const { file, path } of files) {
      const entry = entryOf(file, path, drop);
      this.entries.push(entry);
      if (isOutcome(entry.state)) {
        this.tally[entry.state] += 1;
        this.#around.settled(entry);
      } else {
        this.#unchecked.push(entry);
        this.bytesTotal += file.size;
      }
    }
    this.#run();
  }

  /** Breaks off what is under way; it goes on from there at `resume`. */
  stop(): void {
    this.#halt(null);
  }

  resume(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.stoppedBy = null;
    this.#failedInRow = 0;
    this.#abort = new AbortController();
    this.#run();
  }

  /** Sends once more what failed: all of it, or one file. */
  retryFailed(only: Entry | null = null): void {
    const again = this.entries.filter((entry) => entry.state === 'failed' && (only === null || entry === only));
    for (const entry of again) {
      this.tally.failed -= 1;
      this.#bytesDone -= entry.file.size;
      entry.sent = 0;
      entry.reason = null;
      this.#put(entry, 'waiting');
    }
    this.#ready.push(...again);
    this.resume();
    this.#run();
  }

  #halt(problem: Problem | null): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.stoppedBy = problem;
    this.#abort.abort();
    this.#around.changed();
  }

  #run(): void {
    if (!this.#stopped && !this.#checking && this.#unchecked.length > 0 && this.#ready.length < LOOK_AHEAD) {
      this.#checking = true;
      void this.#check(this.#unchecked.splice(0, this.#askNext), this.#abort.signal);
      this.#askNext = Math.min(ASKED_AT_ONCE, 2 * this.#askNext);
    }
    while (!this.#stopped && this.#senders < FILES_AT_ONCE) {
      const entry = this.#ready.shift();
      if (entry === undefined) break;
      this.#senders += 1;
      void this.#work(entry, this.#abort.signal);
    }
    this.#around.changed();
  }

  /** Lets through what the event does not have yet. */
  async #check(entries: Entry[], signal: AbortSignal): Promise<void> {
    try {
      for (const entry of entries) {
        if (signal.aborted) return;
        this.#put(entry, 'checking');
        if (entry.sha256 === null) await this.#hash(entry);
      }
      const asked = entries.filter((entry) => entry.state === 'checking');
      const known = await this.#persist(() => this.#around.known(asked.flatMap(({ sha256 }) => sha256 ?? [])), signal);
      if (known === null) return;
      for (const entry of asked) {
        if (entry.sha256 !== null && known.has(entry.sha256)) {
          this.#settle(entry, 'duplicate');
        } else {
          this.#put(entry, 'waiting');
          this.#ready.push(entry);
        }
      }
    } catch (error) {
      this.#halt(null); // A bug, not a problem of the network: going on would only repeat it.
      throw error;
    } finally {
      const left = entries.filter((entry) => entry.state === 'checking' || (entry.state === 'waiting' && !this.#ready.includes(entry)));
      for (const entry of left) this.#put(entry, 'waiting');
      this.#unchecked.unshift(...left);
      this.#checking = false;
      this.#run();
    }
  }

  async #hash(entry: Entry): Promise<void> {
    try {
      entry.sha256 = await this.#around.digest(entry.file);
    } catch {
      this.#settle(entry, 'rejected', { kind: 'unreadable' });
    }
  }

  async #work(entry: Entry, signal: AbortSignal): Promise<void> {
    this.#put(entry, 'sending');
    this.#begun.add(entry);
    try {
      await this.#deliver(entry, signal);
    } catch (error) {
      this.#halt(null);
      throw error;
    } finally {
      if (entry.state === 'sending') {
        this.#put(entry, 'waiting');
        this.#ready.unshift(entry);
      }
      this.#senders -= 1;
      this.#run();
    }
  }

  async #deliver(entry: Entry, signal: AbortSignal): Promise<void> {
    if ((await this.#batchOf(entry.drop, signal)) === null) return;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      await this.#untilOnline(signal);
      if (signal.aborted) return;
      const before = entry.sent;
      const problem = await this.#try(entry, signal);
      if (problem === null || signal.aborted) return;
      const next = verdict(problem);
      if (next === 'stop') return this.#halt(problem);
      if (next === 'refuse') return this.#settle(entry, 'rejected', reasonOf(problem));
      if (problem.status === 0 && !(await this.#around.readable(entry.file))) return this.#settle(entry, 'rejected', { kind: 'unreadable' });
      if (entry.sent > before) attempt = 1;
      if (attempt === ATTEMPTS_MAX) return this.#fail(entry, problem);
      await this.#pause(waitMs(attempt, problem.retryAfterMs, this.#around.random()), signal);
    }
  }

  /** `null` when the server said what became of the file. */
  async #try(entry: Entry, signal: AbortSignal): Promise<Problem | null> {
    let first = true;
    const progress = (bytes: number) => {
      // What the server had already did not travel now.
      if (!first) this.bytesTravelled += Math.max(0, bytes - entry.sent);
      first = false;
      entry.sent = Math.min(bytes, entry.file.size);
      this.#around.changed();
    };
    try {
      let transfer = this.#transfers.get(entry);
      if (transfer === undefined) this.#transfers.set(entry, (transfer = this.#around.transfer(entry)));
      this.#settle(entry, await transfer.attempt(progress, signal));
      return null;
    } catch (error) {
      return asProblem(error);
    }
  }

  /** The batch that the file goes into, begun when the first of its files is sent; `null` when the queue was stopped meanwhile. */
  #batchOf(drop: Drop, signal: AbortSignal): Promise<string | null> {
    if (drop.batch !== null) return Promise.resolve(drop.batch);
    let begun = this.#batches.get(drop);
    if (begun === undefined) {
      begun = this.#persist(() => this.#around.openBatch(drop), signal).then((id) => {
        this.#batches.delete(drop);
        return (drop.batch = id);
      });
      this.#batches.set(drop, begun);
    }
    return begun;
  }

  /** Does `work` until it succeeds; `null` when the queue was stopped meanwhile. */
  async #persist<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | null> {
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      await this.#untilOnline(signal);
      if (signal.aborted) return null;
      try {
        return await work();
      } catch (error) {
        const problem = asProblem(error);
        if (signal.aborted) return null;
        if (verdict(problem) !== 'retry' || attempt === ATTEMPTS_MAX) this.#halt(problem);
        else await this.#pause(waitMs(attempt, problem.retryAfterMs, this.#around.random()), signal);
      }
    }
    return null;
  }

  #fail(entry: Entry, problem: Problem): void {
    this.#settle(entry, 'failed', reasonOf(problem));
    this.#failedInRow += 1;
    if (this.#failedInRow >= FAILED_IN_ROW_MAX) this.#halt(problem);
  }

  #settle(entry: Entry, outcome: Outcome, reason: Reason | null = null): void {
    this.#put(entry, outcome);
    entry.reason = reason;
    this.tally[outcome] += 1;
    this.#bytesDone += entry.file.size;
    this.#begun.delete(entry);
    if (outcome !== 'failed') {
      this.#failedInRow = 0;
      this.#transfers.delete(entry);
      this.#around.settled(entry);
    }
    this.#around.changed();
  }

  #put(entry: Entry, state: State): void {
    entry.state = state;
    this.#around.changed();
  }

  async #untilOnline(signal: AbortSignal): Promise<void> {
    if (this.#around.online()) return;
    this.#offline += 1;
    this.#around.changed();
    await this.#around.whenOnline(signal);
    this.#offline -= 1;
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    this.#waiting += 1;
    this.waitMs = ms;
    this.#around.changed();
    await this.#around.delay(ms, signal);
    this.#waiting -= 1;
  }
}

function reasonOf(problem: Problem): Reason {
  if (problem.status === 0) return { kind: 'network' };
  return { kind: 'server', text: [problem.title, problem.detail].filter((text) => text !== '').join('. ') || problem.code };
}
