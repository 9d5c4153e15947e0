import { newsPath, type News } from './attendee';

/** How long to wait before listening again after the server refused the stream for good. */
const REOPEN_MS = 5000;

export interface NewsListener {
  news: (news: News) => void;
  /** Whether the stream is open; when it is not, the page may be behind. Not told of a page that nobody sees. */
  connected: (connected: boolean) => void;
}

/** What the stream needs around it; tests pass their own. */
export interface NewsAround {
  open: (path: string) => EventSource;
  /** An ordinary call before the stream is tried again: it renews the session and tells the page when it may no longer look. */
  check: () => Promise<unknown>;
  visible: () => boolean;
  /** Calls back when the page is hidden or shown, until the returned function is called. */
  onVisibility: (changed: () => void) => () => void;
}

export const browserAround = (check: () => Promise<unknown>): NewsAround => ({
  open: (path) => new EventSource(path),
  check,
  visible: () => document.visibilityState === 'visible',
  onVisibility: (changed) => {
    document.addEventListener('visibilitychange', changed);
    return () => document.removeEventListener('visibilitychange', changed);
  },
});

/**
 * Listens to what is new at an event until the returned function is called. A hidden page does not listen: a phone in a
 * pocket needs its battery, and the first message after it is shown again tells all it missed.
 */
export function followNews(slug: string, listener: NewsListener, around: NewsAround): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;

  const open = () => {
    const opened = around.open(newsPath(slug));
    source = opened;
    opened.addEventListener('open', () => listener.connected(true));
    opened.addEventListener('photos', (message) => listener.news(JSON.parse((message as MessageEvent<string>).data) as News));
    opened.addEventListener('error', () => {
      listener.connected(false);
      // The browser connects again by itself after a lost connection, but not after an error answer.
      if (opened.readyState === EventSource.CLOSED) timer = setTimeout(reopen, REOPEN_MS);
    });
  };

  const reopen = async () => {
    const tried = source;
    const answered = await around.check().then(
      () => true,
      () => false,
    );
    // Meanwhile the page may have been left, hidden, or shown again with a stream of its own.
    if (ended || source !== tried || source === null) return;
    if (answered) open();
    else timer = setTimeout(reopen, REOPEN_MS);
  };

  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };

  const follow = () => {
    if (!around.visible()) close();
    else if (source === null) open();
  };

  const forget = around.onVisibility(follow);
  follow();
  return () => {
    ended = true;
    forget();
    close();
  };
}
