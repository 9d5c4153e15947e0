import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { account } from './account';
import { admin } from './admin';
import { attendee } from './attendee';
import { camera } from './camera';
import { common } from './common';
import { frenchSpacing, type Text } from './dictionary';
import { figures } from './figures';
import { gallery } from './gallery';
import { preferred } from './language.svelte';
import { looks } from './looks';
import { mine } from './mine';
import { packs } from './packs';
import { people } from './people';
import { photos } from './photos';
import { settings } from './settings';
import { share } from './share';
import { staff } from './staff';
import { upload } from './upload';
import { viewer } from './viewer';
import { wall } from './wall';

const dictionaries = {
  common,
  account,
  admin,
  attendee,
  camera,
  figures,
  gallery,
  looks,
  mine,
  packs,
  people,
  photos,
  settings,
  share,
  staff,
  upload,
  viewer,
  wall,
};
const sources = fileURLToPath(new URL('..', import.meta.url));

/** A text as it comes out for sample figures. */
function rendered(text: Text): string {
  return typeof text === 'string' ? text : text(...([3, 7] as never[]));
}

/** Everything that the pages are made of, except the dictionaries and the tests. */
function code(): string {
  const names = readdirSync(sources, { recursive: true, encoding: 'utf8' });
  const pages = names.filter((name) => /\.(svelte|ts)$/.test(name) && !name.startsWith('i18n') && !name.includes('.test.'));
  return pages.map((name) => readFileSync(join(sources, name), 'utf8')).join('\n');
}

describe.each(Object.entries(dictionaries))('%s', (_, { all }) => {
  const keys = Object.keys(all.en);

  it('has the same keys in both languages', () => {
    expect(keys.length).toBeGreaterThan(5);
    expect(Object.keys(all.fr)).toEqual(keys);
  });

  it('says something, in two languages, for every key', () => {
    // Words that are spelled alike in both.
    const alike = new Set([
      'email',
      'figurePhotos',
      'gridTitle',
      'menu',
      'minutes',
      'percent',
      'photos',
      'photosReady',
      'photosUploaded',
      'stateSending',
      'tabPhotos',
      'textExample',
      'total',
      'unitPhotos',
    ]);
    for (const key of keys) {
      const [en, fr] = [rendered((all.en as Record<string, Text>)[key]!), rendered((all.fr as Record<string, Text>)[key]!)];
      expect(en.trim(), key).not.toBe('');
      if (!alike.has(key)) expect(fr, key).not.toBe(en);
    }
  });

  it('sets French high punctuation off with a space that does not break', () => {
    for (const key of keys) {
      const fr = rendered((all.fr as Record<string, Text>)[key]!);
      expect(fr, key).not.toMatch(/ [?!:;»]/);
      expect(fr, key).not.toMatch(/[^\s\u00a0:][?!;»]|[a-zé]:\s/);
    }
  });

  it('has no text that no page uses', () => {
    const used = code();
    const unused = keys.filter((key) => !new RegExp(`\\b(t|text)\\.${key}\\b`).test(used));
    expect(unused).toEqual([]);
  });
});

describe('frenchSpacing', () => {
  it('binds the sign to its word', () => {
    expect(frenchSpacing('« Oui » : quoi ?')).toBe('«\u00a0Oui\u00a0»\u00a0: quoi\u00a0?');
  });
});

describe('preferred', () => {
  it.each([
    [['fr-CA', 'en'], 'fr'],
    [['de', 'fr'], 'fr'],
    [['en-GB', 'fr'], 'en'],
    [['de'], 'en'],
    [[], 'en'],
  ])('%j gives %s', (tags, expected) => {
    expect(preferred(tags)).toBe(expected);
  });
});
