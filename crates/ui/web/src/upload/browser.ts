import { me } from '../api/client';
import { uploadPath } from '../api/events';
import type { Surroundings } from './queue';
import { afterRenewal, xhrSend } from './send';

/** The browser's own clock, network and disk for an upload to `event`. */
export function browserSurroundings(event: string, changed: () => void): Surroundings {
  return {
    send: afterRenewal(xhrSend(uploadPath(event)), me),
    delay: (ms, signal) => settledBy(signal, (done) => void setTimeout(done, ms)),
    online: () => navigator.onLine,
    whenOnline: (signal) => settledBy(signal, (done) => window.addEventListener('online', done, { once: true })),
    readable,
    random: Math.random,
    changed,
  };
}

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
