// Counts what held, and watches every page for requests to other hosts, errors in its console and barriers to people.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export class Checks {
  #passed = 0;
  #host;
  #troubles = [];
  #judged = 0;
  /** Answers that a step provokes on purpose: Chromium writes a console error for each. */
  #expected = [
    { path: /\/api\/login$/, text: /status of (401|429)/ },
    { path: /\/api\/me$/, text: 'status of 401' },
    { path: /\/api\/refresh$/, text: 'status of 401' },
    { path: /\/api\/events\/[^/]+\/search$/, text: 'status of 422' },
    { path: /\/api\/events\/[^/]+\/search$/, text: 'net::ERR_FAILED' },
    { path: /\/api\/(attendee\/)?events\/no-such-event$/, text: 'status of 404' },
  ];

  constructor(url) {
    this.#host = new URL(url).host;
  }

  /** Answers at `path` whose console error says `text` are provoked on purpose. */
  expect(path, text) {
    this.#expected.push({ path, text });
  }

  /** Holds `value` to be true; the message says what was wanted. */
  that(what, value, detail = '') {
    assert.ok(value, `${what}${detail === '' ? '' : `: ${detail}`}`);
    this.#passed += 1;
    console.log(`  ok  ${what}`);
  }

  same(what, actual, expected) {
    this.that(what, isDeepStrictEqual(actual, expected), `got ${JSON.stringify(actual, null, 2)}, expected ${JSON.stringify(expected)}`);
  }

  watch(context) {
    context.on('request', (request) => {
      const url = new URL(request.url());
      if (/^https?:|^wss?:/.test(url.protocol) && url.host !== this.#host) this.#troubles.push(`request to another host: ${url}`);
    });
    context.on('console', (message) => {
      if (message.type() === 'error' && !this.#isExpected(message)) {
        this.#troubles.push(`console error at ${message.location().url}: ${message.text()}`);
      }
    });
    context.on('weberror', (event) => this.#troubles.push(`uncaught: ${event.error().stack}`));
  }

  #isExpected(message) {
    const { url } = message.location();
    return this.#expected.some(({ path, text }) => path.test(url) && (text instanceof RegExp ? text.test(message.text()) : message.text().includes(text)));
  }

  /**
   * Adds what axe-core finds on the page as it stands (WCAG 2.2 A and AA, good practice). With `impacts`, what weighs less
   * is only told.
   */
  async accessible(page, name, impacts = null) {
    await page.evaluate(axe);
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const found = await page.evaluate((values) => globalThis.axe.run(document, { runOnly: { type: 'tag', values } }), tags);
    for (const { id, impact, nodes } of found.violations) {
      const barrier = `barrier on ${name}: ${id} (${impact}) at ${nodes.map((node) => node.target.join(' ')).join(', ')}: ${nodes[0].failureSummary}`;
      if (impacts === null || impacts.includes(impact)) this.#troubles.push(barrier);
      else console.log(`      ${barrier}`);
    }
    this.#judged += found.passes.length;
  }

  quiet() {
    this.that('the accessibility rules were tried', this.#judged > 100, `${this.#judged}`);
    this.same('no request to another host, no console error, no uncaught error, no barrier', this.#troubles, []);
  }

  get passed() {
    return this.#passed;
  }
}
