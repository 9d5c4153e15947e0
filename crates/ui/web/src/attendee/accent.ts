/**
 * An event's colour, made readable. Organisers choose any colour; as text and as the ground of buttons it must keep the
 * contrast of WCAG 2.2 AA on every ground of the pages, in light and in dark.
 */
export interface Theme {
  '--accent': string;
  '--accent-strong': string;
  '--on-accent': string;
  '--accent-soft': string;
}

type Rgb = [number, number, number];

const CONTRAST_MIN = 4.5;
/** The grounds of base.css that come nearest to the colour. */
const GROUNDS = { light: '#f0eeea', dark: '#242927' } as const;
const PAPER = { light: '#ffffff', dark: '#1b1f1d' } as const;
const ON_ACCENT = { light: '#ffffff', dark: '#0a1410' } as const;
/** How much of the colour a soft ground takes. */
const SOFT = { light: 0.1, dark: 0.14 } as const;

export type Scheme = keyof typeof GROUNDS;

/** `null` when `colour` is not `#rrggbb`. */
export function themeOf(colour: string, scheme: Scheme): Theme | null {
  if (!/^#[0-9a-f]{6}$/i.test(colour)) return null;
  const [hue, saturation, start] = toHsl(rgbOf(colour));
  const step = scheme === 'light' ? -1 : 1;
  let lightness = Math.round(start * 100);
  let accent = rgbOf(colour);
  while (!readable(accent, scheme) && (step < 0 ? lightness > 0 : lightness < 100)) {
    lightness += step;
    accent = fromHsl(hue, saturation, lightness / 100);
  }
  const strong = fromHsl(hue, saturation, Math.min(1, Math.max(0, lightness / 100 + step * 0.07)));
  return {
    '--accent': hexOf(accent),
    '--accent-strong': hexOf(strong),
    '--on-accent': ON_ACCENT[scheme],
    '--accent-soft': hexOf(soft(accent, scheme)),
  };
}

const readable = (accent: Rgb, scheme: Scheme) =>
  [rgbOf(GROUNDS[scheme]), soft(accent, scheme), rgbOf(ON_ACCENT[scheme])].every((ground) => contrast(accent, ground) >= CONTRAST_MIN);

function soft(accent: Rgb, scheme: Scheme): Rgb {
  const paper = rgbOf(PAPER[scheme]);
  return accent.map((value, i) => Math.round(value * SOFT[scheme] + (paper[i] ?? 0) * (1 - SOFT[scheme]))) as Rgb;
}

/** Contrast ratio of WCAG, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4)) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export const rgbOf = (hex: string): Rgb => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as Rgb;
const hexOf = (rgb: Rgb) => `#${rgb.map((value) => value.toString(16).padStart(2, '0')).join('')}`;

function toHsl(rgb: Rgb): [number, number, number] {
  const [r, g, b] = rgb.map((value) => value / 255) as Rgb;
  const [max, min] = [Math.max(r, g, b), Math.min(r, g, b)];
  const lightness = (max + min) / 2;
  const spread = max - min;
  if (spread === 0) return [0, 0, lightness];
  const hue = max === r ? ((g - b) / spread + 6) % 6 : max === g ? (b - r) / spread + 2 : (r - g) / spread + 4;
  return [hue * 60, spread / (1 - Math.abs(2 * lightness - 1)), lightness];
}

function fromHsl(hue: number, saturation: number, lightness: number): Rgb {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const of = (n: number) => {
    const k = (n + hue / 30) % 12;
    return Math.round(255 * (lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [of(0), of(8), of(4)];
}
