import { beforeEach, describe, expect, it } from 'vitest';
import type { UploadOptions } from 'tus-js-client';
import { Problem } from '../api/problem';
import type { Transfer } from './queue';
import { afterRenewal, fingerprintOf, type MakeUpload, TusTransfer } from './tus';

const ENDPOINT = 'https://host.example/api/events/gala/uploads';
const photo = new File(['photo'], 'a.jpg', { lastModified: 5 });

/** As much of tus's client as the transfer touches. */
class FakeUpload {
  options!: UploadOptions;
  started = 0;
  aborted = 0;
  resumed: string[] = [];
  before: { uploadUrl: string }[] = [];

  make: MakeUpload = (_, options) => {
    this.options = options as UploadOptions;
    return this as unknown as ReturnType<MakeUpload>;
  };
  start() {
    this.started += 1;
  }
  async abort() {
    this.aborted += 1;
  }
  async findPreviousUploads() {
    return this.before;
  }
  resumeFromPreviousUpload(before: { uploadUrl: string }) {
    this.resumed.push(before.uploadUrl);
  }
  /** An answer of the server; true when tus's client is told nothing of its being a refusal. */
  async answer(method: string, status: number, headers: Record<string, string> = {}, body = '') {
    try {
      await this.options.onAfterResponse?.(
        { getMethod: () => method } as never,
        { getStatus: () => status, getHeader: (name: string) => headers[name], getBody: () => body } as never,
      );
      return true;
    } catch (error) {
      this.options.onError?.(Object.assign(new Error('tus'), { causingError: error }) as never);
      return false;
    }
  }
}

let fake: FakeUpload;
let stop: AbortController;
let progress: number[];
const begun = async (transfer = new TusTransfer(ENDPOINT, photo, 'b1', fake.make)) => {
  const sending = transfer.attempt((bytes) => progress.push(bytes), stop.signal);
  sending.catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 0));
  return sending;
};
const failure = (sending: Promise<unknown>) =>
  sending.then(
    () => expect.unreachable(),
    (error: unknown) => error as Problem,
  );
/** Keeps a promise from being awaited by an async function that returns it. */
const held = async () => {
  const transfer = new TusTransfer(ENDPOINT, photo, 'b1', fake.make);
  const sending = transfer.attempt((bytes) => progress.push(bytes), stop.signal);
  sending.catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 0));
  return { transfer, sending };
};

beforeEach(() => {
  fake = new FakeUpload();
  stop = new AbortController();
  progress = [];
});

describe('TusTransfer', () => {
  it('says the file’s name, its batch and that a page of ours sends', async () => {
    const { sending } = await held();
    expect(fake.options.metadata).toEqual({ filename: 'a.jpg', batch: 'b1' });
    expect(fake.options.headers).toMatchObject({ 'X-FindMe': '1', 'Accept-Language': 'en' });
    expect(await fake.options.fingerprint?.(photo, {})).toBe(fingerprintOf(ENDPOINT, photo));
    fake.options.onProgress?.(3, 5);
    await fake.answer('PATCH', 204, { 'FindMe-Outcome': 'duplicate' });
    fake.options.onSuccess?.({} as never);
    expect([await sending, progress]).toEqual(['duplicate', [3]]);
  });

  it('goes on with what an earlier page began', async () => {
    fake.before = [{ uploadUrl: `${ENDPOINT}/u1` }];
    await held();
    expect(fake.resumed).toEqual([`${ENDPOINT}/u1`]);
  });

  it('tells the server’s problem and how long to wait', async () => {
    const { sending } = await held();
    await fake.answer('POST', 429, { 'Retry-After': '60' }, JSON.stringify({ code: 'too_many_uploads' }));
    expect(await failure(sending)).toMatchObject({ status: 429, code: 'too_many_uploads', retryAfterMs: 60_000 });
  });

  it.each([
    ['HEAD', 404, true],
    ['HEAD', 410, true],
    ['HEAD', 422, true],
    ['HEAD', 401, false],
    ['HEAD', 403, false],
    ['HEAD', 503, false],
    ['PATCH', 404, false],
  ])('after %s %d begins anew: %s', async (method, status, anew) => {
    await held();
    expect(await fake.answer(method, status)).toBe(anew);
  });

  it('does not take a file for sent before the server says what became of it', async () => {
    const { sending } = await held();
    fake.options.onSuccess?.({} as never);
    expect((await failure(sending)).status).toBe(502);
  });

  it('breaks off when told to, and starts once more later', async () => {
    const { transfer, sending } = await held();
    stop.abort();
    expect((await failure(sending)).code).toBe('network');
    expect(fake.aborted).toBe(1);
    stop = new AbortController();
    void begun(transfer);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect([fake.started, fake.resumed]).toEqual([2, []]);
  });
});

describe('afterRenewal', () => {
  const expired = () => new Problem({ status: 401, code: 'unreadable_answer' });
  let tries: number;
  let renewals: number;
  let problems: Problem[];
  const transfer: Transfer = {
    attempt: async () => {
      tries += 1;
      const next = problems.shift();
      if (next !== undefined) throw next;
      return 'accepted';
    },
  };
  const sendAround = (renew: () => Promise<unknown> = async () => void (renewals += 1)) => afterRenewal(transfer, renew).attempt(() => undefined, stop.signal);
  beforeEach(() => {
    [tries, renewals, problems] = [0, 0, []];
  });

  it('sends again after the session was renewed, once only', async () => {
    problems = [expired()];
    expect(await sendAround()).toBe('accepted');
    expect([tries, renewals]).toEqual([2, 1]);
    problems = [expired(), expired(), expired()];
    expect((await failure(sendAround())).status).toBe(401);
    expect([tries, renewals]).toEqual([4, 2]);
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
