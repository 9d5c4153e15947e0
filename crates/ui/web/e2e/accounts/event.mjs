// An event's people and settings: the organiser who manages it, the photographer who works on it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checks, files, scratch, shot, shotBoth, TIMEOUT_MS } from '../stage.mjs';
import { EVENT, linkFromOutbox, logIn, ORGANISER, PHOTOGRAPHER, problem, tokenHidden } from './steps.mjs';

const tab = (page, name) => page.getByRole('tab', { name }).click();
const attendees = (page) => page.locator('[data-test=attendees] li');

export async function photographerJoins(admin, page) {
  console.log('invitation');
  const link = await linkFromOutbox(admin, PHOTOGRAPHER.email, '/invitation');
  await page.goto(link);
  await page.getByRole('heading', { name: 'Welcome to FindMe' }).waitFor();
  await tokenHidden(page);
  await page.getByLabel('Name', { exact: true }).fill(PHOTOGRAPHER.name);
  await page.getByLabel('Password', { exact: true }).fill(PHOTOGRAPHER.password);
  await page.getByLabel('Password, once more').fill(`${PHOTOGRAPHER.password}!`);
  await page.getByRole('button', { name: 'Create my account' }).click();
  checks.that('two different passwords are told', await page.getByText('The two passwords differ').isVisible());
  await shotBoth(page, 'invitation');
  await page.getByLabel('Password, once more').fill(PHOTOGRAPHER.password);
  await page.getByRole('button', { name: 'Create my account' }).click();
  await page.getByRole('heading', { name: 'No event yet' }).waitFor();
  checks.same('a photographer may create no event', await page.getByRole('button', { name: /event/ }).count(), 0);
  checks.same('and sees no page of the admins', await page.getByRole('navigation').getByRole('link').allInnerTexts(), ['Events', 'My account']);
  await shotBoth(page, 'events-photographer');
  await page.goto('/team');
  await page.getByRole('heading', { name: 'Only admins see this page' }).waitFor();
  checks.that('the team page tells a photographer why it is closed', true);

  const other = await page.context().newPage();
  await other.goto(link);
  await other.getByLabel('Name', { exact: true }).fill('Somebody');
  await other.getByLabel('Password', { exact: true }).fill(PHOTOGRAPHER.password);
  await other.getByLabel('Password, once more').fill(PHOTOGRAPHER.password);
  await other.getByRole('button', { name: 'Create my account' }).click();
  await problem(other, 'link_invalid').waitFor();
  checks.that('an invitation works once', true);
  await other.close();
}

export async function organise(page) {
  console.log('organiser');
  await logIn(page, ORGANISER.username.toUpperCase(), ORGANISER.password);
  await page.getByLabel('Name of the event').fill(EVENT);
  await page.getByRole('button', { name: 'Create the event' }).click();
  await page.waitForURL('**/events/*');
  const slug = decodeURIComponent(new URL(page.url()).pathname.split('/')[2]);
  await tab(page, 'People');
  await page.getByText('No attendee has an account yet').waitFor();
  await shotBoth(page, 'people-empty');

  await page.getByLabel('E-mail of a photographer or organiser').fill('nobody@example.org');
  await page.getByRole('button', { name: 'Assign' }).click();
  await page.getByText('Nobody of the staff has this e-mail').waitFor();
  await page.getByLabel('E-mail of a photographer or organiser').fill(PHOTOGRAPHER.email);
  await page.getByRole('button', { name: 'Assign' }).click();
  await page.locator('[data-test=members]').getByText(PHOTOGRAPHER.name, { exact: true }).waitFor();
  checks.that('an organiser assigns a photographer by e-mail', true);
  checks.same('and cannot remove themselves', await page.getByRole('button', { name: `Remove ${ORGANISER.name}` }).count(), 0);
  await importTable(page);
  await page.getByRole('button', { name: 'Delete Bruno Faure' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete the account' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  checks.same('a deleted attendee is gone', await attendees(page).count(), 1);
  await shotBoth(page, 'people');
  await settings(page);
  return slug;
}

async function importTable(page) {
  await page.getByRole('button', { name: 'Import a CSV file' }).click();
  const [wrong, right] = [join(scratch, 'wrong.csv'), join(scratch, 'right.csv')];
  writeFileSync(wrong, 'name,email,username,password\nAnne Petit,anne@example.org,,\n,no-name@example.org,,\nBruno Faure,not an e-mail,,\n');
  await page.locator('[data-test=csv]').setInputFiles(wrong);
  const errors = page.locator('[data-test=import-errors]');
  await errors.waitFor();
  const text = await errors.innerText();
  checks.that('the dry run names each wrong line', text.includes('Line 3') && text.includes('Line 4') && !text.includes('Line 2'), text);
  checks.same('and offers to create nobody', await page.getByRole('button', { name: /^Create \d/ }).count(), 0);
  await shotBoth(page, 'import-wrong');
  // As French spreadsheets save it: semicolons and Windows-1252.
  writeFileSync(right, Buffer.from('name;email;username;password\r\nAnne Petit;anne@example.org;;\r\nBruno Faure;;bruno;un château sur la colline\r\n', 'latin1'));
  await page.locator('[data-test=csv]').setInputFiles(right);
  await page.getByRole('button', { name: 'Create 2 attendees' }).click();
  await page.getByText('2 attendees were created.').waitFor();
  await attendees(page).filter({ hasText: 'Bruno Faure' }).waitFor();
  checks.same('a table creates its attendees', await attendees(page).count(), 2);
}

async function settings(page) {
  await tab(page, 'Settings');
  await page.getByLabel('Date (if known)').fill('2026-09-12');
  const form = page.getByRole('form', { name: 'Settings' });
  await form.getByRole('button', { name: 'Save', exact: true }).click();
  await form.getByText('Saved.').waitFor();
  checks.that('the new date stands in the title', await page.locator('main').getByText('12 September 2026').isVisible());
  const face = page.getByRole('switch', { name: 'Search by face' });
  await face.click();
  await page.waitForTimeout(500);
  await page.reload();
  await tab(page, 'Settings');
  checks.that('the search by face is off, also after a reload', !(await face.isChecked()));
  await face.click();
  await access(page);
  await retention(page);
  await shotBoth(page, 'event-settings');
  await packs(page);
  await tab(page, 'Figures');
  await page.locator('[data-test=figures]').waitFor();
  await shotBoth(page, 'event-figures');
  await looks(page);
}

/** The event asks for a code, and is open again. */
async function access(page) {
  const form = page.locator('[data-test=access]');
  await form.getByText('Who knows the code').click();
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('Saved.').waitFor();
  const code = await form.getByLabel('Code', { exact: true }).inputValue();
  checks.that('a code is made where none is given', /^[A-Z2-9]{6}$/.test(code), code);
  await form.getByLabel('Code', { exact: true }).fill('a b');
  await form.getByRole('button', { name: 'Save' }).click();
  await form.locator('[aria-invalid=true]').waitFor();
  checks.that('a code that cannot be one is told at its field', true);
  await form.getByText('Everybody with the link').click();
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('Saved.').waitFor();
}

async function retention(page) {
  const form = page.locator('[data-test=retention]');
  await form.getByRole('button', { name: 'In 30 days' }).click();
  checks.that('the day on which the event goes is told with a warning', await form.getByText('go for good').isVisible());
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('The day is set.').waitFor();
  await form.getByRole('button', { name: 'Never' }).click();
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('The event stays.').waitFor();
  checks.that('and taken back', true);
}

async function packs(page) {
  await tab(page, 'Access packs');
  await page.getByText('No packs yet').waitFor();
  await page.locator('[data-seats="10"]').click();
  const pack = page.locator('[data-test=pack]');
  await pack.waitFor();
  const code = await pack.getAttribute('data-code');
  const link = await pack.locator('[data-test=link]').inputValue();
  checks.that('a pack has a link with its code', link.endsWith(`?code=${encodeURIComponent(code)}`), link);
  checks.that('and says how many seats are taken', await pack.getByText('0 of 10 seats taken').isVisible());
  await pack.getByRole('button', { name: 'QR code' }).click();
  await shotBoth(page, 'event-packs');
  await pack.getByRole('button', { name: `Delete the pack ${code}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete the pack' }).click();
  await page.getByText('No packs yet').waitFor();
  checks.that('a pack can be deleted', true);
}

/** A logo, and a watermark that shows itself before it is saved. */
async function looks(page) {
  await tab(page, 'Looks');
  await page.locator('[data-test=logo-file]').setInputFiles(files.photos[0]);
  await page.locator('[data-test=logo]').getByText('The picture is there.').waitFor();
  const form = page.locator('[data-test=watermark]');
  await form.getByRole('switch', { name: 'Draw a watermark' }).click();
  await form.getByLabel('Text').fill('© Studio Lumière');
  await page.locator('[data-test=watermark-preview]').waitFor();
  checks.that('the watermark is shown before it is saved', await page.locator('[data-test=watermark-preview]').evaluate((image) => image.naturalWidth > 0));
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('Attendees get photos like this').waitFor();
  await page.locator('[data-test=welcome]').getByLabel('A few words of welcome').fill('Thank you for celebrating with us!');
  await page.locator('[data-test=welcome]').getByRole('button', { name: 'Save' }).click();
  await page.locator('[data-test=welcome]').getByText('Saved.').waitFor();
  await shotBoth(page, 'event-looks');
  await page.locator('[data-test=logo]').getByRole('button', { name: 'Remove' }).click();
  await page.locator('[data-test=logo]').getByText('No logo yet').waitFor();
  checks.that('logo, watermark and welcome are kept', true);
}

export async function photographerHelps(page, slug) {
  console.log('photographer');
  await page.goto('/events');
  await page.getByRole('link', { name: new RegExp(EVENT) }).click();
  await page.getByRole('tab', { name: 'Attendees' }).waitFor();
  checks.same('a photographer sees no settings', await page.getByRole('tab').allInnerTexts(), ['Photos', 'Share', 'Looks', 'Attendees', 'Figures']);
  await page.getByRole('tab', { name: 'Looks' }).click();
  await page.keyboard.press('ArrowRight');
  await attendees(page).first().waitFor();
  checks.same('the tabs go by arrow key', await page.getByRole('tab', { name: 'Attendees' }).getAttribute('aria-selected'), 'true');
  checks.same('and deletes nobody', await page.getByRole('button', { name: /^Delete/ }).count(), 0);
  await page.getByRole('button', { name: 'Add an attendee' }).click();
  const form = page.locator('form').filter({ hasText: 'Without a password' });
  await form.getByLabel('Name', { exact: true }).fill('Léa Simon');
  await form.getByRole('button', { name: 'Add', exact: true }).click();
  checks.that('an attendee without a way to log in is refused', await form.getByText('Give an e-mail or a user name').isVisible());
  await shotBoth(page, 'people-photographer-add');
  await form.getByLabel(/^E-mail/).fill('lea@example.org');
  await form.getByRole('button', { name: 'Add', exact: true }).click();
  await attendees(page).filter({ hasText: 'Léa Simon' }).waitFor();
  checks.that('a photographer adds an attendee', await attendees(page).filter({ hasText: 'no password yet' }).first().isVisible());
  await page.getByLabel('Search attendees').fill('léa');
  await page.waitForFunction(() => document.querySelectorAll('[data-test=attendees] li').length === 1);
  checks.that('the search finds one of them', true);
  checks.that('the page is the event’s', page.url().includes(slug));
}

/** A page with photos still to be sent is left only when the person agrees. */
async function stays(page) {
  const before = new URL(page.url()).pathname;
  let go;
  const held = new Promise((resolve) => (go = resolve));
  await page.route('**/uploads', async (route) => {
    if (route.request().method() === 'POST') await held;
    await route.continue();
  });
  await page.locator('[data-test=photos]').setInputFiles([files.photos[1]]);
  await page.locator('[data-test=upload][data-phase=sending]').waitFor();
  await page.waitForTimeout(500);
  const asked = new Promise((resolve) => page.once('dialog', (dialog) => resolve(dialog.message()) || dialog.dismiss()));
  await page.getByRole('link', { name: 'My account' }).click();
  checks.that('a page that is sending photos asks before it is left', (await asked).includes('Leave this page'));
  const again = new Promise((resolve) => page.once('dialog', (dialog) => resolve(dialog.message()) || dialog.dismiss()));
  await page.evaluate(() => history.back());
  await again;
  await page.waitForURL(`**${before}`);
  checks.that('also by the back button', await page.locator('[data-test=upload]').isVisible());
  go();
}

/** The pictures of all photos are there: one that is still on its way when the event goes would be refused. */
async function allLoaded(page, slug) {
  const { counts } = await (await page.request.get(`/api/events/${slug}`)).json();
  const loaded = (photos) => [...document.querySelectorAll('[data-test=grid] [data-photo-id] img')].filter(({ complete }) => complete).length === photos;
  await page.waitForFunction(loaded, counts.received, { timeout: TIMEOUT_MS });
}

export async function deleteEvent(page, slug) {
  console.log('the event goes');
  await page.goto('/events');
  await page.locator(`a[href="/events/${slug}"]`).click();
  await page.getByRole('heading', { name: EVENT }).waitFor();
  await stays(page);
  await page.locator('[data-test=upload][data-phase=done]').waitFor({ timeout: TIMEOUT_MS });
  await allLoaded(page, slug);
  await tab(page, 'Settings');
  await page.getByRole('button', { name: 'Delete the event…' }).click();
  const dialog = page.getByRole('dialog');
  const button = dialog.getByRole('button', { name: 'Delete for good' });
  checks.that('the event is deleted only by its name', await button.isDisabled());
  await dialog.getByLabel('Type the name').fill(EVENT);
  await shot(page, 'event-delete', { whole: false });
  await button.click();
  await page.waitForURL('**/events');
  await page.getByRole('heading', { name: 'Create your first event' }).waitFor();
  checks.that('the event is gone', true);
}
