import { language } from '../i18n/language.svelte';
import { Problem, problemFrom } from './problem';
import { Renewal } from './renewal';
import { turnOf } from './turn';
import type { User } from './types';

/** Header that tells the server that a page of ours, not a stranger's form, sent the request. */
export const GUARD_HEADER = 'X-FindMe';

export const segment = encodeURIComponent;

const renewal = new Renewal(() => send('POST', '/api/refresh'), turnOf('findme.session'));

/** A call to the server; renews the session on the way when it has to. Rejects with a `Problem`. */
export const call = (method: string, path: string, body?: unknown): Promise<Response> => renewal.around(() => send(method, path, body));

async function send(method: string, path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': language.current };
  if (method !== 'GET') headers[GUARD_HEADER] = '1';
  let payload: BodyInit | null = null;
  if (body instanceof FormData || body instanceof Blob) {
    payload = body; // The browser says of what type it is.
  } else if (body !== undefined) {
    headers['Content-Type'] = 'application/json';
    payload = JSON.stringify(body);
  }
  let answer: Response;
  try {
    answer = await fetch(path, { method, headers, body: payload, credentials: 'same-origin' });
  } catch {
    throw Problem.local('network');
  }
  if (answer.ok) return answer;
  throw problemFrom(answer.status, await textOf(answer), answer.headers.get('Retry-After'), Date.now());
}

async function textOf(answer: Response): Promise<string> {
  try {
    return await answer.text();
  } catch {
    throw Problem.local('network');
  }
}

export async function json<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await call(method, path, body);
  const text = await textOf(answer);
  try {
    return JSON.parse(text) as T;
  } catch {
    throw Problem.local('unreadable_answer', answer.status);
  }
}

export const me = () => json<User>('GET', '/api/me');

/** Where the photos at signed addresses come in one archive, by a form. */
export const ZIP_PATH = '/media/zip';

/** Rejects with the reason why these photos cannot be had in one archive now. */
export const checkSelection = (photos: string[]) => call('POST', ZIP_PATH, { photos, check: true });
