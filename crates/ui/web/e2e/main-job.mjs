// Walks the main job in a real browser against a running server: set up, create an event, drop in photos, watch them being
// prepared, and find oneself with a selfie on a phone, in English by camera and in French by file.
//
// Environment: FINDME_URL, FINDME_SETUP_TOKEN (of a fresh server), FINDME_SHARED (folder with photos/ and hostile/),
// FINDME_SCREENSHOTS (folder; they show real people, so by default outside the repository), FINDME_BROWSER
// (/usr/bin/chromium), FINDME_PERSON (a label of labels.csv with two selfies), FINDME_TIMEOUT_S (how long all photos may
// take, 300).
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { saveEvent, saveSelection } from './archive.mjs';
import { byCamera, byFile, keep, lightbox, live, noMatch, refusedCamera } from './attendee.mjs';
import { writeFakeCamera, writeNoFace } from './fake-camera.mjs';
import { createEvent, logInAgain, namesById, prepared, publish, readyPhotos, retryFailed, setUp, share, upload, wall } from './staff.mjs';
import { checks, DESKTOP, files, launch, open, PHONE, scratch, shot } from './stage.mjs';

async function walk() {
  const browser = await launch();
  const mjpeg = join(scratch, 'selfie.mjpeg');
  const noFace = join(scratch, 'no-face.jpg');
  await writeFakeCamera(browser, files.selfies[0], mjpeg);
  await writeNoFace(browser, noFace);

  const staff = await open(browser, DESKTOP);
  await setUp(staff);
  await logInAgain(staff);
  const slug = await createEvent(staff);
  await upload(staff);
  await prepared(staff);
  await retryFailed(staff);
  await publish(staff);
  await share(staff, slug);
  await wall(staff, slug);
  const names = await namesById(staff, slug);
  await staff.goto('/events');
  await staff.getByText('Gala d’été 2026').waitFor();
  await shot(staff, 'events');
  await saveEvent(staff, slug, await readyPhotos(staff, slug));

  const phone = await launch('--use-fake-ui-for-media-stream', `--use-file-for-fake-video-capture=${mjpeg}`);
  const page = await open(phone, PHONE);
  await byCamera(page, slug, names);
  await lightbox(page);
  await keep(page, slug);
  await live(page, staff, slug);
  await saveSelection(page, slug);
  await noMatch(await open(phone, PHONE), slug);
  await byFile(await open(browser, { ...DESKTOP, locale: 'fr-FR' }), slug, names, noFace);
  await refusedCamera(browser, slug);
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
