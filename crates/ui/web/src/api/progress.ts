import { me } from './client';
import { progressPath } from './events';
import { asProblem, type Problem } from './problem';
import type { Counts } from './types';

/** How long to wait before listening again after the server refused the stream for good. */
const REOPEN_MS = 5000;
/** How long to wait while nobody is logged in: somebody may be doing so in another tab. */
const LOGGED_OUT_MS = 30_000;

export interface ProgressListener {
  counts: (counts: Counts) => void;
  /** A photo changed; which one matters to nobody here. */
  photo?: () => void;
  /** Whether the stream is open; when it is not, the figures on the page may be old. */
  connected: (connected: boolean) => void;
  /** Nobody is logged in any more. True when the page is left for that; else the stream tries again. */
  refused: (problem: Problem) => boolean;
}

/** What the stream needs of the browser; tests pass their own. */
export interface ProgressAround {
  open: (path: string) => EventSource;
  /** An ordinary call, which renews the session when it has run out: a stream cannot do that by itself. */
  renewed: () => Promise<unknown>;
}

const BROWSER: ProgressAround = { open: (path) => new EventSource(path), renewed: me };

/** Listens to an event's counts until the returned function is called. */
export function followProgress(event: string, listener: ProgressListener, around: ProgressAround = BROWSER): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;

  const open = () => {
    source = around.open(progressPath(event));
    source.addEventListener('open', () => listener.connected(true));
    source.addEventListener('progress', (message) => {
      listener.counts(JSON.parse((message as MessageEvent<string>).data) as Counts);
    });
    source.addEventListener('photo', () => listener.photo?.());
    source.addEventListener('error', () => {
      listener.connected(false);
      // The browser connects again by itself after a lost connection, but not after an error answer.
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(reopen, REOPEN_MS);
    });
  };

  const reopen = async () => {
    try {
      await around.renewed();
    } catch (error) {
      const problem = asProblem(error);
      if (ended) return;
      if (problem.status === 401 && listener.refused(problem)) return;
      timer = setTimeout(reopen, problem.status === 401 ? LOGGED_OUT_MS : REOPEN_MS);
      return;
    }
    if (!ended) open();
  };

  open();
  return () => {
    ended = true;
    clearTimeout(timer);
    source.close();
  };
}
