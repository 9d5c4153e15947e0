import { FILE_BYTES_MAX } from './limits';

/** How a file can end. `failed` may be tried again. */
export type Outcome = 'accepted' | 'duplicate' | 'rejected' | 'failed';
export type State = 'waiting' | 'checking' | 'sending' | Outcome;

/** Why a file was not taken. The server's reasons come as text in the reader's language; ours are put in words by the page. */
export type Reason =
  | { kind: 'server'; text: string }
  | { kind: 'tooLarge'; bytes: number }
  | { kind: 'empty' | 'hidden' | 'video' | 'unreadable' | 'network' };

/** What was dropped in one go; its photos become one batch. */
export interface Drop {
  id: string;
  name: string;
  /** The server's id of the batch; `null` until the first file has to be sent. */
  batch: string | null;
}

/** One file on its way. */
export interface Entry {
  file: File;
  /** Its path inside the chosen folder, or its name. */
  path: string;
  drop: Drop;
  state: State;
  reason: Reason | null;
  /** Bytes that the server has or is being sent. */
  sent: number;
  /** SHA-256 in hexadecimal, once it is known. */
  sha256: string | null;
}

const OUTCOMES: readonly State[] = ['accepted', 'duplicate', 'rejected', 'failed'];

export const isOutcome = (state: State): state is Outcome => OUTCOMES.includes(state);

const HIDDEN_NAMES = new Set(['thumbs.db', 'desktop.ini']);

/** Why `file` need not travel: the server would refuse it. Everything else goes, whatever its name says, and the server judges the content. */
export function refusedHere(file: Pick<File, 'name' | 'size' | 'type'>): Reason | null {
  if (file.name.startsWith('.') || HIDDEN_NAMES.has(file.name.toLowerCase())) return { kind: 'hidden' };
  if (/^(video|audio)\//.test(file.type)) return { kind: 'video' };
  if (file.size === 0) return { kind: 'empty' };
  if (file.size > FILE_BYTES_MAX) return { kind: 'tooLarge', bytes: file.size };
  return null;
}

export function entryOf(file: File, path: string, drop: Drop): Entry {
  const reason = refusedHere(file);
  return { file, path, drop, state: reason === null ? 'waiting' : 'rejected', reason, sent: 0, sha256: null };
}
