import type { Problem } from '../api/problem';
import type { Entry, Outcome } from './entry';
import type { Phase, UploadQueue } from './queue';

/** What the page shows of a queue, at one moment. */
export interface View {
  total: number;
  decided: number;
  unfinished: number;
  bytesTotal: number;
  bytesSent: number;
  phase: Phase;
  waitSeconds: number;
  stoppedBy: Problem | null;
  tally: Record<Outcome, number>;
  /** All files with an outcome, or none yet; read when a list is open. */
  entries: readonly Entry[];
}

export function viewOf(queue: UploadQueue): View {
  return {
    total: queue.entries.length,
    decided: queue.decided,
    unfinished: queue.entries.length - queue.decided,
    bytesTotal: queue.bytesTotal,
    bytesSent: queue.bytesSent,
    phase: queue.phase,
    waitSeconds: Math.ceil(queue.waitMs / 1000),
    stoppedBy: queue.stoppedBy,
    tally: { ...queue.tally },
    entries: queue.entries,
  };
}
