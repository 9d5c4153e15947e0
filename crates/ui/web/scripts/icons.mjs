// Draws the icons of public/icons from the sign in public/favicon.svg, with the browser that the walks use. Their PNGs are
// committed: a build needs no browser. Run it again when the sign changes: node scripts/icons.mjs
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const place = (path) => fileURLToPath(new URL(`../public/${path}`, import.meta.url));
const sign = readFileSync(place('favicon.svg'), 'utf8');
const ground = /<rect[^>]* fill="(#[0-9a-f]+)"/.exec(sign)[1];

/** `part`: how much of the side the sign takes. Where the system cuts the corners itself, the ground fills the square. */
const ICONS = [
  { name: 'icon-192.png', side: 192, part: 1 },
  { name: 'icon-512.png', side: 512, part: 1 },
  { name: 'maskable-512.png', side: 512, part: 0.8, filled: true },
  { name: 'apple-touch-icon.png', side: 180, part: 0.92, filled: true },
];

const browser = await chromium.launch({
  executablePath: process.env.FINDME_BROWSER ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
mkdirSync(place('icons'), { recursive: true });
for (const { name, side, part, filled = false } of ICONS) {
  const page = await browser.newPage({ viewport: { width: side, height: side } });
  const margin = (side * (1 - part)) / 2;
  await page.setContent(`<style>
    html { background: ${filled ? ground : 'transparent'} }
    body { margin: ${margin}px }
    svg { display: block; width: ${side * part}px; height: ${side * part}px }
  </style>${sign}`);
  writeFileSync(place(`icons/${name}`), await page.screenshot({ omitBackground: true }));
  await page.close();
}
await browser.close();
console.log(`drew ${ICONS.length} icons`);
