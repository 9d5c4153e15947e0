/** Gigabytes as somebody typed them ("50", "2,5"), in bytes; `null` for none, `undefined` for what is no such number. */
export function gigabytes(typed: string): number | null | undefined {
  const text = typed.trim().replace(',', '.');
  if (text === '') return null;
  const value = /^\d+(\.\d+)?$/.test(text) ? Math.round(Number(text) * 1e9) : undefined;
  return value === undefined || !Number.isSafeInteger(value) ? undefined : value;
}
