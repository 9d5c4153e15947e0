import { describe, expect, it } from 'vitest';
import { countOf, isChosen, kept, NOTHING, ranged, toggled } from './selection';

const order = ['a', 'b', 'c', 'd', 'e'];
const chosen = (selection: typeof NOTHING) => order.filter((id) => isChosen(selection, id)).join('');

describe('a selection', () => {
  it('takes single photos in and out', () => {
    const one = toggled(NOTHING, order, 'b');
    const two = toggled(one, order, 'd');
    expect([chosen(one), chosen(two), chosen(toggled(two, order, 'b'))]).toEqual(['b', 'bd', 'd']);
  });

  it('takes a range from the last one, either way', () => {
    const down = ranged(toggled(NOTHING, order, 'b'), order, 'd');
    expect(chosen(down)).toBe('bcd');
    expect(chosen(ranged(toggled(NOTHING, order, 'd'), order, 'b'))).toBe('bcd');
    expect(chosen(ranged(down, order, 'e'))).toBe('bcde');
  });

  it('takes a range out when the last one went out', () => {
    const all = ranged(toggled(NOTHING, order, 'a'), order, 'e');
    expect(chosen(ranged(toggled(all, order, 'b'), order, 'd'))).toBe('ae');
  });

  it('takes one photo when there is no last one', () => {
    expect(chosen(ranged(NOTHING, order, 'c'))).toBe('c');
    expect(chosen(ranged({ ...toggled(NOTHING, order, 'a'), anchor: 'gone' }, order, 'c'))).toBe('ac');
  });

  it('of all counts those not loaded too, and one less is those on the page', () => {
    const all = { ...NOTHING, all: true };
    expect([countOf(all, 900), chosen(all)]).toEqual([900, 'abcde']);
    const less = toggled(all, order, 'c');
    expect([less.all, countOf(less, 900), chosen(less)]).toEqual([false, 4, 'abde']);
  });

  it('forgets what is not there any more', () => {
    const two = toggled(toggled(NOTHING, order, 'b'), order, 'd');
    expect([...kept(two, ['a', 'd']).ids]).toEqual(['d']);
  });
});
