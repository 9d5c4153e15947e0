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
  const network = await page.context().newCDPSession(page);
  await network.send('Network.emulateNetworkConditions', { ...UNHURRIED, uploadThroughput: 3_000_000 });
  await page.locator('[data-test=photos]').setInputFiles([...files.photos, files.damaged, files.text]);
  await page.locator('[data-test=upload][data-phase=sending]').waitFor();
  await page.waitForTimeout(1500);
  await shot(page, 'event-uploading', { whole: false });
  await network.send('Network.emulateNetworkConditions', UNHURRIED);
  await sent(page, files.photos.length + 2);
  await page.locator('[data-test=photos]').setInputFiles([files.duplicate]);
  await sent(page, files.photos.length + 3);
  const [accepted, duplicate, rejected] = [await tally(page, 'accepted'), await tally(page, 'duplicate'), await tally(page, 'rejected')];
  checks.same('every file has an outcome', accepted + duplicate + rejected, files.photos.length + 3);
  checks.same('the same photo under another name is a duplicate', duplicate, 1);
  checks.that('all photographs were taken', accepted >= files.photos.length, `${accepted} of ${files.photos.length}`);

  await page.locator('[data-test=folder]').setInputFiles(files.again);
  await page.locator('[data-outcome=duplicate][data-count="4"]').waitFor();
  await page.locator('[data-outcome=duplicate]').click();
  checks.that('a folder sent again is listed by path as already there', await page.getByText(`again/${basename(files.photos[0])}`).isVisible());
  await dropNotes(page);
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
  // The dropped text file may be refused at the door or, like the damaged ones, when it is read.
  const accepted = await tally(page, 'accepted');
  const panel = page.locator('[data-test=preparation]');
  await page.locator(`[data-test=preparation][data-received="${accepted}"][data-waiting="0"]`).waitFor({ timeout: TIMEOUT_MS });
  checks.same('live progress ends with nothing waiting', await panel.getAttribute('data-waiting'), '0');
  const told = `${await page.locator('[data-test=outcomes]').innerText()}\n${await failedText(page)}`;
  checks.that('a text file called .jpg is named with a reason', new RegExp(`${basename(files.text)}\\s+\\S.{8,}`).test(told), told);
  await page.locator('[data-test=grid] img').first().waitFor();
  await page.locator('[data-test=grid]').scrollIntoViewIfNeeded();
  await shot(page, 'event-ready');
  await shotPhoneAndDark(page, 'event-ready');
}

async function failedText(page) {
  const panel = page.locator('[data-test=failed]');
  return (await panel.count()) === 0 ? '' : panel.innerText();
}

export async function retryFailed(page) {
  if ((await page.locator('[data-test=failed]').count()) === 0) return;
  await page.locator('[data-test=failed]').getByRole('button', { name: /again/ }).last().click();
  await page.waitForTimeout(1500);
  await page.locator('[data-test=preparation][data-waiting="0"]').waitFor({ timeout: TIMEOUT_MS });
  checks.that('a failed photo can be tried again', true);
}

export async function share(page, slug) {
  const link = await page.locator('[data-test=link]').inputValue();
  checks.same('the attendee link is shown', link, `${URL_BASE}/e/${slug}`);
  checks.that('its QR code is drawn', await page.getByAltText(`QR code of ${link}`).evaluate((image) => image.naturalWidth > 0));
  await page.emulateMedia({ media: 'print' });
  checks.that('printing gives the poster alone', (await page.locator('.poster').isVisible()) && !(await page.locator('main').isVisible()));
  await shot(page, 'poster', { screen: false });
  await page.emulateMedia({ media: 'screen' });
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
