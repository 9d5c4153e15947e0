// The stage of the walk: what the environment sets, the browser, the checks and the screenshots.
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { Checks } from './checks.mjs';
import { chooseFiles } from './event-files.mjs';

const env = process.env;
export const URL_BASE = (env.FINDME_URL ?? 'http://127.0.0.1:8080').replace(/\/$/, '');
export const TOKEN = env.FINDME_SETUP_TOKEN ?? '';
const SHARED = resolve(env.FINDME_SHARED ?? '../../../../shared');
export const SHOTS = resolve(env.FINDME_SCREENSHOTS ?? join(tmpdir(), 'findme-screenshots'));
export const PERSON = env.FINDME_PERSON ?? 'obama';
/** Somebody else, who is on one of the first photos of others. */
const STRANGER = env.FINDME_STRANGER ?? 'mindy_kaling';
export const TIMEOUT_MS = Number(env.FINDME_TIMEOUT_S ?? 300) * 1000;

export const DESKTOP = { viewport: { width: 1280, height: 900 }, locale: 'en-GB' };
export const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true, locale: 'en-GB' };
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
FLAGS.push('--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream');

export const checks = new Checks(URL_BASE);
export const scratch = mkdtempSync(join(tmpdir(), 'findme-e2e-'));
export const files = chooseFiles(SHARED, PERSON, STRANGER, scratch);

export const launch = (...extra) =>
  chromium.launch({ executablePath: env.FINDME_BROWSER ?? '/usr/bin/chromium', args: [...FLAGS, ...extra] });

export async function open(browser, options) {
  const context = await browser.newContext({ baseURL: URL_BASE, ...options });
  checks.watch(context);
  return context.newPage();
}

mkdirSync(SHOTS, { recursive: true });
let shots = 0;
export async function shot(page, name, { whole = true, screen = true } = {}) {
  shots += 1;
  if (whole) await loadLazyImages(page);
  await page.waitForTimeout(350); // Fades end.
  if (screen) await checks.accessible(page, name);
  await page.screenshot({ path: join(SHOTS, `${String(shots).padStart(2, '0')}-${name}.png`), fullPage: whole });
}

async function loadLazyImages(page) {
  await page.evaluate(async () => {
    const step = window.innerHeight / 2;
    for (let y = 0; y < document.documentElement.scrollHeight; y += step) {
      window.scrollTo(0, y);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    window.scrollTo(0, 0);
    const there = [...document.querySelectorAll('main img')].map((image) => image.decode().catch(() => undefined));
    await Promise.race([Promise.all(there), new Promise((resolve) => setTimeout(resolve, 3000))]);
  });
}

/** The README's picture: the page as it is, each photograph replaced by a plain colour, because photographs show people. */
export async function shotForReadme(page) {
  await page.evaluate(() => {
    [...document.querySelectorAll('main img')].forEach((image, index) => {
      image.style.objectPosition = '-10000px';
      image.style.background = `linear-gradient(135deg, hsl(${index * 47} 35% 72%), hsl(${index * 47 + 40} 40% 48%))`;
    });
    window.scrollTo(0, 0);
  });
  await page.screenshot({ path: join(SHOTS, 'readme.png') });
}

/** The page as it looks on a phone and in the dark, without a second session. */
export async function shotPhoneAndDark(page, name) {
  await page.setViewportSize(PHONE.viewport);
  await shot(page, `${name}-phone`);
  await page.setViewportSize(DESKTOP.viewport);
  await page.emulateMedia({ colorScheme: 'dark' });
  await shot(page, `${name}-dark`);
  await page.emulateMedia({ colorScheme: 'light' });
}

/** The page in English on a desktop, in French on a phone, and in French in the dark; then as it was. */
export async function shotBoth(page, name) {
  const before = page.viewportSize();
  await page.setViewportSize(DESKTOP.viewport);
  await shot(page, name);
  await page.setViewportSize(PHONE.viewport);
  await page.getByRole('button', { name: 'FR –' }).click();
  await shot(page, `${name}-phone-fr`);
  checks.that(`${name} fits a phone`, await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
  await page.emulateMedia({ colorScheme: 'dark' });
  await shot(page, `${name}-phone-dark-fr`);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.getByRole('button', { name: 'EN –' }).click();
  await page.setViewportSize(before);
}
