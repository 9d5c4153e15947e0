// Measures an attendee's first view as a phone of the middle class on a shaky network has it: what comes over the wire, from
// where, when the largest thing on the screen is painted, and whether anything moves meanwhile. Fails on a breach of the budget.
// Three views: an event as it is by default, one with a cover, and one that asks for a code.
//
// Environment: FINDME_URL, FINDME_SETUP_TOKEN (of a fresh server), FINDME_SHARED, FINDME_BROWSER as in main-job.mjs.
import { rmSync } from 'node:fs';
import { Caller } from './by-api.mjs';
import { checks, files, launch, PHONE, scratch, URL_BASE } from './stage.mjs';

const RUNS = 5;
/** What else runs on the machine can only make a view later: a round that was disturbed is measured again. */
const ROUNDS_MAX = 3;
const BYTES_MAX = 60_000;
/** The goal of every view. A cover's way, and the part of the page that asks for a code, come on top for what is held to. */
const LCP_MS_GOAL = 1500;
const LCP_MS_MAX = { plain: LCP_MS_GOAL, covered: 1800, closed: 1800 };
/** What is too much for any view where other work may run beside. */
const LCP_MS_MAX_BUSY = process.env.FINDME_LCP_MS_MAX;
/** What web.dev calls good is 0.1; nothing here has a reason to move at all. */
const SHIFT_MAX = 0.01;
const CPU_SLOWER = 4;
/** 1.6 Mbit/s down, 750 kbit/s up, 150 ms there and back. */
const NETWORK = { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 };
/** The first view has ended when nothing has been asked for so long; a stream that stays open is no request in flight. */
const QUIET_MS = 1500;
const VIEW_MS_MAX = 20_000;

/** Tells what was painted and what has moved, also before anybody asks. */
function watchPaints() {
  globalThis.largestPaint = null;
  globalThis.shifted = 0;
  new PerformanceObserver((list) => {
    const last = list.getEntries().at(-1);
    globalThis.largestPaint = { atMs: last.startTime, what: last.element?.tagName ?? '' };
  }).observe({ type: 'largest-contentful-paint', buffered: true });
  new PerformanceObserver((list) => {
    for (const { value } of list.getEntries()) globalThis.shifted += value;
  }).observe({ type: 'layout-shift', buffered: true });
}

/** One first view with a cold cache. The page is asked for nothing before it has ended: a question runs in it, and delays it. */
async function firstView(browser, path) {
  const context = await browser.newContext({ baseURL: URL_BASE, ...PHONE });
  const page = await context.newPage();
  const client = await context.newCDPSession(page);
  const seen = await watchNetwork(client);
  await client.send('Network.emulateNetworkConditions', NETWORK);
  await client.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWER });
  await page.addInitScript(watchPaints);
  await page.goto(path);
  for (const untilMs = Date.now() + VIEW_MS_MAX; Date.now() < untilMs && Date.now() - seen.lastMs < QUIET_MS; ) await page.waitForTimeout(100);
  await page.getByRole('heading', { level: 1 }).waitFor();
  const [paint, shifted] = await page.evaluate(() => [globalThis.largestPaint, globalThis.shifted]);
  await context.close();
  return { ...seen, paint, shifted };
}

/** Follows every answer until the view has ended. */
async function watchNetwork(client) {
  const seen = { answers: [], foreign: [], lastMs: Date.now() };
  const asked = new Map();
  client.on('Network.requestWillBeSent', ({ requestId, request, renderBlockingBehavior }) => {
    const url = new URL(request.url);
    seen.lastMs = Date.now();
    asked.set(requestId, url.pathname);
    if (/^https?:$/.test(url.protocol) && url.origin !== URL_BASE) seen.foreign.push(`${url} (${renderBlockingBehavior ?? 'no hint'})`);
  });
  client.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    seen.lastMs = Date.now();
    seen.answers.push({ path: asked.get(requestId) ?? '?', bytes: encodedDataLength });
  });
  await client.send('Network.enable');
  await client.send('Network.setCacheDisabled', { cacheDisabled: true });
  return seen;
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
/** Of a round, in milliseconds; a view that painted nothing was endlessly late. */
const lcpOf = (views) => median(views.map(({ paint }) => paint?.atMs ?? Infinity));
const bytesOf = (answers) => answers.reduce((sum, { bytes }) => sum + bytes, 0);
const isPicture = ({ path }) => path.startsWith('/media/');
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`.padStart(9);

function print(name, views) {
  console.log(`\n${name}\n  what came (last run)`);
  for (const { path, bytes } of views.at(-1).answers) console.log(`    ${kilobytes(bytes)}  ${path}`);
  console.log('\n  run      bytes  answers  largest paint');
  views.forEach(({ answers, paint }, index) => {
    console.log(`  ${String(index + 1).padStart(3)}  ${kilobytes(bytesOf(answers))}  ${String(answers.length).padStart(7)}  ${(paint?.atMs.toFixed(0) ?? 'none').padStart(6)} ms ${paint?.what ?? ''}`);
  });
}

/** The views of one round; of the first that is in time, or of the last. */
async function round(browser, name, slug, lcpMsMax) {
  for (let left = ROUNDS_MAX; ; left -= 1) {
    const views = [];
    for (let run = 0; run < RUNS; run += 1) views.push(await firstView(browser, `/e/${slug}`));
    print(name, views);
    if (left === 1 || lcpOf(views) <= lcpMsMax) return views;
  }
}

async function measure(browser, name, slug, own) {
  const lcpMsMax = Number(LCP_MS_MAX_BUSY ?? own);
  const views = await round(browser, name, slug, lcpMsMax);
  checks.that(`${name}: every run has painted and has got answers`, views.every(({ paint, answers }) => paint !== null && answers.length > 2));
  checks.same(`${name}: no request to another host, blocking or not`, views.flatMap(({ foreign }) => foreign), []);
  const most = Math.max(...views.map(({ answers }) => bytesOf(answers.filter((answer) => !isPicture(answer)))));
  checks.that(`${name}: the first view weighs at most ${BYTES_MAX / 1000} kB without the organiser's picture`, most <= BYTES_MAX, `${most} bytes`);
  const lcpMs = lcpOf(views);
  checks.that(`${name}: the largest paint comes within ${lcpMsMax} ms (median of ${RUNS}: ${lcpMs.toFixed(0)} ms, goal ${LCP_MS_GOAL} ms)`, lcpMs <= lcpMsMax);
  const shifted = Math.max(...views.map((view) => view.shifted));
  checks.that(`${name}: nothing moves (${shifted.toFixed(4)})`, shifted <= SHIFT_MAX);
}

/** The events that are looked at, by what is special about them. */
async function prepare() {
  const caller = await Caller.open();
  await caller.setUp();
  const create = async (event) => (await caller.createEvent({ held_on: '2026-06-20', ...event })).slug;
  const plain = await create({ name: 'Gala d’été 2026' });
  const covered = await create({ name: 'Gala d’hiver 2026' });
  const closed = await create({ name: 'Gala de printemps 2026' });
  for (const slug of [plain, covered]) await caller.upload(slug, files.photos.slice(0, 1));
  for (const slug of [plain, covered]) await caller.ready(slug, 1);
  await caller.putImage(covered, 'cover', files.photos[0]);
  await caller.changeEvent(closed, { access: { mode: 'code', code: 'SPRING' } });
  return { plain, covered, closed };
}

async function run() {
  const { plain, covered, closed } = await prepare();
  const browser = await launch();
  await measure(browser, 'an event', plain, LCP_MS_MAX.plain);
  await measure(browser, 'with a cover', covered, LCP_MS_MAX.covered);
  await measure(browser, 'with a code', closed, LCP_MS_MAX.closed);
  await browser.close();
}

try {
  await run();
  console.log(`${checks.passed} passed, 0 failed`);
} catch (error) {
  console.error(`\nFAILED ${error.stack}`);
  console.log(`${checks.passed} passed, 1 failed`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
// A browser that a failed step left open would keep the process alive.
process.exit();
