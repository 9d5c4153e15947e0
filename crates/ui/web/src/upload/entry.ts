import { FILE_BYTES_MAX } from './limits';

export type Outcome = 'accepted' | 'duplicate' | 'rejected';

/** Why a file was not taken. The server's reasons come as text in the reader's language; ours are put in words by the page. */
export type Reason =
  | { kind: 'server'; text: string }
  | { kind: 'tooLarge'; bytes: number }
  | { kind: 'empty' | 'hidden' | 'video' | 'unreadable' | 'noAnswer' };

/** One file on its way. */
export interface Entry {
  file: File;
  /** Its path inside the chosen folder, or its name. */
  path: string;
  /** `null` until the server, or a check here, has decided. */
  outcome: Outcome | null;
  reason: Reason | null;
}

const HIDDEN_NAMES = new Set(['thumbs.db', 'desktop.ini']);

/**
 * Why `file` need not travel: the server would refuse it, or the whole request because of it. Everything else goes,
 * whatever its name says, and the server judges the content.
 */
export function refusedHere(file: Pick<File, 'name' | 'size' | 'type'>): Reason | null {
  if (file.name.startsWith('.') || HIDDEN_NAMES.has(file.name.toLowerCase())) return { kind: 'hidden' };
  if (/^(video|audio)\//.test(file.type)) return { kind: 'video' };
  if (file.size === 0) return { kind: 'empty' };
  if (file.size > FILE_BYTES_MAX) return { kind: 'tooLarge', bytes: file.size };
  return null;
}

export function entryOf(file: File, path: string): Entry {
  const reason = refusedHere(file);
  return { file, path, outcome: reason === null ? null : 'rejected', reason };
}
