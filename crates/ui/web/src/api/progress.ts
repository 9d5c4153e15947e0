import { progressPath } from './client';
import type { Counts } from './types';

/** How long to wait before listening again after the server refused the stream for good. */
const REOPEN_MS = 5000;

export interface ProgressListener {
  counts: (counts: Counts) => void;
  /** Whether the stream is open; when it is not, the figures on the page may be old. */
  connected: (connected: boolean) => void;
}

/** Listens to an event's counts until the returned function is called. */
export function followProgress(event: string, listener: ProgressListener): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const open = () => {
    source = new EventSource(progressPath(event));
    source.addEventListener('open', () => listener.connected(true));
    source.addEventListener('progress', (message) => {
      listener.counts(JSON.parse((message as MessageEvent<string>).data) as Counts);
    });
    source.addEventListener('error', () => {
      listener.connected(false);
      // The browser connects again by itself after a lost connection, but not after an error answer.
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, REOPEN_MS);
    });
  };

  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
