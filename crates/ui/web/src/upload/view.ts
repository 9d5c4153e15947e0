import type { Problem } from '../api/problem';
import type { Entry, Outcome } from './entry';
import type { Phase, UploadQueue } from './queue';
import { type Rate, secondsFor } from './rate';

/** What the page shows of a queue, at one moment. */
export interface View {
  total: number;
  decided: number;
  unfinished: number;
  bytesTotal: number;
  bytesSent: number;
  perSecond: number | null;
  secondsLeft: number | null;
  phase: Phase;
  waitSeconds: number;
  stoppedBy: Problem | null;
  tally: Record<Outcome, number>;
  /** All files, read when a list is open. */
  entries: readonly Entry[];
}

export function viewOf(queue: UploadQueue, rate: Rate, nowMs: number): View {
  const { phase, bytesTotal, bytesSent } = queue;
  if (phase === 'sending') rate.sample(nowMs, queue.bytesTravelled);
  else rate.rest();
  return {
    total: queue.entries.length,
    decided: queue.decided,
    unfinished: queue.entries.length - queue.decided,
    bytesTotal,
    bytesSent,
    perSecond: rate.perSecond,
    secondsLeft: secondsFor(bytesTotal - bytesSent, rate.perSecond),
    phase,
    waitSeconds: Math.ceil(queue.waitMs / 1000),
    stoppedBy: queue.stoppedBy,
    tally: { ...queue.tally },
    entries: queue.entries,
  };
}

/** Which files a list shows. */
export type Show = 'open' | Outcome;

/** Files of one kind; of those still to be done, what is under way comes first. */
export function shownOf(entries: readonly Entry[], show: Show): Entry[] {
  if (show !== 'open') return entries.filter(({ state }) => state === show);
  const of = (...states: Entry['state'][]) => entries.filter(({ state }) => states.includes(state));
  return [...of('sending'), ...of('checking', 'waiting')];
}
