// Walks the accounts in a real browser against a running, fresh server: the first admin, an organiser, a photographer by
// invitation, attendees by every way in; two-step log-in, forgotten passwords, roles, renewal, and what is deleted.
//
// Environment: as for main-job.mjs. Messages are read from the outbox, so no service for e-mail may be connected.
import { rmSync } from 'node:fs';
import { attendeeBegins, attendeeDeletes, attendeeForgets } from './accounts/attendee.mjs';
import { audit, inviteAndCreate, people, tooManyTries } from './accounts/admin.mjs';
import { deleteEvent, organise, photographerHelps, photographerJoins } from './accounts/event.mjs';
import { logInTwoSteps, requireOfAll, setUpTwoSteps } from './accounts/two-steps.mjs';
import { renewal } from './accounts/renewal.mjs';
import { setUp } from './staff.mjs';
import { checks, DESKTOP, launch, open, PHONE, scratch } from './stage.mjs';

async function walk() {
  // These steps are refused on purpose, again and again.
  checks.expect(/\/api\//, /status of (401|403|409|422|429)/);
  checks.expect(/\/staff$/, 'status of 404');
  const browser = await launch();
  const admin = await open(browser, DESKTOP);
  await setUp(admin);
  await inviteAndCreate(admin);
  const photographer = await open(browser, DESKTOP);
  await photographerJoins(admin, photographer);
  const organiser = await open(browser, DESKTOP);
  const slug = await organise(organiser);
  await photographerHelps(photographer, slug);
  const attendee = await open(browser, { ...PHONE, locale: 'fr-FR' });
  await attendeeBegins(attendee, slug);
  await attendeeForgets(attendee, admin, slug);
  await renewal(photographer, slug);
  await setUpTwoSteps(admin);
  await logInTwoSteps(admin);
  await requireOfAll(admin, organiser);
  await attendeeDeletes(attendee, slug);
  await deleteEvent(organiser, slug);
  await people(admin);
  await audit(admin);
  await tooManyTries(await open(browser, DESKTOP));
  checks.quiet();
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
