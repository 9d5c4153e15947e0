import { describe, expect, it } from 'vitest';
import { Problem } from '../api/problem';
import type { Page } from '../api/types';
import { Paged } from './paged.svelte';

type Answer = (page: Page<number>) => void;

function list() {
  const asked: (string | null)[] = [];
  const answers: Answer[] = [];
  const failures: ((problem: Problem) => void)[] = [];
  const paged = new Paged<number>((after) => {
    asked.push(after);
    return new Promise((resolve, reject) => {
      answers.push(resolve);
      failures.push(reject);
    });
  });
  return { asked, answers, failures, paged };
}

describe('Paged', () => {
  it('adds page to page until there is none', async () => {
    const { asked, answers, paged } = list();
    expect(paged.rows).toBeNull();
    const first = paged.load();
    answers[0]?.({ rows: [1, 2], next: 'c' });
    await first;
    const second = paged.more();
    answers[1]?.({ rows: [3], next: null });
    await second;
    await paged.more();
    expect([paged.rows, asked]).toEqual([[1, 2, 3], [null, 'c']]);
  });

  it('drops the answer to an older question', async () => {
    const { answers, paged } = list();
    const old = paged.load();
    const latest = paged.load();
    answers[1]?.({ rows: [2], next: null });
    await latest;
    answers[0]?.({ rows: [1], next: 'old' });
    await old;
    expect([paged.rows, paged.next, paged.busy]).toEqual([[2], null, false]);
  });

  it('keeps what it has when a further page fails', async () => {
    const { answers, failures, paged } = list();
    const first = paged.load();
    answers[0]?.({ rows: [1], next: 'c' });
    await first;
    const second = paged.more();
    failures[1]?.(Problem.local('network'));
    await second;
    expect([paged.rows, paged.problem?.code, paged.busy]).toEqual([[1], 'network', false]);
  });
});
