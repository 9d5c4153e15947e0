// Writes `event.html`, which answers for an event's address (/e/…): `index.html` that also names the scripts of the attendee's
// page and holds its styles. A phone then fetches all of it at once; from `index.html` it would learn of each file only by
// running the one before, and no script runs while a style sheet is on its way. Prints what the first view weighs, and fails
// when it is more than an attendee's phone should have to fetch.
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';

const PAGE = 'src/pages/Attendee.svelte';
const BYTES_MAX = 60_000;
const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const manifestFolder = join(dist, '.vite');

/** Every chunk that `name` needs before it can run, itself included. */
function needed(manifest, name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  for (const next of manifest[name].imports ?? []) needed(manifest, next, found);
  return found;
}

const manifest = JSON.parse(readFileSync(join(manifestFolder, 'manifest.json'), 'utf8'));
if (manifest[PAGE] === undefined) throw new Error(`the build knows no ${PAGE}`);
const chunks = [...needed(manifest, PAGE)].map((name) => manifest[name]);
const scripts = chunks.map((chunk) => `/${chunk.file}`);

const index = readFileSync(join(dist, 'index.html'), 'utf8');
const LINK_OF_STYLE = / *<link rel="stylesheet"[^>]* href="([^"]+)">\n/g;
const stylesOfIndex = [...index.matchAll(LINK_OF_STYLE)].map(([, address]) => address);
const stylesOfPage = chunks.flatMap((chunk) => chunk.css ?? []).map((file) => `/${file}`);
/** What every page has comes first, as it would from the links. */
const styles = [...new Set([...stylesOfIndex, ...stylesOfPage])];

const early = readFileSync(fileURLToPath(new URL('early.js', import.meta.url)));
const earlyAddress = `/assets/early-${createHash('sha256').update(early).digest('hex').slice(0, 8)}.js`;
writeFileSync(join(dist, earlyAddress), early);

const read = (address) => readFileSync(join(dist, address), 'utf8').trim();
const missing = (address) => !index.includes(`"${address}"`);
const head = [
  ...scripts.filter(missing).map((address) => `<link rel="modulepreload" crossorigin href="${address}">`),
  `<style>${styles.map(read).join('')}</style>`,
  // Not fetched: they tell the code that loads a page's parts that these styles are here already.
  ...styles.map((address) => `<link rel="stylesheet" disabled href="${address}">`),
];
const page = index
  .replace(LINK_OF_STYLE, '')
  .replace('<meta charset="utf-8" />', `<meta charset="utf-8" />\n    <script async src="${earlyAddress}"></script>`)
  .replace('</head>', () => `  ${head.join('\n    ')}\n  </head>`);
if (!page.includes(earlyAddress)) throw new Error('index.html has no <meta charset="utf-8" /> to stand behind');
if (/<link rel="stylesheet" (?!disabled)/.test(page)) throw new Error('event.html waits for a style sheet that it holds');
writeFileSync(join(dist, 'event.html'), page);
// The list was only for this script; the server would embed it.
rmSync(manifestFolder, { recursive: true });

const weigh = (bytes) => brotliCompressSync(bytes).length;
const parts = [...new Set([earlyAddress, ...scripts])].map((address) => [address, weigh(readFileSync(join(dist, address)))]);
const all = [['/event.html', weigh(Buffer.from(page))], ...parts];
for (const [address, bytes] of all) console.log(`${String(bytes).padStart(7)}  ${address}`);
const sum = all.reduce((total, [, bytes]) => total + bytes, 0);
console.log(`${String(sum).padStart(7)}  bytes in all: the attendee's first view, compressed (at most ${BYTES_MAX})`);
if (sum > BYTES_MAX) throw new Error('the first view of an attendee is too heavy');
