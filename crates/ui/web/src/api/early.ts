declare global {
  /** What `scripts/early.js` asked for while this code was on its way. */
  var findmeEarly: { path: string; answer: Promise<Response | null> } | undefined;
}

/** The answer to an early call of `path`, once; `null` when there is none, or none that serves. */
export async function early<T>(path: string): Promise<T | null> {
  const asked = globalThis.findmeEarly;
  if (asked === undefined || asked.path !== path) return null;
  globalThis.findmeEarly = undefined;
  try {
    const answer = await asked.answer;
    return answer?.ok === true ? ((await answer.json()) as T) : null;
  } catch {
    return null;
  }
}
