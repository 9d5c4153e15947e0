// The steps of an admin: set-up, log-in, an event, its photos, its link.
import { basename } from 'node:path';
import { checks, files, shot, shotPhoneAndDark, TIMEOUT_MS, TOKEN, URL_BASE } from './stage.mjs';

/** Chromium's network without any limit. */
const UNHURRIED = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
export const ADMIN = { name: 'Camille Martin', email: 'camille@example.org', password: 'four words in a row' };

export async function setUp(page) {
  console.log('set-up and log-in');
  await page.goto(`/setup?token=${encodeURIComponent(TOKEN)}`);
  await page.getByLabel('Name').fill(ADMIN.name);
  await page.getByLabel('E-mail').fill(ADMIN.email);
  await page.getByLabel('Password', { exact: true }).fill('short');
  await page.getByLabel('Password, once more').fill('other');
  await page.getByRole('button', { name: 'Create the admin' }).click();
  checks.that('a short password is refused with the rule', await page.getByText('needs at least').isVisible());
  await shot(page, 'setup');
  await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
  await page.getByLabel('Password, once more').fill(ADMIN.password);
  await page.getByRole('button', { name: 'Create the admin' }).click();
  await page.waitForURL('**/events');
  await page.getByRole('heading', { name: 'Create your first event' }).waitFor();
  checks.that('the set-up link creates the admin and goes to the events', true);
  await shot(page, 'events-empty');
  await page.goto(`/setup?token=${encodeURIComponent(TOKEN)}`);
  await page.getByRole('heading', { name: 'already set up' }).waitFor();
  checks.that('the set-up link works once', true);
}

export async function logInAgain(page) {
  await page.goto('/events');
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.waitForURL('**/login');
  await page.getByLabel('E-mail or user name').fill(ADMIN.email);
  await page.getByLabel('Password').fill('a wrong password');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').waitFor();
  checks.that('a wrong password is told', (await page.getByRole('alert').innerText()).length > 10);
  await shot(page, 'login');
  await page.getByLabel('Password').fill(ADMIN.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForURL('**/events');
  checks.that('log-out and log-in work', true);
}

export async function createEvent(page) {
  console.log('event');
  await page.getByLabel('Name of the event').fill('Gala d’été 2026');
  await page.getByLabel('Date').fill('2026-06-20');
  await page.getByRole('button', { name: 'Create the event' }).click();
  await page.waitForURL('**/events/*');
  await page.getByRole('heading', { name: 'Gala d’été 2026' }).waitFor();
  checks.that('the event is created and its date is shown', await page.getByText('20 June 2026').first().isVisible());
  await shot(page, 'event-empty');
  return decodeURIComponent(new URL(page.url()).pathname.split('/')[2]);
}

const tally = async (page, outcome) => Number(await page.locator(`[data-outcome=${outcome}]`).getAttribute('data-count'));
const sent = (page, total) =>
  page.locator(`[data-test=upload][data-phase=done][data-total="${total}"]`).waitFor({ timeout: TIMEOUT_MS });

export async function upload(page) {
  console.log(`upload of ${files.photos.length} photos and three that must not go in smoothly`);
  // What is no photo is refused with a reason, which the browser writes to its console as well.
  checks.expect(/\/uploads\/[^/]+$/, 'status of 422');
  const network = await page.context().newCDPSession(page);
  await network.send('Network.emulateNetworkConditions', { ...UNHURRIED, uploadThroughput: 600_000 });
  await page.locator('[data-test=photos]').setInputFiles([...files.photos, files.damaged, files.text]);
  await page.locator('[data-test=upload][data-phase=sending]').waitFor();
  await page.waitForTimeout(1500);
  await shot(page, 'event-uploading', { whole: false });
  checks.that('the speed and the time that is left are told', /per second.*left/.test(await page.locator('[data-test=pace]').innerText()));
  await goesOnAfterReload(page);
  await network.send('Network.emulateNetworkConditions', UNHURRIED);
  await sent(page, files.photos.length + 2);
  const before = await tally(page, 'duplicate');
  await page.locator('[data-test=photos]').setInputFiles([files.duplicate]);
  await sent(page, files.photos.length + 3);
  const [accepted, duplicate, rejected] = [await tally(page, 'accepted'), await tally(page, 'duplicate'), await tally(page, 'rejected')];
  checks.same('every file has an outcome', accepted + duplicate + rejected, files.photos.length + 3);
  checks.same('the same photo under another name is a duplicate', duplicate, before + 1);
  checks.same('a text file called .jpg is no photo', rejected, 1);
  checks.that('all photographs were taken', accepted + before >= files.photos.length, `${accepted} and ${before} of ${files.photos.length}`);

  await page.locator('[data-test=folder]').setInputFiles(files.again);
  await page.locator(`[data-outcome=duplicate][data-count="${duplicate + 3}"]`).waitFor();
  await page.locator('[data-outcome=duplicate]').click();
  // Of a long list only what is in sight is there.
  await page.locator('[data-test=outcomes]').evaluate((list) => list.scrollTo(0, list.scrollHeight));
  await page.getByText(`again/${basename(files.photos[0])}`).waitFor();
  checks.that('a folder sent again is listed by path as already there', await page.getByText(`again/${basename(files.photos[0])}`).isVisible());
  await dropNotes(page);
}

/** A page that was left in the middle says which files it needs again, and begins none of them anew. */
async function goesOnAfterReload(page) {
  // Slow as the line is, a file that has just begun is still on its way when the page goes.
  await page.waitForRequest((request) => request.method() === 'PATCH' && request.url().includes('/uploads/'));
  page.once('dialog', (dialog) => dialog.accept());
  await page.reload();
  const note = page.locator('[data-test=unfinished]');
  await note.waitFor();
  const left = Number(await note.getAttribute('data-count'));
  checks.that('after a reload the page says what was not sent', left > 0 && left < files.photos.length + 2, `${left}`);
  await shot(page, 'event-unfinished', { whole: false });
  const asked = page.waitForRequest((request) => request.method() === 'HEAD' && request.url().includes('/uploads/'));
  const batches = [];
  page.on('request', (request) => request.method() === 'POST' && request.url().endsWith('/batches') && batches.push(request.url()));
  await page.locator('[data-test=photos]').setInputFiles([...files.photos, files.damaged, files.text]);
  await asked;
  checks.that('a file that was on its way goes on where it stopped', true);
  await page.locator('[data-test=upload][data-phase=sending]').waitFor();
  checks.same('in the batch that it belongs to', batches, []);
}

/** A file let go anywhere on the page. */
async function dropNotes(page) {
  await page.evaluate(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['not a photo'], 'notes.txt', { type: 'text/plain' }));
    transfer.items.add(new File([], '.DS_Store'));
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  });
  await page.locator('[data-outcome=rejected]').click();
  await page.getByText('notes.txt').waitFor();
  checks.that('dropped files that are no photos are named with the reason', await page.getByText('hidden file of the system').isVisible());
}

export async function prepared(page) {
  console.log('live progress');
  const accepted = (await (await page.request.get(`/api/events/${slugOf(page)}`)).json()).counts.received;
  const panel = page.locator('[data-test=preparation]');
  await page.locator(`[data-test=preparation][data-received="${accepted}"][data-waiting="0"]`).waitFor({ timeout: TIMEOUT_MS });
  checks.same('live progress ends with nothing waiting', await panel.getAttribute('data-waiting'), '0');
  const told = await page.locator('[data-test=outcomes]').innerText();
  checks.that('a text file called .jpg is named with a reason', new RegExp(`${basename(files.text)}\\s+\\S.{8,}`).test(told), told);
  await page.locator('[data-test=grid] img').first().waitFor();
  await page.locator('[data-test=grid]').scrollIntoViewIfNeeded();
  await shot(page, 'event-ready');
  await shotPhoneAndDark(page, 'event-ready');
}

const slugOf = (page) => decodeURIComponent(new URL(page.url()).pathname.split('/')[2]);

export async function retryFailed(page) {
  await page.locator('[data-test=preparation]').getByRole('button', { name: 'Which ones?' }).click();
  const list = page.locator('[data-test=failed]');
  await list.waitFor();
  checks.that('a photo that cannot be read is named with a reason', new RegExp(`${basename(files.damaged)}\\s+\\S.{8,}`).test(await list.innerText()));
  await list.getByRole('button', { name: 'Try all again' }).click();
  await page.getByText(/photos? (is|are) read again/).waitFor();
  await page.waitForTimeout(1500);
  await page.locator('[data-test=preparation][data-waiting="0"]').waitFor({ timeout: TIMEOUT_MS });
  checks.that('failed photos can be tried again', true);
  await page.locator('[data-filter=all]').click();
}

/** Photos taken back are out of sight for attendees, and come back when they are published again. */
export async function publish(page) {
  console.log('photos in bulk');
  const boxes = page.locator('[data-photo-id][data-state=ready] input');
  await boxes.nth(4).waitFor();
  const chosen = (count) => page.locator(`[data-test=selection][data-count="${count}"]`).waitFor();
  await boxes.nth(1).click();
  await chosen(1);
  await boxes.nth(4).click({ modifiers: ['Shift'] });
  await chosen(4);
  checks.that('a range is chosen with the shift key', true);
  await shot(page, 'event-chosen', { whole: false });
  await page.getByRole('button', { name: 'Hide', exact: true }).click();
  const dialog = page.getByRole('dialog');
  checks.that('the confirmation says how many', await dialog.getByText('Hide 4 photos?').isVisible());
  await dialog.getByRole('button', { name: 'Hide' }).click();
  await page.getByText('4 photos are hidden.').waitFor();
  await page.locator('[data-filter=unpublished]').click();
  await page.locator('[data-test=total][data-total="4"]').waitFor();
  await boxes.first().check({ force: true });
  await page.getByRole('button', { name: 'Choose all 4' }).click();
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await dialog.getByRole('button', { name: 'Publish' }).click();
  await page.getByText('4 photos are published.').waitFor();
  await page.locator('[data-test=total][data-total="0"]').waitFor();
  checks.that('all that a filter shows are published at once', true);
  await page.locator('[data-filter=all]').click();
}

export async function share(page, slug) {
  await page.getByRole('tab', { name: 'Share' }).click();
  await page.waitForURL('**/share');
  checks.that('the upload’s list is still there behind another part', (await page.locator('[data-test=upload]').count()) === 1);
  const link = await page.locator('[data-test=link]').inputValue();
  checks.same('the attendee link is shown', link, `${URL_BASE}/e/${slug}`);
  checks.that('its QR code is drawn', await page.getByAltText(`QR code of ${link}`).evaluate((image) => image.naturalWidth > 0));
  await page.emulateMedia({ media: 'print' });
  checks.that('printing gives the poster alone', (await page.locator('.poster').isVisible()) && !(await page.locator('main').isVisible()));
  await shot(page, 'poster', { screen: false });
  await page.emulateMedia({ media: 'screen' });
  for (const [name, ending] of [['Save as PNG', 'png'], ['Save as SVG', 'svg']]) {
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).last().click()]);
    checks.same(`the poster is saved as ${ending}`, saved.suggestedFilename(), `${slug}-poster.${ending}`);
  }
  await shotPhoneAndDark(page, 'event-share');
}

/** The venue's screen: photos change, a press on the space bar holds them, Escape leaves. */
export async function wall(page, slug) {
  console.log('live wall');
  await page.goto(`/events/${slug}/wall`);
  await page.locator('[data-test=wall] .slide img').first().waitFor();
  await shot(page, 'wall', { whole: false });
  await page.keyboard.press('Space');
  await page.getByText('Paused').waitFor();
  await page.keyboard.press('Escape');
  await page.waitForURL(`**/events/${slug}/share`);
  checks.that('the wall shows photos, pauses and is left by key', true);
}

export const readyPhotos = async (page, slug) => (await (await page.request.get(`/api/events/${slug}`)).json()).counts.ready;

/** File names of all photos by id, from the staff's list. */
export async function namesById(page, slug) {
  const names = new Map();
  let after = '';
  do {
    const answer = await page.request.get(`/api/events/${slug}/photos?state=all&limit=100${after === '' ? '' : `&after=${after}`}`);
    const { photos, next } = await answer.json();
    for (const photo of photos) names.set(photo.photo_id, photo.file_name);
    after = next === null ? '' : encodeURIComponent(next);
  } while (after !== '');
  return names;
}
