import type { StaffEvent } from '../api/event-types';

/** The event's own colour, or that of FindMe. */
export const DEFAULT_ACCENT = '#17624d';

/** Where attendees find the event; with a code they are let in at once. */
export const eventLink = (slug: string, code: string | null = null): string =>
  `${location.origin}/e/${encodeURIComponent(slug)}${code === null ? '' : `?code=${encodeURIComponent(code)}`}`;

/** The code that attendees need, if they need one. */
export const codeOf = ({ access }: Pick<StaffEvent, 'access'>): string | null => (access.mode === 'code' ? access.code : null);

export const isLocal = (): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);
