import { writingOn } from './colour';
import { qrPath } from './qr';

/** A4 at 150 dots per inch. A5 has the same shape, so the same drawing serves. */
export const WIDTH = 1240;
export const HEIGHT = 1754;
const MARGIN = 96;
const INNER = WIDTH - 2 * MARGIN;
const COLUMN_GAP = 90;
const INK = '#101413';
const SOFT = '#4d5651';
const FONT = 'system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif';

/** What a sheet says in one language. */
export interface PosterTexts {
  title: string;
  steps: readonly string[];
  code: string;
}

export interface Poster {
  name: string;
  day: string;
  /** Where the QR code leads. */
  target: string;
  /** The address as people type it. */
  address: string;
  code: string | null;
  accent: string;
  /** `href` holds the picture itself: a saved sheet must not depend on the server. */
  logo: { href: string; width: number; height: number } | null;
  texts: readonly PosterTexts[];
}

/** How wide `text` is at one size, in the drawing's units. */
export type Measure = (text: string, size: number, weight: number) => number;

interface Block {
  height: number;
  /** Draws it with its top at `y`. */
  draw: (y: number) => string;
}

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? '&#39;');

const write = (text: string, x: number, y: number, size: number, { weight = 400, fill = INK, anchor = 'middle' } = {}): string =>
  `<text x="${x}" y="${Math.round(y)}" font-size="${size}" font-weight="${weight}" fill="${fill}" text-anchor="${anchor}">${escaped(text)}</text>`;

/** Breaks `text` between words into lines of at most `width`; a word that is longer stands alone. */
export function lines(text: string, width: number, measure: (text: string) => number): string[] {
  const found: string[] = [];
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    const last = found.at(-1);
    if (last !== undefined && measure(`${last} ${word}`) <= width) found[found.length - 1] = `${last} ${word}`;
    else found.push(word);
  }
  return found;
}

/** The same number of lines, as even as they can be: no word stands alone below a full line. */
export function balanced(text: string, width: number, measure: (text: string) => number): string[] {
  const rows = lines(text, width, measure);
  let even = rows;
  for (let narrow = width * 0.95; narrow > width / 3; narrow -= width / 20) {
    const tried = lines(text, narrow, measure);
    if (tried.length > rows.length || tried.some((row) => measure(row) > width)) break;
    even = tried;
  }
  return even;
}

/** The largest size at which `text` takes at most `most` lines and no line is too long. */
export function fitted(text: string, sizes: readonly number[], most: number, width: number, measure: Measure, weight: number): { size: number; rows: string[] } {
  let fit = { size: sizes.at(-1) ?? 1, rows: [text] };
  for (const size of sizes) {
    const rows = balanced(text, width, (each) => measure(each, size, weight));
    fit = { size, rows };
    if (rows.length <= most && rows.every((row) => measure(row, size, weight) <= width)) break;
  }
  return fit;
}

function heading(poster: Poster, measure: Measure): Block {
  const { size, rows } = fitted(poster.name, [96, 86, 76, 66, 56, 46, 38], 2, INNER, measure, 750);
  const step = size * 1.12;
  const day = poster.day === '' ? 0 : 62;
  return {
    height: rows.length * step + day,
    draw: (y) =>
      rows.map((row, i) => write(row, WIDTH / 2, y + i * step + size * 0.86, size, { weight: 750 })).join('') +
      (day === 0 ? '' : write(poster.day, WIDTH / 2, y + rows.length * step + 44, 42, { fill: SOFT })),
  };
}

function logo({ logo: picture }: Poster): Block[] {
  if (picture === null) return [];
  const scale = Math.min(480 / picture.width, 140 / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  const draw = (y: number) => `<image href="${escaped(picture.href)}" x="${(WIDTH - width) / 2}" y="${y}" width="${width}" height="${height}"/>`;
  return [{ height, draw }];
}

function qr({ target, accent }: Poster, side: number): Block {
  const { path, size } = qrPath(target);
  const [x, scale] = [(WIDTH - side) / 2, side / size];
  return {
    height: side,
    draw: (y) =>
      `<rect x="${x}" y="${y}" width="${side}" height="${side}" rx="28" fill="#fff" stroke="${accent}" stroke-width="6"/>` +
      `<path transform="translate(${x} ${y}) scale(${scale})" d="${path}" fill="#000" shape-rendering="crispEdges"/>`,
  };
}

function code({ code: word, texts }: Poster, measure: Measure): Block[] {
  if (word === null) return [];
  const label = [...new Set(texts.map((each) => each.code))].join(' · ');
  const { size } = fitted(word, [76, 64, 52, 40, 30], 1, INNER, measure, 700);
  return [
    {
      height: 40 + size * 1.15,
      draw: (y) => write(label, WIDTH / 2, y + 30, 34, { fill: SOFT }) + write(word, WIDTH / 2, y + 40 + size, size, { weight: 700 }),
    },
  ];
}

/** The same three steps in each language, side by side. */
function steps({ texts, accent }: Poster, measure: Measure): Block {
  const [text, line] = [34, 44];
  const width = (INNER - (texts.length - 1) * COLUMN_GAP) / texts.length;
  const title = Math.min(...texts.map((each) => fitted(each.title, [44, 40, 36, 32, 28], 1, width, measure, 700).size));
  const wide = texts.map((each) => {
    const rows = each.steps.flatMap((step) => lines(step, width - 70, (row) => measure(row, text, 400)));
    return Math.max(measure(each.title, title, 700), ...rows.map((row) => 62 + measure(row, text, 400)));
  });
  const total = wide.reduce((sum, each) => sum + each + COLUMN_GAP, -COLUMN_GAP);
  const columns = texts.map((each, i) => {
    const x = Math.round((WIDTH - total) / 2 + wide.slice(0, i).reduce((sum, before) => sum + before + COLUMN_GAP, 0));
    let y = title * 1.5;
    const drawn = [(top: number) => write(each.title, x, top + title, title, { weight: 700, anchor: 'start' })];
    each.steps.forEach((step, n) => {
      const at = y;
      const rows = lines(step, width - 70, (row) => measure(row, text, 400));
      drawn.push(
        (top) =>
          `<circle cx="${x + 22}" cy="${top + at + 26}" r="22" fill="${accent}"/>` +
          write(String(n + 1), x + 22, top + at + 36, 28, { weight: 700, fill: writingOn(accent) }) +
          rows.map((row, r) => write(row, x + 62, top + at + 38 + r * line, text, { anchor: 'start' })).join(''),
      );
      y += Math.max(1, rows.length) * line + 22;
    });
    return { height: y, draw: (top: number) => drawn.map((each) => each(top)).join('') };
  });
  return { height: Math.max(...columns.map(({ height }) => height)), draw: (y) => columns.map((column) => column.draw(y)).join('') };
}

function address({ address: text }: Poster, measure: Measure): Block {
  const { size, rows } = fitted(text, [36, 32, 28, 24, 20], 1, INNER, measure, 500);
  return { height: size * 1.3, draw: (y) => rows.map((row) => write(row, WIDTH / 2, y + size, size, { weight: 500, fill: SOFT })).join('') };
}

/** One sheet to hang up at the event, as an SVG document. Both languages, for guests speak either. */
export function posterSvg(poster: Poster, measure: Measure): string {
  const rest = [...logo(poster), heading(poster, measure)];
  const below = [...code(poster, measure), steps(poster, measure), address(poster, measure)];
  const room = HEIGHT - 2 * MARGIN - 30;
  const taken = [...rest, ...below].reduce((sum, { height }) => sum + height, 0);
  const gaps = rest.length + below.length;
  // The code takes what the words leave, within what still scans well and looks well.
  const side = Math.max(400, Math.min(700, room - taken - gaps * 38));
  const blocks = [...rest, qr(poster, side), ...below];
  const gap = Math.max(16, (room - taken - side) / gaps);
  let y = MARGIN + 20;
  const drawn = blocks.map(({ height, draw }) => {
    const top = y;
    y += height + gap;
    return draw(top);
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="${FONT}">` +
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/><rect width="${WIDTH}" height="26" fill="${poster.accent}"/>${drawn.join('')}</svg>`
  );
}
