import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { digestOf, hex } from './digest';
import { Sha256 } from './sha256';

const expected = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const sample = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 131 + (i >> 8) * 17) & 255);

describe('Sha256', () => {
  // Around the block's end the padding takes a block of its own.
  it.each([0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000, 100_003])('of %d bytes is that of node, also in pieces', (length) => {
    const bytes = sample(length);
    for (const piece of [length + 1, 7, 64, 100]) {
      const sum = new Sha256();
      for (let from = 0; from < length; from += piece) sum.update(bytes.subarray(from, from + piece));
      expect(hex(sum.digest())).toBe(expected(bytes));
    }
  });
});

describe('digestOf', () => {
  afterEach(() => vi.unstubAllGlobals());

  it.each(['with', 'without'])('is right %s the browser’s own', async (which) => {
    if (which === 'without') vi.stubGlobal('crypto', {});
    const bytes = sample(1_200_000);
    expect(await digestOf(new Blob([bytes]))).toBe(expected(bytes));
  });
});
