// Walks every journey of the four audiences, on a phone and on a desktop, in French and in English, against a running
// server; keeps a picture of every page and state, and fails on what shuts somebody out.
//
// Environment: as in main-job.mjs; the pictures go to FINDME_SCREENSHOTS/{viewport}-{language}/NN-name.png. FINDME_JOURNEYS
// names the audiences to walk (admin,attendee), by default all.
import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Caller } from './by-api.mjs';
import { writeFakeCamera } from './fake-camera.mjs';
import { admin, setUp } from './journeys/admin.mjs';
import { attendee } from './journeys/attendee.mjs';
import { Journey, LANGUAGES, VIEWPORTS } from './journeys/journey.mjs';
import { organiser } from './journeys/organiser.mjs';
import { photographer } from './journeys/photographer.mjs';
import { checks, files, launch, scratch } from './stage.mjs';

const AUDIENCES = { attendee, photographer, organiser, admin };
const CHOSEN = (process.env.FINDME_JOURNEYS ?? Object.keys(AUDIENCES).join()).split(',');
const VARIANTS = Object.keys(VIEWPORTS).flatMap((viewport) => Object.keys(LANGUAGES).map((language) => ({ viewport, language })));
/** Photos of the person, and of others. */
const [THEIRS, OTHERS] = [8, 4];
/** Photos of the person at the event that not everybody may enter. */
const INVITED = 2;
const CLOSED_CODE = 'SUMMER26';
const person = (name, email) => ({ name, email, password: 'grand jardin sous la pluie' });

/** What all journeys share: people, an event with photos, one behind a code, one for who is invited. */
async function prepare() {
  console.log('preparing');
  const caller = await Caller.open();
  await caller.setUp();
  const { slug } = await caller.createEvent({ name: 'Gala d’été 2026', held_on: '2026-06-20' });
  await caller.changeEvent(slug, { browse_enabled: true });
  const closed = await caller.createEvent({ name: 'Mariage de Zoé & Paul' });
  await caller.changeEvent(closed.slug, { access: { mode: 'code', code: CLOSED_CODE } });
  const others = files.photos.slice(files.theirs.length);
  const paths = [...files.photos.slice(0, THEIRS), ...others.slice(0, OTHERS)];
  await caller.upload(slug, paths);
  const organised = await member(caller, slug, 'organiser', person('Olivia Renard', 'olivia@example.org'));
  const photographed = await member(caller, slug, 'photographer', person('Noé Lambert', 'noe@example.org'));
  const invited = await caller.createEvent({ name: 'Sommet de l’Atlas' });
  await caller.changeEvent(invited.slug, { browse_enabled: true });
  await caller.assign(invited.slug, organised);
  await caller.upload(invited.slug, [...files.photos.slice(0, INVITED), files.damaged]);
  const locked = {};
  const extra = {};
  for (const [index, { viewport, language }] of VARIANTS.entries()) {
    const key = `${viewport}-${language}`;
    locked[key] = person(`Locked Out ${index + 1}`, `locked${index + 1}@example.org`);
    await (await member(caller, slug, 'photographer', locked[key])).caller.enrolMfa();
    extra[key] = others[OTHERS + index];
  }
  await caller.ready(slug, paths.length);
  await caller.ready(invited.slug, INVITED);
  return {
    admin: caller,
    slug,
    closed: { slug: closed.slug, code: CLOSED_CODE },
    invited: { slug: invited.slug, photos: INVITED, damaged: basename(files.damaged) },
    organiser: organised.caller,
    photographer: photographed,
    locked,
    extra,
    photos: paths.length,
    theirs: Math.min(THEIRS, files.theirs.length),
  };
}

/** A new member of the staff at the event, logged in. */
async function member(admin, slug, role, about) {
  await admin.createStaff(role, about);
  await admin.assign(slug, about);
  const caller = await Caller.open();
  await caller.logIn(about);
  return { ...about, caller };
}

async function walk() {
  const browser = await launch();
  const mjpeg = join(scratch, 'selfie.mjpeg');
  await writeFakeCamera(browser, files.selfies[0], mjpeg);
  const camera = await launch('--use-fake-ui-for-media-stream', `--use-file-for-fake-video-capture=${mjpeg}`);
  // Provoked on purpose: a wrong code, an event and a page that are not there, an account that nobody is logged in to.
  checks.expect(/\/enter$/, 'status of 403');
  checks.expect(/\/api\/attendee\//, /status of (401|403|404|409)/);
  checks.expect(/\/api\/me/, 'status of 401');
  const stage = {};
  const journeys = VARIANTS.map((variant) => new Journey({ browser, camera, stage, ...variant }));
  // There is a set-up page until the first admin is there.
  for (const journey of journeys) await setUp(journey);
  Object.assign(stage, await prepare());
  const walkBegan = Date.now();
  for (const journey of journeys) {
    for (const audience of CHOSEN) {
      const began = Date.now();
      console.log(`${journey.viewport}, ${journey.language}: ${audience}`);
      await AUDIENCES[audience](journey);
      await journey.end();
      console.log(`      ${((Date.now() - began) / 1000).toFixed(1)} s`);
    }
  }
  console.log(`walked for ${Math.round((Date.now() - walkBegan) / 1000)} s`);
  checks.quiet();
  await camera.close();
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
