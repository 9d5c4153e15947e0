import type { UploadResult } from '../api/types';
import type { Entry } from './entry';
import { BYTES_PER_REQUEST_MAX, FILES_PER_REQUEST_MAX } from './limits';

/** Files that travel in one request. */
export type Batch = Entry[];

/** Takes the next request's files from the front of `pending`: as many as fit, at least one. */
export function takeBatch(pending: Entry[]): Batch {
  let count = 0;
  let bytes = 0;
  for (const { file } of pending) {
    if (count === FILES_PER_REQUEST_MAX || (count > 0 && bytes + file.size > BYTES_PER_REQUEST_MAX)) break;
    count += 1;
    bytes += file.size;
  }
  return pending.splice(0, count);
}

export function bytesOf(batch: Batch): number {
  return batch.reduce((sum, entry) => sum + entry.file.size, 0);
}

/**
 * Writes the server's results into the batch: in the order sent when there is one for each file (the server may have
 * tidied a name), else by name.
 */
export function record(batch: Batch, results: UploadResult[]): void {
  const inOrder = results.length === batch.length;
  const left = [...results];
  batch.forEach((entry, i) => {
    const found = inOrder ? i : left.findIndex((result) => result.file_name === entry.file.name);
    const result = inOrder ? results[i] : found < 0 ? undefined : left.splice(found, 1)[0];
    decide(entry, result);
  });
}

function decide(entry: Entry, result: UploadResult | undefined): void {
  if (result === undefined) {
    entry.outcome = 'rejected';
    entry.reason = { kind: 'noAnswer' };
    return;
  }
  entry.outcome = result.outcome;
  if (result.outcome === 'rejected') {
    entry.reason = { kind: 'server', text: result.detail ?? result.code ?? '' };
  }
}
