/** Largest file that the server takes. */
export const FILE_BYTES_MAX = 100 * 1024 * 1024;
/** The server takes 100; fewer make progress finer and a repeat after a lost connection cheaper. */
export const FILES_PER_REQUEST_MAX = 20;
/** A request ends at this size; a single larger file goes alone. */
export const BYTES_PER_REQUEST_MAX = 24_000_000;
export const REQUESTS_IN_PARALLEL = 3;
/** Tries of one request before everything stops and the person is asked. About four minutes with the waits below. */
export const ATTEMPTS_MAX = 12;
export const WAIT_FIRST_MS = 1000;
export const WAIT_MAX_MS = 30_000;
