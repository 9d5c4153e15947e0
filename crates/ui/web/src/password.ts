/** Shortest password that the set-up page takes, in characters. The server has the same rule and the last word. */
export const PASSWORD_CHARS_MIN = 10;
