import { language } from '../i18n/language.svelte';
import { Problem, problemFrom } from './problem';
import type {
  AttendeeEvent,
  Event,
  EventList,
  LoginRequest,
  NewEvent,
  PhotoPage,
  PhotoState,
  SearchAnswer,
  SetupRequest,
  SetupStatus,
  User,
} from './types';

/** Photos on one page of an event's grid. */
export const PHOTOS_PER_PAGE = 60;

/** Header that tells the server that a page of ours, not a stranger's form, sent the request. */
export const GUARD_HEADER = 'X-FindMe';

const segment = encodeURIComponent;

async function call(method: string, path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': language.current };
  if (method !== 'GET') headers[GUARD_HEADER] = '1';
  let payload: BodyInit | null = null;
  if (body instanceof FormData) {
    payload = body;
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

async function json<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await call(method, path, body);
  const text = await textOf(answer);
  try {
    return JSON.parse(text) as T;
  } catch {
    throw Problem.local('unreadable_answer', answer.status);
  }
}

export const setupStatus = () => json<SetupStatus>('GET', '/api/setup');
export const setUp = (request: SetupRequest) => json<User>('POST', '/api/setup', request);
export const logIn = (request: LoginRequest) => json<User>('POST', '/api/login', request);
export const logOut = () => call('POST', '/api/logout');
export const me = () => json<User>('GET', '/api/me');

export const listEvents = () => json<EventList>('GET', '/api/events');
export const createEvent = (event: NewEvent) => json<Event>('POST', '/api/events', event);
export const getEvent = (event: string) => json<Event>('GET', `/api/events/${segment(event)}`);

export function listPhotos(event: string, state: PhotoState | 'all', after: string | null): Promise<PhotoPage> {
  const query = new URLSearchParams({ state, limit: String(PHOTOS_PER_PAGE) });
  if (after !== null) query.set('after', after);
  return json<PhotoPage>('GET', `/api/events/${segment(event)}/photos?${query}`);
}

export const retryPhoto = (event: string, photo: string) =>
  call('POST', `/api/events/${segment(event)}/photos/${segment(photo)}/retry`);

export const uploadPath = (event: string) => `/api/events/${segment(event)}/photos`;
export const progressPath = (event: string) => `/api/events/${segment(event)}/progress`;

export const attendeeEvent = (slug: string) => json<AttendeeEvent>('GET', `/api/attendee/events/${segment(slug)}`);

export function search(slug: string, consentVersion: string, selfie: Blob): Promise<SearchAnswer> {
  const form = new FormData();
  form.append('consent_version', consentVersion);
  form.append('selfie', selfie, 'selfie.jpg');
  return json<SearchAnswer>('POST', `/api/events/${segment(slug)}/search`, form);
}
