import { describe, expect, it } from 'vitest';
import { Selection } from './selection.svelte';

describe('Selection', () => {
  it('picks, drops, picks all and none, and forgets at the end', () => {
    const selection = new Selection();
    selection.begin();
    selection.toggle('a');
    selection.toggle('b');
    selection.toggle('a');
    expect([selection.has('a'), selection.has('b'), selection.size]).toEqual([false, true, 1]);
    selection.all(['a', 'b']);
    expect(selection.size).toBe(2);
    selection.all(['a', 'b']);
    expect(selection.size).toBe(0);
    selection.toggle('a');
    selection.end();
    expect([selection.on, selection.size]).toEqual([false, 0]);
  });

  it('keeps to what is there when all are picked', () => {
    const selection = new Selection();
    selection.toggle('gone');
    selection.all(['a']);
    expect([selection.has('gone'), selection.size]).toEqual([false, 1]);
  });
});
