import { beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../api/problem';
import type { Send } from './queue';
import { afterRenewal, xhrSend } from './send';

/** As much of an XMLHttpRequest as the sender touches. */
class FakeXhr {
  status = 0;
  responseText = '';
  headers: Record<string, string> = {};
  answerHeaders: Record<string, string> = {};
  opened = '';
  form: FormData | null = null;
  aborted = false;
  upload: { onprogress: ((event: { loaded: number }) => void) | null } = { onprogress: null };
  onload: () => void = () => undefined;
  onerror: () => void = () => undefined;
  onabort: () => void = () => undefined;

  open(method: string, path: string) {
    this.opened = `${method} ${path}`;
  }
  setRequestHeader(name: string, value: string) {
    this.headers[name] = value;
  }
  getResponseHeader(name: string) {
    return this.answerHeaders[name] ?? null;
  }
  send(form: FormData) {
    this.form = form;
  }
  abort() {
    this.aborted = true;
    this.onabort();
  }
  answer(status: number, body: unknown, headers: Record<string, string> = {}) {
    this.status = status;
    this.responseText = typeof body === 'string' ? body : JSON.stringify(body);
    this.answerHeaders = headers;
    this.onload();
  }
}

let xhr: FakeXhr;
let stop: AbortController;
let progress: number[];
const files = [new File(['one'], 'a.jpg'), new File(['two'], 'b.jpg')];
const send = () =>
  xhrSend('/api/events/gala/photos', () => xhr as unknown as XMLHttpRequest)(files, (bytes) => progress.push(bytes), stop.signal);
const failure = (sending: Promise<unknown>) =>
  sending.then(
    () => expect.unreachable(),
    (error: unknown) => error as Problem,
  );

beforeEach(() => {
  xhr = new FakeXhr();
  stop = new AbortController();
  progress = [];
});

describe('xhrSend', () => {
  it('sends all files under one name, with the guard and the language', async () => {
    const sending = send();
    xhr.upload.onprogress?.({ loaded: 4 });
    xhr.answer(200, { results: [{ file_name: 'a.jpg', outcome: 'accepted' }] });
    expect(await sending).toEqual([{ file_name: 'a.jpg', outcome: 'accepted' }]);
    expect(xhr.opened).toBe('POST /api/events/gala/photos');
    expect(xhr.headers).toMatchObject({ 'X-FindMe': '1', 'Accept-Language': 'en' });
    expect(xhr.form?.getAll('photo').map((each) => (each as File).name)).toEqual(['a.jpg', 'b.jpg']);
    expect(progress).toEqual([4]);
  });

  it('tells the server’s problem and how long to wait', async () => {
    const failed = failure(send());
    xhr.answer(503, { title: 'Busy', code: 'busy' }, { 'Retry-After': '5' });
    expect(await failed).toMatchObject({ status: 503, code: 'busy', retryAfterMs: 5000 });
  });

  it('tells a lost connection', async () => {
    const failed = failure(send());
    xhr.onerror();
    expect(await failed).toMatchObject({ status: 0, code: 'network' });
  });

  it('takes an answer cut short for trouble that passes', async () => {
    const failed = failure(send());
    xhr.answer(200, '{"results": [');
    expect((await failed).status).toBe(502);
  });

  it('breaks off when told to', async () => {
    const failed = failure(send());
    stop.abort();
    expect((await failed).code).toBe('network');
    expect(xhr.aborted).toBe(true);
  });
});

describe('afterRenewal', () => {
  const expired = () => new Problem({ status: 401, code: 'not_logged_in' });
  let tries: number;
  let renewals: number;
  let problems: Problem[];
  const around: Send = async () => {
    tries += 1;
    const next = problems.shift();
    if (next !== undefined) throw next;
    return [{ file_name: 'a.jpg', outcome: 'accepted' }];
  };
  const renew = async () => void (renewals += 1);
  const sendAround = (renewing = renew) => afterRenewal(around, renewing)(files, () => undefined, stop.signal);
  beforeEach(() => {
    [tries, renewals, problems] = [0, 0, []];
  });

  it('sends again after the session was renewed', async () => {
    problems = [expired()];
    expect(await sendAround()).toEqual([{ file_name: 'a.jpg', outcome: 'accepted' }]);
    expect([tries, renewals]).toEqual([2, 1]);
  });

  it('sends again once only', async () => {
    problems = [expired(), expired(), expired()];
    expect((await failure(sendAround())).code).toBe('not_logged_in');
    expect([tries, renewals]).toEqual([2, 1]);
  });

  it('tells why the session could not be renewed', async () => {
    problems = [expired()];
    expect((await failure(sendAround(() => Promise.reject(Problem.local('network'))))).code).toBe('network');
    expect(tries).toBe(1);
  });

  it('leaves other problems to the queue', async () => {
    problems = [new Problem({ status: 403, code: 'forbidden' })];
    expect((await failure(sendAround())).code).toBe('forbidden');
    expect([tries, renewals]).toEqual([1, 0]);
  });
});
