/** Events, their photos and their people, for staff. */
import { call, json, segment } from './client';
import { Problem } from './problem';
import type {
  Attendee,
  Event,
  EventMember,
  ImportAnswer,
  NewAttendee,
  NewEvent,
  Page,
  StaffRole,
} from './types';

const of = (event: string, ...parts: string[]) => ['/api/events', ...[event, ...parts].map(segment)].join('/');

/** Puts what is set into a query. */
export function query(values: Record<string, string | number | null>): string {
  const set = Object.entries(values).filter(([, value]) => value !== null && value !== '');
  return new URLSearchParams(set.map(([key, value]) => [key, String(value)])).toString();
}

export async function listEvents(q: string, limit: number, after: string | null): Promise<Page<Event>> {
  const { events, next } = await json<{ events: Event[]; next: string | null }>('GET', `/api/events?${query({ q, limit, after })}`);
  return { rows: events, next };
}

export const createEvent = (event: NewEvent) => json<Event>('POST', '/api/events', event);
export const deleteEvent = (event: string) => call('DELETE', of(event));

export const retryPhoto = (event: string, photo: string) => call('POST', of(event, 'photos', photo, 'retry'));
/** `web`: at most 2048 pixels; `original`: as uploaded. */
export type Size = 'web' | 'original';
export const zipPath = (event: string, size: Size) => `${of(event, 'photos.zip')}?${query({ size })}`;
export const progressPath = (event: string) => of(event, 'progress');

export const listMembers = async (event: string) => (await json<{ staff: EventMember[] }>('GET', of(event, 'staff'))).staff;
export const addMember = (event: string, email: string) => json<EventMember>('POST', of(event, 'staff'), { email });
export const removeMember = (event: string, user: string) => call('DELETE', of(event, 'staff', user));

export async function listAttendees(event: string, q: string, limit: number, after: string | null): Promise<Page<Attendee>> {
  const path = `${of(event, 'attendees')}?${query({ q, sort: 'name', limit, after })}`;
  const { attendees, next } = await json<{ attendees: Attendee[]; next: string | null }>('GET', path);
  return { rows: attendees, next };
}

/** Each role has an address of its own to add attendees by. */
export const addAttendee = (role: StaffRole, event: string, attendee: NewAttendee) =>
  call('POST', `/api/${role}/events/${segment(event)}/attendees`, attendee);
export const deleteAttendee = (event: string, user: string) => call('DELETE', of(event, 'attendees', user));

/** Creates the attendees of a table, all or none; a dry run only says what is wrong with it. */
export async function importAttendees(event: string, csv: string, dryRun: boolean): Promise<ImportAnswer> {
  try {
    return await json<ImportAnswer>('POST', `${of(event, 'attendees', 'import')}?dry_run=${dryRun}`, new Blob([csv], { type: 'text/csv' }));
  } catch (error) {
    const answer = error instanceof Problem && error.status === 422 ? (error.body as Partial<ImportAnswer> | null) : null;
    if (Array.isArray(answer?.errors)) return answer as ImportAnswer; // Wrong lines are an answer, not a failure.
    throw error;
  }
}
