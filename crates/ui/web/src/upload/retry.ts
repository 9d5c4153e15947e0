import type { Problem } from '../api/problem';
import { WAIT_FIRST_MS, WAIT_MAX_MS } from './limits';

/** What to do after a request failed: the same again, give up this file, or stop everything. */
export type Verdict = 'retry' | 'refuse' | 'stop';

/**
 * Answers that say "not now" rather than "not this". 500 is among them: sending again is safe, the server knows a photo by
 * its content. After 409, 410 and 460 the next try asks where to go on, or begins anew.
 */
const PASSING = new Set([0, 408, 409, 410, 423, 425, 429, 460, 500, 502, 503, 504]);
/** Answers that every further request would get too: logged out, not allowed, no such event. */
const FINAL = new Set([401, 403, 404]);

export function verdict(problem: Problem): Verdict {
  if (problem.code === 'quota_reached') return 'stop';
  if (problem.code === 'upload_not_found' || PASSING.has(problem.status)) return 'retry';
  return FINAL.has(problem.status) ? 'stop' : 'refuse';
}

/**
 * How long to wait before try number `attempt + 1`: what the server asked for, else doubling from one second to
 * thirty. `random` in 0..1 spreads the tries of many browsers over half the time.
 */
export function waitMs(attempt: number, asked: number | null, random: number): number {
  if (asked !== null) return Math.min(Math.max(asked, WAIT_FIRST_MS), 10 * WAIT_MAX_MS);
  const full = Math.min(WAIT_MAX_MS, WAIT_FIRST_MS * 2 ** (attempt - 1));
  return full * (0.5 + random / 2);
}
