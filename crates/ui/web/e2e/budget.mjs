// Measures an attendee's first view as a phone of the middle class on a shaky network has it: what comes over the wire, from
// where, and when the largest thing on the screen is painted. Fails on a breach of the budget.
//
// Environment: FINDME_URL, FINDME_SETUP_TOKEN (of a fresh server), FINDME_SHARED, FINDME_BROWSER as in main-job.mjs.
import { rmSync } from 'node:fs';
import { Caller } from './by-api.mjs';
import { checks, files, launch, PHONE, scratch, URL_BASE } from './stage.mjs';

const RUNS = 5;
/** What else runs on the machine can only make a view later: a round that was disturbed is measured again. */
const ROUNDS_MAX = 3;
const BYTES_MAX = 60_000;
/** The goal; where other work may run beside, FINDME_LCP_MS_MAX says what is too much. */
const LCP_MS_MAX = Number(process.env.FINDME_LCP_MS_MAX ?? 1500);
const CPU_SLOWER = 4;
/** 1.6 Mbit/s down, 750 kbit/s up, 150 ms there and back. */
const NETWORK = { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 };
/** The first view has ended when nothing has been asked for so long; a stream that stays open is no request in flight. */
const QUIET_MS = 1500;
const VIEW_MS_MAX = 20_000;

/** Tells what was painted, also before anybody asks. */
function watchPaints() {
  globalThis.largestPaint = null;
  new PerformanceObserver((list) => {
    const last = list.getEntries().at(-1);
    globalThis.largestPaint = { atMs: last.startTime, what: last.element?.tagName ?? '' };
  }).observe({ type: 'largest-contentful-paint', buffered: true });
}

/** One first view with a cold cache. */
async function firstView(browser, path) {
  const context = await browser.newContext({ baseURL: URL_BASE, ...PHONE });
  const page = await context.newPage();
  const client = await context.newCDPSession(page);
  const seen = await watchNetwork(client);
  await client.send('Network.emulateNetworkConditions', NETWORK);
  await client.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWER });
  await page.addInitScript(watchPaints);
  await page.goto(path);
  await page.getByRole('heading', { level: 1 }).waitFor();
  for (const untilMs = Date.now() + VIEW_MS_MAX; Date.now() < untilMs && Date.now() - seen.lastMs < QUIET_MS; ) await page.waitForTimeout(100);
  const paint = await page.evaluate(() => globalThis.largestPaint);
  await context.close();
  return { ...seen, bytes: seen.answers.reduce((sum, answer) => sum + answer.bytes, 0), paint };
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
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`.padStart(9);

function print(views) {
  console.log('\n  what came (last run)');
  for (const { path, bytes } of views.at(-1).answers) console.log(`    ${kilobytes(bytes)}  ${path}`);
  console.log('\n  run      bytes  answers  largest paint');
  views.forEach(({ bytes, answers, paint }, index) => {
    console.log(`  ${String(index + 1).padStart(3)}  ${kilobytes(bytes)}  ${String(answers.length).padStart(7)}  ${paint.atMs.toFixed(0).padStart(6)} ms ${paint.what}`);
  });
}

async function measure() {
  const caller = await Caller.open();
  await caller.setUp();
  const { slug } = await caller.createEvent({ name: 'Gala d’été 2026', held_on: '2026-06-20' });
  await caller.upload(slug, files.photos.slice(0, 1));
  await caller.ready(slug, 1);
  const browser = await launch();
  let views = [];
  for (let round = 0; round < ROUNDS_MAX && (round === 0 || lcpOf(views) > LCP_MS_MAX); round += 1) {
    if (round > 0) print(views);
    views = [];
    for (let run = 0; run < RUNS; run += 1) views.push(await firstView(browser, `/e/${slug}`));
  }
  await browser.close();
  print(views);
  checks.that('every run has painted and has got answers', views.every(({ paint, answers }) => paint !== null && answers.length > 2));
  checks.same('no request to another host, blocking or not', views.flatMap(({ foreign }) => foreign), []);
  const most = Math.max(...views.map(({ bytes }) => bytes));
  checks.that(`the first view weighs at most ${BYTES_MAX / 1000} kB`, most <= BYTES_MAX, `${most} bytes`);
  const lcpMs = lcpOf(views);
  checks.that(`the largest paint comes within ${LCP_MS_MAX} ms (median of ${RUNS}: ${lcpMs.toFixed(0)} ms)`, lcpMs <= LCP_MS_MAX);
}

try {
  await measure();
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
