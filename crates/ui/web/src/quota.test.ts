import { describe, expect, it } from 'vitest';
import { gigabytes } from './quota';

describe('gigabytes', () => {
  it.each([
    ['', null],
    ['  ', null],
    ['50', 50e9],
    [' 2.5 ', 2.5e9],
    ['2,5', 2.5e9],
    ['0', 0],
    ['-1', undefined],
    ['ten', undefined],
    ['1e3', undefined],
    ['5 GB', undefined],
    ['99999999999999', undefined],
  ])('%j is %j', (typed, bytes) => {
    expect(gigabytes(typed)).toBe(bytes);
  });
});
