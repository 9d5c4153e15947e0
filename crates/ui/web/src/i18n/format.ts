import { language, type Language } from './language.svelte';

const TAGS: Record<Language, string> = { en: 'en-GB', fr: 'fr-FR' };

// What an attendee's first view shows is written here, not by `Intl`: at its first use the browser reads a language's tables,
// which was a third of the work of all scripts of that view.
const GROUP: Record<Language, string> = { en: ',', fr: '\u202f' };
const MONTHS: Record<Language, string[]> = {
  en: ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'],
  fr: ['janvier', 'février', 'mars', 'avril', 'mai', 'juin', 'juillet', 'août', 'septembre', 'octobre', 'novembre', 'décembre'],
};

/** `1234` as "1,234" or "1 234". */
export function number(value: number): string {
  if (!Number.isSafeInteger(value)) return value.toLocaleString(TAGS[language.current]);
  return String(value).replace(/\B(?=(\d{3})+$)/g, GROUP[language.current]);
}

/** French counts the first day of a month: "1er août", which `Intl` does not. */
const counted = (day: string) => (language.current === 'fr' ? day.replace(/(^|\D)1(?=\s\p{L})/u, '$11er') : day);

/** `2026-06-20` as "20 June 2026". */
export function date(day: string): string {
  const [, year, month, dayOfMonth] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day) ?? [];
  const name = MONTHS[language.current][Number(month) - 1];
  return name === undefined ? day : counted(`${Number(dayOfMonth)} ${name} ${Number(year)}`);
}

/** A moment as the day it falls on here: "20 June 2026". */
export function dayOf(moment: string): string {
  return counted(new Date(moment).toLocaleDateString(TAGS[language.current], { dateStyle: 'long' }));
}

/** A moment with its time of day: "20 Jun 2026, 21:04:09". */
export function moment(at: string): string {
  return counted(new Date(at).toLocaleString(TAGS[language.current], { dateStyle: 'medium', timeStyle: 'medium' }));
}

/** Bytes in the unit that people read: "12.3 MB". Decimal units, as cameras and shops count. */
export function bytes(value: number): string {
  const [unit, divisor] = value >= 1e9 ? ['gigabyte', 1e9] : value >= 1e6 ? ['megabyte', 1e6] : ['kilobyte', 1e3];
  const options = { style: 'unit', unit: unit as string, maximumFractionDigits: 1 } as const;
  return (value / (divisor as number)).toLocaleString(TAGS[language.current], options);
}

/** Seconds with one decimal, never "0.0": "0.1 s". */
export function seconds(ms: number): string {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return `${Math.max(0.1, ms / 1000).toLocaleString(TAGS[language.current], digits)}\u00a0s`;
}

/** `2026-06-20T21`, an hour by a camera's clock, as "Saturday 20 June, 21:00". Like a date, it belongs to no time zone. */
export function hour(at: string): string {
  const parsed = new Date(`${at}:00:00Z`);
  const parts = { weekday: 'long', day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit', timeZone: 'UTC' } as const;
  return Number.isNaN(parsed.getTime()) ? at : counted(parsed.toLocaleString(TAGS[language.current], parts));
}
