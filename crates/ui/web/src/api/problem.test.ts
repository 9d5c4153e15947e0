import { describe, expect, it } from 'vitest';
import { problemFrom, retryAfterMs } from './problem';

const NOW = Date.parse('2026-06-20T20:00:00Z');

describe('retryAfterMs', () => {
  it.each([
    ['3', 3000],
    ['0', 0],
    ['-5', 0],
    ['Sat, 20 Jun 2026 20:00:10 GMT', 10_000],
    ['Sat, 20 Jun 2026 19:00:00 GMT', 0],
    ['soon', null],
    ['', null],
    [null, null],
  ])('%s is %s', (header, expected) => {
    expect(retryAfterMs(header, NOW)).toBe(expected);
  });
});

describe('problemFrom', () => {
  it('reads the server’s problem', () => {
    const body = JSON.stringify({ title: 'Busy', detail: 'Wait.', code: 'busy', request_id: 'r1', status: 429 });
    const problem = problemFrom(429, body, '2', NOW);
    expect(problem).toMatchObject({ status: 429, code: 'busy', title: 'Busy', detail: 'Wait.', requestId: 'r1', retryAfterMs: 2000 });
  });

  it.each(['<html>Bad Gateway</html>', '', 'null', '"text"'])('makes do with %j', (body) => {
    expect(problemFrom(502, body, null, NOW)).toMatchObject({ status: 502, code: 'unreadable_answer', title: '', detail: '' });
  });
});
