import { describe, expect, it } from 'vitest';
import { contrast, writingOn } from './colour';
import { balanced, fitted, HEIGHT, lines, type Poster, posterSvg, WIDTH } from './poster';
import { qrPath, qrSvg } from './qr';

/** Every letter half as wide as it is high. */
const measure = (text: string, size: number) => (text.length * size) / 2;
const texts = { title: 'Find your photos', steps: ['Scan this code', 'Take a selfie', 'See your photos'], code: 'Code' };
const poster: Poster = { name: 'Gala', day: '20 June 2026', target: 'https://x.example/e/gala', address: 'x.example/e/gala', code: null, accent: '#17624d', logo: null, texts: [texts, texts] };
const heightsOf = (svg: string) => [...svg.matchAll(/ y="(\d+(?:\.\d+)?)"/g)].map(([, y]) => Number(y));

describe('lines', () => {
  it('breaks between words, and leaves a long word whole', () => {
    expect(lines('a bb ccc', 4, (text) => text.length)).toEqual(['a bb', 'ccc']);
    expect(lines('Donaudampfschiff fährt', 5, (text) => text.length)).toEqual(['Donaudampfschiff', 'fährt']);
  });
});

describe('balanced', () => {
  it('takes as few lines, and makes them even', () => {
    expect(balanced('Mariage de Zoé & Paul', 16, (text) => text.length)).toEqual(['Mariage de', 'Zoé & Paul']);
    expect(balanced('Gala', 16, (text) => text.length)).toEqual(['Gala']);
  });
});

describe('fitted', () => {
  it('takes the largest size that fits', () => {
    expect(fitted('wedding of Zoé', [100, 50, 10], 2, 300, measure, 700)).toEqual({ size: 50, rows: ['wedding', 'of Zoé'] });
  });
});

describe('posterSvg', () => {
  it.each([
    ['a short name', poster],
    ['everything', { ...poster, name: 'The very long name of a company party that nobody can say in one breath, twice', code: 'GALA-2026-LONGEST-POSSIBLE-CODE', logo: { href: 'data:x', width: 800, height: 100 } }],
    ['a name of one word', { ...poster, name: 'Donaudampfschifffahrtsgesellschaftskapitänsfeier' }],
  ])('keeps %s on the sheet, from top to bottom', (_, what) => {
    const heights = heightsOf(posterSvg(what, measure));
    expect(Math.max(...heights)).toBeLessThan(HEIGHT - 40);
    expect(heights).toEqual(heights.filter((y) => y >= 0));
  });

  it('shows the code only where there is one, and writes names as they are', () => {
    expect(posterSvg(poster, measure)).not.toContain('>Code<');
    const svg = posterSvg({ ...poster, name: 'Zoé & <Paul>', code: 'K7QX' }, measure);
    expect(svg).toContain('Zoé &amp; &lt;Paul&gt;');
    expect(svg).toContain('K7QX');
    expect(svg).toContain(`viewBox="0 0 ${WIDTH} ${HEIGHT}"`);
  });
});

describe('qrPath', () => {
  it('draws every dark module once', () => {
    const { path, size } = qrPath('https://x.example/e/gala');
    expect((size - 8 - 17) % 4).toBe(0);
    expect(path).toMatch(/^(M\d+ \d+h(\d+)v1h-\2z)+$/);
    expect(path.startsWith('M4 4h7v1h-7z')).toBe(true); // The corner's finder pattern.
    expect(qrSvg('x')).toContain('<svg');
  });
});

describe('colours', () => {
  it('are told apart as WCAG does', () => {
    expect(contrast('#ffffff', '#000000')).toBe(21);
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
    expect([writingOn('#17624d'), writingOn('#ffe680')]).toEqual(['#ffffff', '#101413']);
  });
});
