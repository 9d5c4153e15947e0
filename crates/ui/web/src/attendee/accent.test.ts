import { describe, expect, it } from 'vitest';
import { contrast, rgbOf, themeOf } from './accent';

const COLOURS = ['#000000', '#ffffff', '#ffd700', '#ff00aa', '#17624d', '#0000ff', '#808080', '#c0ffee', '#7a1f3d', '#00ff00'];

describe('themeOf', () => {
  it.each(COLOURS)('%s can be read on every ground, in light and dark', (colour) => {
    const grounds = { light: ['#f8f7f4', '#ffffff', '#f0eeea'], dark: ['#131614', '#1b1f1d', '#242927'] };
    for (const scheme of ['light', 'dark'] as const) {
      const theme = themeOf(colour, scheme)!;
      for (const name of ['--accent', '--accent-strong'] as const) {
        const ink = rgbOf(theme[name]);
        for (const ground of grounds[scheme]) expect(contrast(ink, rgbOf(ground)), `${name} ${scheme}`).toBeGreaterThanOrEqual(4.5);
        expect(contrast(ink, rgbOf(theme['--on-accent'])), `on ${name} ${scheme}`).toBeGreaterThanOrEqual(4.5);
        expect(contrast(ink, rgbOf(theme['--accent-soft'])), `on soft ${scheme}`).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  it('leaves a colour that can be read as it is', () => {
    expect(themeOf('#7a1f3d', 'light')?.['--accent']).toBe('#7a1f3d');
    expect(themeOf('#c0ffee', 'dark')?.['--accent']).toBe('#c0ffee');
  });

  it('keeps the hue', () => {
    const [r, g, b] = rgbOf(themeOf('#ffd700', 'light')!['--accent']);
    expect(r > g && g > b && b < 10).toBe(true);
  });

  it('takes no other notation', () => {
    expect(themeOf('red', 'light')).toBeNull();
    expect(themeOf('#fff', 'light')).toBeNull();
  });
});

describe('contrast', () => {
  it('is that of WCAG', () => {
    expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 5);
    expect(contrast([119, 119, 119], [255, 255, 255])).toBeCloseTo(4.48, 2);
  });
});
