/** Rows above and below what is seen, so that a quick scroll meets rows. */
const MARGIN_ROWS = 6;

/** The rows of a long list that have to be there: `from` (first) and `to` (behind the last). */
export function windowOf(scrollTop: number, height: number, rowPx: number, count: number): { from: number; to: number } {
  const from = Math.max(0, Math.floor(scrollTop / rowPx) - MARGIN_ROWS);
  const to = Math.min(count, Math.ceil((scrollTop + height) / rowPx) + MARGIN_ROWS);
  return { from: Math.min(from, Math.max(0, to - 1)), to };
}
