/** Largest file that the server takes. */
export const FILE_BYTES_MAX = 100 * 1024 * 1024;
export const FILES_AT_ONCE = 3;
/** Bytes of one request: what arrived of a broken one is kept, so this only bounds how long a request lasts. */
export const PART_BYTES_MAX = 16 * 1024 * 1024;
/** Digests in one question; the server takes 1000. */
export const ASKED_AT_ONCE = 100;
/** So many files are checked ahead of those being sent. */
export const LOOK_AHEAD = 100;
/** Tries of one file in a row in which nothing of it arrived. About two minutes with the waits below. */
export const ATTEMPTS_MAX = 8;
/** So many files given up in a row mean that it is not the files: everything stops and the person is asked. */
export const FAILED_IN_ROW_MAX = 3;
export const WAIT_FIRST_MS = 1000;
export const WAIT_MAX_MS = 30_000;
/** A connection that carries nothing for this long is taken for dead. */
export const SILENCE_MS_MAX = 60_000;
