// One audience's way through the pages, in one language and on one size of screen.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { checks, open, SHOTS, URL_BASE } from '../stage.mjs';

export const VIEWPORTS = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 800 } },
};
export const LANGUAGES = { en: 'en-GB', fr: 'fr-FR' };
/** Barriers that shut somebody out; lesser ones are told. */
const IMPACTS = ['serious', 'critical'];

export class Journey {
  #browser;
  #folder;
  #shots = 0;
  #pages = [];

  /** `camera` is a browser whose camera shows the person's selfie. `stage` is what was prepared. */
  constructor({ browser, camera, viewport, language, stage }) {
    Object.assign(this, { camera, viewport, language, stage, isPhone: viewport === 'phone' });
    this.#browser = browser;
    // What takes long is walked here only. Every page on both screens, and in both languages: what is wrong in one alone is a
    // text, which the dictionaries hold.
    this.judges = this.isPhone === (language === 'fr');
    this.#folder = join(SHOTS, `${viewport}-${language}`);
    mkdirSync(this.#folder, { recursive: true });
  }

  /** The text that the page shows in this journey's language. */
  say = (english, french) => (this.language === 'fr' ? french : english);

  /** A new person at a new device; `as` is a `Caller` whose log-in they have. */
  async open({ as, browser = this.#browser, dark = false } = {}) {
    const page = await open(browser, {
      ...VIEWPORTS[this.viewport],
      locale: LANGUAGES[this.language],
      colorScheme: dark ? 'dark' : 'light',
      ...(as === undefined ? {} : { storageState: await as.state() }),
    });
    page.setDefaultTimeout(20_000);
    this.#pages.push(page);
    return page;
  }

  button = (page, english, french) => page.getByRole('button', { name: this.say(english, french), exact: true });
  link = (page, english, french) => page.getByRole('link', { name: this.say(english, french), exact: true });
  field = (page, english, french) => page.getByLabel(this.say(english, french), { exact: true });
  heading = (page, english, french) => page.getByRole('heading', { name: this.say(english, french) }).first();

  /** Taps on a phone, clicks on a desktop. */
  press = (locator) => (this.isPhone ? locator.tap() : locator.click());

  that(what, value, detail = '') {
    checks.that(`${this.viewport} ${this.language}: ${what}`, value, detail);
  }

  /** Judges the page as it stands and keeps its picture. `whole`: beyond the screen too. */
  async shot(page, name, { whole = true } = {}) {
    this.#shots += 1;
    const file = `${String(this.#shots).padStart(2, '0')}-${name}.png`;
    await settled(page, whole);
    const { title, lang, tooWide } = await page.evaluate(() => ({
      title: document.title,
      lang: document.documentElement.lang,
      tooWide: document.documentElement.scrollWidth - window.innerWidth,
    }));
    this.that(`${name} has a title, its language and no sideways scrolling`, title !== '' && lang === this.language && tooWide <= 0, `${title}, ${lang}, ${tooWide} px`);
    if (this.judges) await checks.accessible(page, `${this.viewport}-${this.language}/${file}`, IMPACTS);
    await page.screenshot({ path: join(this.#folder, file), fullPage: whole });
  }

  async end() {
    await Promise.all(this.#pages.map((page) => page.context().close()));
    this.#pages = [];
  }

  /** Where `slug` is, for the attendee. */
  address = (slug) => `${URL_BASE}/e/${slug}`;
}

/** Fades have ended and pictures that come late are there. */
async function settled(page, whole) {
  if (whole) {
    await page.evaluate(async () => {
      for (let y = window.innerHeight; y < document.documentElement.scrollHeight; y += window.innerHeight) {
        window.scrollTo(0, y);
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      window.scrollTo(0, 0);
    });
  }
  await page.evaluate(() => {
    const there = [...document.images].map((image) => image.decode().catch(() => undefined));
    return Promise.race([Promise.all(there), new Promise((resolve) => setTimeout(resolve, 3000))]);
  });
  await page.waitForTimeout(250);
}
