import { json, me } from '../api/client';
import { uploadsPath, knownPath, batchesPath } from '../api/uploads';
import { digestOf } from './digest';
import type { Drop, Entry } from './entry';
import type { Surroundings } from './queue';
import { afterRenewal, forgetAddress, TusTransfer } from './tus';

/** Longest name of a batch, in characters. */
const NAME_CHARS_MAX = 120;

/** What the page wants to hear of. */
export interface Told {
  changed: () => void;
  settled: (entry: Entry) => void;
  batch: (drop: Drop) => void;
}

/** The browser's own clock, network and disk for an upload to `event`. */
export function browserSurroundings(event: string, told: Told): Surroundings {
  const endpoint = new URL(uploadsPath(event), location.href).href;
  return {
    digest: digestOf,
    known: async (sha256) => new Set((await json<{ known: string[] }>('POST', knownPath(event), { sha256 })).known),
    openBatch: async (drop) => {
      const { batch_id } = await json<{ batch_id: string }>('POST', batchesPath(event), { name: batchName(drop.name) });
      told.batch({ ...drop, batch: batch_id });
      return batch_id;
    },
    transfer: ({ file, drop }) => afterRenewal(new TusTransfer(endpoint, file, drop.batch), me),
    settled: (entry) => {
      told.settled(entry);
      // It was found to be there, or refused: what an earlier page began of it leads nowhere.
      if (entry.state !== 'accepted') void forgetAddress(endpoint, entry.file).catch(() => undefined);
    },
    delay: (ms, signal) => settledBy(signal, (done) => void setTimeout(done, ms)),
    online: () => navigator.onLine,
    whenOnline: (signal) => settledBy(signal, (done) => window.addEventListener('online', done, { once: true })),
    readable,
    random: Math.random,
    changed: told.changed,
  };
}

/** A name that the server takes. */
export const batchName = (name: string): string => [...name.replace(/\p{Cc}/gu, '')].slice(0, NAME_CHARS_MAX).join('').trim();

function settledBy(signal: AbortSignal, wait: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    wait(() => resolve());
  });
}

async function readable(file: File): Promise<boolean> {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
