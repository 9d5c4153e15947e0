import { beforeEach, describe, expect, it } from 'vitest';
import { attendee } from './attendee';
import { bytes, date, dayOf, hour, number, seconds } from './format';
import { gallery } from './gallery';
import { language } from './language.svelte';

describe.each(['en-GB', 'fr-FR'])('in %s', (tag) => {
  beforeEach(() => void (language.current = tag === 'fr-FR' ? 'fr' : 'en'));

  it.each([0, 7, 999, 1000, 12345, 1_234_567, -5, -1234, 0.5, 1234.5])('writes %d as Intl does', (value) => {
    expect(number(value)).toBe(value.toLocaleString(tag));
  });

  it('writes every day of a leap year as Intl does, but counts the first of a month in French', () => {
    const days = Array.from({ length: 366 }, (_, index) => new Date(Date.UTC(2028, 0, 1 + index)));
    const byIntl = new Intl.DateTimeFormat(tag, { dateStyle: 'long', timeZone: 'UTC' });
    expect(days.map((day) => date(day.toISOString().slice(0, 10)))).toEqual(days.map((day) => byIntl.format(day).replace(/^1 /, tag === 'fr-FR' ? '1er ' : '1 ')));
  });
});

describe('in English', () => {
  beforeEach(() => void (language.current = 'en'));

  it('writes figures, dates and sizes as people read them', () => {
    expect(number(12345)).toBe('12,345');
    expect(date('2026-06-20')).toBe('20 June 2026');
    expect(date('soon')).toBe('soon');
    expect(date('2026-13-01')).toBe('2026-13-01');
    expect(hour('2026-06-20T21')).toMatch(/^Saturday,? 20 June(,| at) 21:00$/);
    expect(hour('soon')).toBe('soon');
    expect(bytes(12_340_000)).toBe('12.3 MB');
    expect(bytes(900)).toBe('0.9 kB');
    expect(seconds(12)).toBe('0.1\u00a0s');
    expect(seconds(2345)).toBe('2.3\u00a0s');
  });

  it('knows one from many', () => {
    expect(gallery.t.found(1)).toBe('We found you in 1 photo');
    expect(gallery.t.found(1234)).toBe('We found you in 1,234 photos');
  });
});

describe('in French', () => {
  beforeEach(() => void (language.current = 'fr'));

  it('writes figures, dates and sizes as people read them', () => {
    expect(number(12345)).toBe('12\u202f345');
    expect(date('2026-06-20')).toBe('20 juin 2026');
    expect([date('2026-08-01'), date('2026-08-11'), date('2026-08-21')]).toEqual(['1er août 2026', '11 août 2026', '21 août 2026']);
    expect(dayOf('2026-08-01T12:00:00')).toBe('1er août 2026');
    expect(hour('2026-08-01T21')).toMatch(/^samedi 1er août/);
    expect(seconds(2345)).toBe('2,3\u00a0s');
  });

  it('counts zero as one', () => {
    expect(attendee.t.photosReady(0)).toBe('0 photo');
    expect(attendee.t.photosReady(2)).toBe('2 photos');
  });
});
