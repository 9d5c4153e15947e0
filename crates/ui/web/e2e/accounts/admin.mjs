// The admin's pages: team, outbox, audit log.
import { readFileSync } from 'node:fs';
import { checks, shot, shotBoth } from '../stage.mjs';
import { linkFromOutbox, ORGANISER, PHOTOGRAPHER, problem } from './steps.mjs';

const row = (page, name) => page.locator('[data-test=staff] li').filter({ hasText: name });

export async function inviteAndCreate(page) {
  console.log('team');
  await page.goto('/outbox');
  await page.getByRole('heading', { name: 'Nothing here' }).waitFor();
  await page.getByRole('link', { name: 'Team' }).click();
  await page.getByRole('heading', { name: 'Team', exact: true }).waitFor();

  await page.getByRole('button', { name: 'Create an account' }).click();
  const form = page.locator('form').filter({ hasText: 'Create an account yourself' });
  await form.getByLabel('Name', { exact: true }).fill(ORGANISER.name);
  await form.getByLabel('Role').selectOption('organiser');
  await form.getByLabel('E-mail').fill(ORGANISER.email);
  await form.getByLabel(/^User name/).fill(ORGANISER.username);
  await form.getByLabel('First password').fill('password12');
  await form.getByLabel('Password, once more').fill('password12');
  await form.getByRole('button', { name: 'Create the account' }).click();
  await form.locator('.wrong').first().waitFor();
  checks.that('a password that everybody guesses is refused at its field', true);
  await shotBoth(page, 'team-create');
  await form.getByLabel('First password').fill(ORGANISER.password);
  await form.getByLabel('Password, once more').fill(ORGANISER.password);
  await form.getByRole('button', { name: 'Create the account' }).click();
  await row(page, ORGANISER.name).waitFor();
  checks.that('an admin creates an organiser', await page.getByText(`The account of ${ORGANISER.name} is there.`).isVisible());

  await page.getByRole('button', { name: 'Invite', exact: true }).click();
  await page.getByLabel('E-mail', { exact: true }).fill(ORGANISER.email);
  await page.getByRole('button', { name: 'Send the invitation' }).click();
  await page.locator('form .wrong').waitFor();
  checks.that('an e-mail that is taken is told at its field', true);
  for (const email of [PHOTOGRAPHER.email, 'mistake@example.org']) {
    if (email !== PHOTOGRAPHER.email) await page.getByRole('button', { name: 'Invite', exact: true }).click();
    await page.getByLabel('E-mail', { exact: true }).fill(email);
    await page.locator('form').getByLabel('Role').selectOption('photographer');
    await page.getByRole('button', { name: 'Send the invitation' }).click();
    await page.locator('[data-test=invitations]').getByText(email).waitFor();
  }
  await shotBoth(page, 'team');
  await page.getByRole('button', { name: 'Withdraw the invitation of mistake@example.org' }).click();
  await page.locator('[data-test=invitations]').getByText('mistake@example.org').waitFor({ state: 'detached' });
  await page.reload();
  await page.locator('[data-test=invitations]').getByText(PHOTOGRAPHER.email).waitFor();
  checks.same('a withdrawn invitation is gone', await page.getByText('mistake@example.org').count(), 0);

  await page.getByLabel('Search by name or e-mail').fill('olivia');
  await row(page, 'Camille').waitFor({ state: 'detached' });
  checks.same('the search finds the organiser alone', await page.locator('[data-test=staff] li').count(), 1);
  await page.getByLabel('Search by name or e-mail').fill('');
  await row(page, 'Camille').waitFor();
  await page.locator('main').getByLabel('Role', { exact: true }).selectOption('organiser');
  await row(page, 'Camille').waitFor({ state: 'detached' });
  checks.that('the role filters the list', await row(page, ORGANISER.name).isVisible());
}

export async function people(page) {
  console.log('changes in the team');
  await page.goto('/team');
  await row(page, PHOTOGRAPHER.name).getByRole('button', { name: `Change ${PHOTOGRAPHER.name}` }).click();
  await row(page, PHOTOGRAPHER.name).getByLabel(`Role of ${PHOTOGRAPHER.name}`).selectOption('organiser');
  await page.getByText(`${PHOTOGRAPHER.name} is now organiser.`).waitFor();
  checks.that('an admin changes a role', true);
  await page.getByRole('button', { name: 'Mail a password link' }).click();
  await page.getByText('is in the outbox').waitFor();
  await shotBoth(page, 'team-person');
  await linkFromOutbox(page, PHOTOGRAPHER.email, '/reset');
  await shotBoth(page, 'outbox');
  await page.goto('/team');
  await row(page, PHOTOGRAPHER.name).getByRole('button', { name: `Change ${PHOTOGRAPHER.name}` }).click();
  await row(page, PHOTOGRAPHER.name).getByRole('button', { name: 'Delete…' }).click();
  const dialog = page.getByRole('dialog');
  checks.that('deleting names what goes', (await dialog.innerText()).includes('logged out everywhere'));
  await shot(page, 'team-delete', { whole: false });
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await row(page, PHOTOGRAPHER.name).getByRole('button', { name: 'Delete…' }).click();
  await dialog.getByRole('button', { name: 'Delete the account' }).click();
  await row(page, PHOTOGRAPHER.name).waitFor({ state: 'detached' });
  checks.that('an admin deletes a photographer', true);
  await page.goto('/outbox');
  await page.locator('main h1').waitFor();
  await page.waitForTimeout(500);
  const left = page.locator(`[data-test=message][data-recipient="${PHOTOGRAPHER.email}"]`);
  checks.same('messages go with whom they were for', await left.count(), 0);
}

export async function audit(page) {
  console.log('audit log');
  await page.goto('/audit');
  const rows = page.locator('[data-test=audit] li');
  await rows.first().waitFor();
  checks.that('the audit log has the admin’s name', (await rows.filter({ hasText: 'Camille Martin' }).count()) > 0);
  const all = await rows.count();
  const action = await rows.first().locator('strong').innerText();
  await page.getByLabel('Action').selectOption(action);
  await page.waitForFunction((count) => document.querySelectorAll('[data-test=audit] li').length < count, all);
  checks.same('the filter leaves one action', new Set(await rows.locator('strong').allInnerTexts()).size, 1);
  await page.getByLabel('Action').selectOption('');
  await shotBoth(page, 'audit');
  await page.context().clearCookies({ name: 'findme_access' });
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Export as CSV' }).click()]);
  checks.that('the export is a table, also when the session had to be renewed', /\w+,\w+.*\n/.test(readFileSync(await download.path(), 'utf8')));
}

export async function tooManyTries(page) {
  console.log('too many tries');
  await page.goto('/login');
  for (let tries = 0; tries < 40 && (await problem(page, 'too_many_attempts').count()) === 0; tries += 1) {
    await page.getByLabel('E-mail or user name').fill('nobody@example.org');
    await page.getByLabel('Password').fill('a wrong password');
    const answered = page.waitForResponse('**/api/login');
    await page.getByRole('button', { name: 'Log in' }).click();
    await answered;
    await page.locator('[role=alert]').waitFor();
  }
  checks.that('too many tries tell how long to wait', /Wait \d+/.test(await page.locator('[data-test=wait]').innerText()));
  await shotBoth(page, 'login-wait');
}
