declare global {
  /** What `scripts/early.js` asked for while this code was on its way; `null` when there is no answer that serves. */
  var findmeEarly: { path: string; answer: Promise<unknown> } | undefined;
}

/** The answer to an early call of `path`, once; `null` when there is none. */
export async function early<T>(path: string): Promise<T | null> {
  const asked = globalThis.findmeEarly;
  if (asked === undefined || asked.path !== path) return null;
  globalThis.findmeEarly = undefined;
  return (await asked.answer) as T | null;
}
