/** What visitors of an event and attendees with an account may do: enter, search, keep, and take back. */
import { call, json, segment } from './client';
import { early } from './early';
import type { Narrowed, Schema } from './schemas';

export type Image = Schema<'Image'>;
export type Access = 'open' | 'code' | 'invitation';

/** What anybody with the link may know of an event; more once they have entered. */
export type PublicEvent = Narrowed<'PublicEvent', { access: Access }>;

export type Band = 'sure' | 'maybe';

/** A photo as visitors get it. It is ready, so it has a size. */
export type VisitorPhoto = Narrowed<'VisitorPhoto', { width_px: number; height_px: number }>;
/** `verdict` is what the visitor said: "this is me", "not me", or nothing. */
export type FoundPhoto = Narrowed<'FoundPhoto', VisitorPhoto & { band: Band }>;

/**
 * `sealed` is the measure of the face, encrypted for the server alone. It stays in this page's memory. `null` where there is
 * none: a search is asked again with a selfie only.
 */
export type SearchAnswer = Narrowed<'SearchAnswer', { matches: FoundPhoto[]; not_me: FoundPhoto[] }>;
export type PhotosByTime = Narrowed<'VisitorPhotos', { photos: VisitorPhoto[] }>;

/** How many photos are out, and which change of them was the last. */
export type News = Schema<'PhotoNews'>;
export type TemplateKept = Schema<'KeptTemplate'>;
/** What is stored about an attendee. */
export type MyData = Schema<'MyData'>;
/** What a deletion of face data answers; the same stands in the audit log. */
export type Receipt = Schema<'Receipt'>;

/** Photos on one page of the list by time. */
const PHOTOS_PER_PAGE = 60;

const at = (slug: string, ...parts: string[]) => ['/api/attendee/events', ...[slug, ...parts].map(segment)].join('/');

export const attendeeEvent = async (slug: string) => (await early<PublicEvent>(at(slug))) ?? json<PublicEvent>('GET', at(slug));
export const enter = (slug: string, code: string) => call('POST', at(slug, 'enter'), { code });
/** Forgets this browser: favourites, verdicts, and that it entered. */
export const forgetVisit = (slug: string) => call('DELETE', at(slug, 'visit'));

/** With `sealed` of an earlier answer the selfie is added to that search: both count together. */
export function search(slug: string, consentVersion: string, selfie: Blob, sealed: string | null): Promise<SearchAnswer> {
  const form = new FormData();
  form.append('consent_version', consentVersion);
  if (sealed !== null) form.append('sealed', sealed);
  form.append('selfie', selfie, 'selfie.jpg');
  return json<SearchAnswer>('POST', `/api/events/${segment(slug)}/search`, form);
}

/** The same search again; without `sealed` with the face that the account keeps. */
export const searchAgain = (slug: string, sealed: string | null) =>
  json<SearchAnswer>('POST', at(slug, 'matches'), sealed === null ? {} : { sealed });

/** `null` takes the verdict back. */
export const judge = (slug: string, photo: string, isMe: boolean | null) =>
  isMe === null ? call('DELETE', at(slug, 'verdicts', photo)) : call('PUT', at(slug, 'verdicts', photo), { is_me: isMe });

export const setFavourite = (slug: string, photo: string, on: boolean) => call(on ? 'PUT' : 'DELETE', at(slug, 'favourites', photo));
export const favourites = async (slug: string) => (await json<{ photos: VisitorPhoto[] }>('GET', at(slug, 'favourites'))).photos;

export const photosByTime = (slug: string, after: string | null) =>
  json<PhotosByTime>('GET', `${at(slug, 'photos')}?limit=${PHOTOS_PER_PAGE}${after === null ? '' : `&after=${segment(after)}`}`);

export const newsPath = (slug: string) => at(slug, 'news');

const ME = '/api/attendee/me';

export const keepTemplate = (sealed: string, consentVersion: string, notify: boolean) =>
  json<TemplateKept>('PUT', `${ME}/template`, { sealed, consent_version: consentVersion, notify });
export const setNotify = (notify: boolean) => call('PATCH', `${ME}/template`, { notify });
export const myData = () => json<MyData>('GET', `${ME}/data`);
export const deleteFaceData = () => json<Receipt>('DELETE', `${ME}/face-data`);
export const setHidden = (hidden: boolean) => call('PUT', `${ME}/hidden`, { hidden });
