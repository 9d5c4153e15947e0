import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { call, me } from './client';
import { importAttendees } from './events';

const answer = (status: number, body: unknown) => new Response(body === null ? null : JSON.stringify(body), { status });
const EXPIRED = { title: 'Please log in', code: 'not_logged_in' };

let calls: string[];
let answers: Response[];
let requests: RequestInit[];

beforeEach(() => {
  [calls, answers, requests] = [[], [], []];
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    calls.push(`${init.method} ${path}`);
    requests.push(init);
    return answers.shift();
  });
});
afterEach(() => vi.unstubAllGlobals());

describe('call', () => {
  it('renews the session and repeats what was asked', async () => {
    answers = [answer(401, EXPIRED), answer(401, EXPIRED), answer(200, {}), answer(200, { name: 'N' })];
    expect(await me()).toEqual({ name: 'N' });
    expect(calls).toEqual(['GET /api/me', 'GET /api/me', 'POST /api/refresh', 'GET /api/me']);
    expect(requests[2]?.headers).toMatchObject({ 'X-FindMe': '1' });
  });

  it('sends the body again', async () => {
    answers = [answer(401, EXPIRED), answer(401, EXPIRED), answer(200, {}), answer(204, null)];
    await call('POST', '/api/x', { a: 1 });
    expect([requests[0]?.body, requests[3]?.body]).toEqual(['{"a":1}', '{"a":1}']);
  });

  it('is logged out when the session cannot be renewed', async () => {
    answers = [answer(401, EXPIRED), answer(401, EXPIRED), answer(401, EXPIRED)];
    await expect(me()).rejects.toMatchObject({ status: 401, code: 'not_logged_in' });
    expect(calls.at(-1)).toBe('POST /api/refresh');
  });

  it('asks for no renewal after a wrong password', async () => {
    answers = [answer(401, { title: 'Wrong', code: 'wrong_credentials' })];
    await expect(call('POST', '/api/login', {})).rejects.toMatchObject({ code: 'wrong_credentials' });
    expect(calls).toEqual(['POST /api/login']);
  });
});

describe('importAttendees', () => {
  const wrong = { rows: 2, created: 0, dry_run: false, errors: [{ line: 3, field: 'name', code: 'field_invalid', detail: 'Missing.' }] };

  it('sends the table as it is', async () => {
    answers = [answer(200, { rows: 1, created: 0, dry_run: true, errors: [] })];
    expect((await importAttendees('gala', 'name\nA', true)).rows).toBe(1);
    expect(calls).toEqual(['POST /api/events/gala/attendees/import?dry_run=true']);
    expect((requests[0]?.body as Blob).type).toBe('text/csv');
  });

  it('takes wrong lines for an answer', async () => {
    answers = [answer(422, wrong)];
    expect(await importAttendees('gala', 'name\n,', false)).toMatchObject(wrong);
  });

  it('takes any other 422 for a problem', async () => {
    answers = [answer(422, { title: 'No table', code: 'field_invalid' })];
    await expect(importAttendees('gala', '', false)).rejects.toMatchObject({ code: 'field_invalid' });
  });
});
