// Two people at once: an attendee has taken a selfie and leaves the page open; a photographer uploads one more photo of them.
// It must appear on the attendee's page by itself, soon after the upload has ended.
//
// Environment: FINDME_URL, FINDME_SETUP_TOKEN (of a fresh server), FINDME_SHARED, FINDME_SCREENSHOTS, FINDME_BROWSER,
// FINDME_PERSON as in main-job.mjs.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Caller } from './by-api.mjs';
import { writeFakeCamera } from './fake-camera.mjs';
import { checks, DESKTOP, files, launch, open, PHONE, scratch, shot } from './stage.mjs';

const APPEARS_MS_MAX = 5000;
/** So many photos of the person are there before; the next is uploaded while they look. */
const BEFORE = 4;
const PHOTOGRAPHER = { name: 'Noé Lambert', email: 'noe@example.org', password: 'grand jardin sous la pluie' };

async function prepare() {
  const admin = await Caller.open();
  await admin.setUp();
  const { slug } = await admin.createEvent({ name: 'Gala d’été 2026', held_on: '2026-06-20' });
  await admin.createStaff('photographer', PHOTOGRAPHER);
  await admin.assign(slug, PHOTOGRAPHER);
  await admin.upload(slug, files.photos.slice(0, BEFORE));
  await admin.ready(slug, BEFORE);
  const photographer = await Caller.open();
  await photographer.logIn(PHOTOGRAPHER);
  return { slug, photographer };
}

async function takeSelfie(page, slug) {
  await page.goto(`/e/${slug}`);
  await page.getByLabel(/I agree that my face is compared/).check();
  await page.getByRole('button', { name: 'Take a selfie' }).click();
  const shutter = page.getByRole('button', { name: 'Take the picture' });
  await shutter.and(page.locator(':enabled')).waitFor();
  await page.waitForTimeout(800);
  await shutter.click();
  await page.locator('[data-test=results]').waitFor({ timeout: 30_000 });
}

const shownOn = (page) => page.locator('[data-test=sure] [data-photo-id]').evaluateAll((tiles) => tiles.map((tile) => tile.dataset.photoId));

/** Seconds from the end of the upload of `photo` until the attendee's page shows one more. */
async function appears(attendee, photographer, photo) {
  const before = await shownOn(attendee);
  await photographer.locator('[data-test=photos]').setInputFiles(photo);
  await photographer.locator('[data-test=upload][data-phase=done]').waitFor({ timeout: 60_000 });
  const endedMs = Date.now();
  await attendee.waitForFunction(
    (known) => [...document.querySelectorAll('[data-test=sure] [data-photo-id]')].some((tile) => !known.includes(tile.dataset.photoId)),
    before,
    { timeout: 30_000, polling: 50 },
  );
  return (Date.now() - endedMs) / 1000;
}

async function walk() {
  const { slug, photographer: caller } = await prepare();
  const browser = await launch();
  const mjpeg = join(scratch, 'selfie.mjpeg');
  await writeFakeCamera(browser, files.selfies[0], mjpeg);
  const phone = await launch('--use-fake-ui-for-media-stream', `--use-file-for-fake-video-capture=${mjpeg}`);
  const attendee = await open(phone, PHONE);
  await takeSelfie(attendee, slug);
  await shot(attendee, 'live-before', { whole: false });
  let loads = 0;
  attendee.on('load', () => (loads += 1));
  const photographer = await open(browser, { ...DESKTOP, storageState: await caller.state() });
  await photographer.goto(`/events/${slug}`);
  await photographer.locator('[data-test=photos]').waitFor({ state: 'attached' });

  const seconds = await appears(attendee, photographer, files.photos[BEFORE]);
  await shot(attendee, 'live-attendee', { whole: false });
  await shot(photographer, 'live-photographer', { whole: false });
  checks.that(
    `a new photo of the attendee is on their page ${seconds.toFixed(1)} s after its upload has ended`,
    seconds <= APPEARS_MS_MAX / 1000,
    `at most ${APPEARS_MS_MAX / 1000} s`,
  );
  checks.same('nobody has loaded the page again', loads, 0);
  checks.quiet();
  await phone.close();
  await browser.close();
}

try {
  await walk();
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
