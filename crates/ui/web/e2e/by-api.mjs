// What the walks need before a page is looked at, by the API: people, events, photos.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { request } from 'playwright-core';
import { TIMEOUT_MS, TOKEN, URL_BASE } from './stage.mjs';
import { totp } from './totp.mjs';

export const ADMIN = { name: 'Camille Martin', email: 'camille@example.org', password: 'four words in a row' };
const LOOK_MS = 500;
const MESSAGE_MS_MAX = 30_000;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Somebody who is logged in by cookies and sends what pages send. */
export class Caller {
  #context;

  static async open() {
    const caller = new Caller();
    caller.#context = await request.newContext({ baseURL: URL_BASE, extraHTTPHeaders: { 'X-FindMe': '1' } });
    return caller;
  }

  /** Answers the JSON, or `null` where there is none; throws on anything but success. */
  async call(method, path, options = {}) {
    const answer = await this.#context.fetch(path, { method, timeout: 60_000, ...options });
    const text = await answer.text();
    if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${text.slice(0, 300)}`);
    return text === '' ? null : JSON.parse(text);
  }

  /** Cookies, for a browser's context. */
  state = () => this.#context.storageState();

  setUp = () => this.call('POST', '/api/setup', { data: { token: TOKEN, ...ADMIN } });
  logIn = ({ email, password }) => this.call('POST', '/api/login', { data: { login: email, password } });
  createStaff = (role, person) => this.call('POST', '/api/staff', { data: { role, ...person } });
  createEvent = (event) => this.call('POST', '/api/events', { data: event });
  changeEvent = (event, change) => this.call('PATCH', `/api/events/${event}`, { data: change });
  assign = (event, { email }) => this.call('POST', `/api/events/${event}/staff`, { data: { email } });

  /** The path of the link in the last message of this kind to somebody, which is written a moment after its cause. */
  async linkFor(recipient, kind) {
    for (const untilMs = Date.now() + MESSAGE_MS_MAX; Date.now() < untilMs; await sleep(LOOK_MS / 5)) {
      const { messages } = await this.call('GET', '/api/outbox');
      const found = messages.find((message) => message.recipient === recipient && message.kind === kind)?.body.match(/https?:\/\/\S+/);
      if (found) return new URL(found[0]).pathname + new URL(found[0]).search;
    }
    throw new Error(`no message ${kind} to ${recipient}`);
  }

  /** Gives whoever is logged in a second step. */
  async enrolMfa() {
    const { secret } = await this.call('POST', '/api/me/mfa');
    await this.call('POST', '/api/me/mfa/confirm', { data: { code: totp(secret) } });
  }

  /** One request for each photo, as the form is bounded. */
  async upload(event, paths) {
    for (const path of paths) {
      const photo = { name: basename(path), mimeType: 'image/jpeg', buffer: readFileSync(path) };
      const { results } = await this.call('POST', `/api/events/${event}/photos`, { multipart: { photo } });
      if (results[0]?.outcome !== 'accepted') throw new Error(`${path}: ${JSON.stringify(results)}`);
    }
  }

  /** `kind`: logo or cover. */
  putImage = (event, kind, path) => this.call('PUT', `/api/events/${event}/images/${kind}`, { headers: { 'Content-Type': 'image/jpeg' }, data: readFileSync(path) });

  /** Waits until everything that was uploaded is ready. */
  async ready(event, photos) {
    for (const untilMs = Date.now() + TIMEOUT_MS; ; ) {
      const { counts } = await this.call('GET', `/api/events/${event}`);
      if (counts.ready >= photos) return counts;
      if (Date.now() > untilMs) throw new Error(`${event} is not ready: ${JSON.stringify(counts)}`);
      await sleep(LOOK_MS);
    }
  }

  close = () => this.#context.dispose();
}
