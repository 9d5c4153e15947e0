/** Where photos are uploaded to, and how far batches of them are. */
import { json, segment } from './client';
import { query } from './events';
import type { Batch } from './event-types';
import type { Page } from './types';

const of = (event: string, ...parts: string[]) => ['/api/events', ...[event, ...parts].map(segment)].join('/');

export const uploadsPath = (event: string) => of(event, 'uploads');
export const knownPath = (event: string) => of(event, 'photos', 'known');
export const batchesPath = (event: string) => of(event, 'batches');

export async function listBatches(event: string, limit: number, after: string | null): Promise<Page<Batch>> {
  const { batches, next } = await json<{ batches: Batch[]; next: string | null }>('GET', `${batchesPath(event)}?${query({ limit, after })}`);
  return { rows: batches, next };
}

/** A batch with the files that were no photos. */
export const getBatch = (event: string, batch: string) => json<Batch>('GET', of(event, 'batches', batch));
