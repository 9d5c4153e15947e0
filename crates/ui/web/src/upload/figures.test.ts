import { describe, expect, it } from 'vitest';
import { batchName } from './browser';
import { continued } from './ledger';
import { Rate, secondsFor } from './rate';
import { windowOf } from './window';

describe('Rate', () => {
  it('is that of the last seconds, and unknown at first', () => {
    const rate = new Rate();
    rate.sample(0, 0);
    rate.sample(1000, 1e6);
    expect(rate.perSecond).toBeNull();
    for (let s = 2; s <= 30; s += 1) rate.sample(s * 1000, s * 1e6);
    expect(rate.perSecond).toBe(1e6);
    for (let s = 31; s <= 60; s += 1) rate.sample(s * 1000, 30e6 + (s - 30) * 4e6);
    expect(rate.perSecond).toBe(4e6);
    rate.rest();
    expect(rate.perSecond).toBeNull();
  });

  it('tells the time that is left, when it can be known', () => {
    expect([secondsFor(10e6, 2e6), secondsFor(10, null), secondsFor(10, 0)]).toEqual([5, null, null]);
  });
});

describe('windowOf', () => {
  it.each([
    [0, 400, 5000, { from: 0, to: 16 }],
    [40_000, 400, 5000, { from: 994, to: 1016 }],
    [199_900, 400, 5000, { from: 4991, to: 5000 }],
    [199_900, 400, 3, { from: 2, to: 3 }],
    [0, 400, 0, { from: 0, to: 0 }],
  ])('at %d of %d pixels over %d rows', (top, height, count, rows) => {
    expect(windowOf(top, height, 40, count)).toEqual(rows);
  });
});

describe('continued', () => {
  const drop = { id: 'd1', name: 'card', batch: 'b1' };
  const unfinished = [{ drop, files: [{ drop: 'd1', path: 'card/2.jpg', size: 20 }] }];

  it('finds the drop by a file that was not sent', () => {
    expect(continued(unfinished, [{ file: { size: 10 }, path: 'card/1.jpg' }, { file: { size: 20 }, path: 'card/2.jpg' }])).toBe(drop);
  });

  it('takes no other file of the same name for it', () => {
    expect(continued(unfinished, [{ file: { size: 21 }, path: 'card/2.jpg' }])).toBeNull();
  });
});

describe('batchName', () => {
  it('is one that the server takes', () => {
    expect(batchName(' card\u0000\n 1 ')).toBe('card 1');
    expect([...batchName('é'.repeat(200))]).toHaveLength(120);
  });
});
