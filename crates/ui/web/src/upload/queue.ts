import { asProblem, Problem } from '../api/problem';
import type { UploadResult } from '../api/types';
import { type Batch, bytesOf, record, takeBatch } from './batch';
import { type Entry, entryOf, type Outcome } from './entry';
import { ATTEMPTS_MAX, REQUESTS_IN_PARALLEL } from './limits';
import { verdict, waitMs } from './retry';

/** Sends files in one request. Rejects with a `Problem`. */
export type Send = (files: File[], sent: (bytes: number) => void, signal: AbortSignal) => Promise<UploadResult[]>;

/** What the queue needs of the browser; tests pass their own. */
export interface Surroundings {
  send: Send;
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

export type Phase = 'idle' | 'sending' | 'waiting' | 'offline' | 'stopped';

/**
 * Sends thousands of files, several in a request and several requests at once, and knows what became of each.
 *
 * No file is ever dropped: it is accepted, a duplicate, rejected with a reason, or still pending. A request that fails
 * in passing is tried again; when that does not help, the queue stops and keeps the rest for `resume`.
 */
export class UploadQueue {
  readonly entries: Entry[] = [];
  readonly tally: Record<Outcome, number> = { accepted: 0, duplicate: 0, rejected: 0 };
  bytesTotal = 0;
  /** Why the queue stopped by itself; `null` when the person stopped it. */
  stoppedBy: Problem | null = null;
  /** Length of the wait that the queue is in. */
  waitMs = 0;

  readonly #around: Surroundings;
  #pending: Entry[] = [];
  #workers = 0;
  #waiting = 0;
  #offline = 0;
  #stopped = false;
  #bytesDone = 0;
  #inFlight = new Map<Batch, number>();
  #abort = new AbortController();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  get phase(): Phase {
    if (this.#stopped) return 'stopped';
    if (this.#workers === 0) return 'idle';
    if (this.#offline === this.#workers) return 'offline';
    return this.#waiting + this.#offline === this.#workers ? 'waiting' : 'sending';
  }

  get decided(): number {
    return this.tally.accepted + this.tally.duplicate + this.tally.rejected;
  }

  get bytesSent(): number {
    let sum = this.#bytesDone;
    for (const bytes of this.#inFlight.values()) sum += bytes;
    return Math.min(sum, this.bytesTotal);
  }

  add(files: { file: File; path: string }[]): void {
    for (const { file, path } of files) {
      const entry = entryOf(file, path);
      this.entries.push(entry);
      if (entry.outcome === null) {
        this.#pending.push(entry);
        this.bytesTotal += file.size;
      } else {
        this.tally[entry.outcome] += 1;
      }
    }
    this.#run();
  }

  /** Breaks off the requests under way; their files go back to the front. */
  stop(): void {
    this.#halt(null);
  }

  resume(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.stoppedBy = null;
    this.#abort = new AbortController();
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
    while (!this.#stopped && this.#workers < REQUESTS_IN_PARALLEL && this.#pending.length > 0) {
      this.#workers += 1;
      void this.#work(takeBatch(this.#pending), this.#abort.signal);
    }
    this.#around.changed();
  }

  async #work(batch: Batch, signal: AbortSignal): Promise<void> {
    try {
      await this.#deliver(batch, signal);
    } catch (error) {
      this.#halt(null); // A bug, not a problem of the network: going on would only repeat it.
      throw error;
    } finally {
      // Files without an outcome were broken off, or are one half of a batch that was split.
      this.#pending.unshift(...batch.filter((entry) => entry.outcome === null));
      this.#workers -= 1;
      this.#run();
    }
  }

  async #deliver(batch: Batch, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      await this.#untilOnline(signal);
      const problem = await this.#try(batch, signal);
      if (problem === null || signal.aborted) return;
      const next = verdict(problem);
      if (next === 'split') return this.#isolate(batch, problem, signal);
      if (next === 'stop' || attempt === ATTEMPTS_MAX) return this.#halt(problem);
      if (problem.status === 0 && (await this.#rejectUnreadable(batch))) return;
      await this.#pause(waitMs(attempt, problem.retryAfterMs, this.#around.random()), signal);
    }
  }

  /** `null` when the server answered for the batch. */
  async #try(batch: Batch, signal: AbortSignal): Promise<Problem | null> {
    const progress = (bytes: number) => {
      this.#inFlight.set(batch, Math.min(bytes, bytesOf(batch)));
      this.#around.changed();
    };
    try {
      const files = batch.map((entry) => entry.file);
      record(batch, await this.#around.send(files, progress, signal));
      for (const entry of batch) this.#settle(entry);
      return null;
    } catch (error) {
      return asProblem(error);
    } finally {
      this.#inFlight.delete(batch);
    }
  }

  /** Sends each half alone, down to the single file that the server refuses. */
  async #isolate(batch: Batch, problem: Problem, signal: AbortSignal): Promise<void> {
    const [first] = batch;
    if (batch.length === 1 && first !== undefined) {
      first.outcome = 'rejected';
      first.reason = { kind: 'server', text: problem.detail || problem.title || problem.code };
      return this.#settle(first);
    }
    const middle = Math.ceil(batch.length / 2);
    for (const half of [batch.slice(0, middle), batch.slice(middle)]) {
      await this.#deliver(half, signal);
    }
  }

  /** A file that was moved or locked fails like a lost connection. True when nothing of the batch is left to send. */
  async #rejectUnreadable(batch: Batch): Promise<boolean> {
    for (const entry of [...batch]) {
      if (await this.#around.readable(entry.file)) continue;
      entry.outcome = 'rejected';
      entry.reason = { kind: 'unreadable' };
      this.#settle(entry);
      batch.splice(batch.indexOf(entry), 1);
    }
    return batch.length === 0;
  }

  #settle(entry: Entry): void {
    if (entry.outcome === null) return;
    this.tally[entry.outcome] += 1;
    this.#bytesDone += entry.file.size;
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
