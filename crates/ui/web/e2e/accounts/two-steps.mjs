// Two-step log-in: setting it up, logging in with it, and requiring it of all.
import { ADMIN } from '../staff.mjs';
import { checks, shot, shotBoth } from '../stage.mjs';
import { STEP_MS, totp } from '../totp.mjs';
import { logIn } from './steps.mjs';

const mfa = (page) => page.locator('[data-test=mfa]');
let secret = '';
let backupCodes = [];
let usedStep = 0;

/** A code that was not used before: servers take each only once. */
async function freshCode(page) {
  while (Math.floor(Date.now() / STEP_MS) === usedStep) await page.waitForTimeout(500);
  usedStep = Math.floor(Date.now() / STEP_MS);
  return totp(secret);
}

export async function setUpTwoSteps(page) {
  console.log('two-step log-in');
  await page.goto('/account');
  await page.getByRole('heading', { name: 'My account' }).waitFor();
  await shotBoth(page, 'account');
  await page.getByRole('button', { name: 'Set up two-step log-in' }).click();
  secret = (await page.locator('[data-test=secret]').innerText()).replaceAll(' ', '');
  checks.that('the key stands beside its QR code', /^[A-Z2-7]{16,}$/.test(secret), secret);
  checks.that('the QR code is drawn', await page.getByAltText('QR code for your').evaluate((image) => image.naturalWidth > 0));
  const field = page.getByLabel('Six-digit code');
  checks.same('phones offer the code and digits', [await field.getAttribute('autocomplete'), await field.getAttribute('inputmode')], ['one-time-code', 'numeric']);
  await field.fill('000000');
  await page.getByRole('button', { name: 'Switch on' }).click();
  await mfa(page).locator('.wrong').waitFor();
  checks.that('a wrong code is told', true);
  await shotBoth(page, 'mfa-enrol');
  await field.fill(await freshCode(page));
  await page.getByRole('button', { name: 'Switch on' }).click();
  const codes = page.locator('[data-test=backup-codes] li');
  await codes.first().waitFor();
  backupCodes = await codes.allInnerTexts();
  checks.same('ten backup codes are shown', new Set(backupCodes).size, 10);
  await shotBoth(page, 'mfa-backup');
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await page.getByText('You log in with your password and a code').waitFor();
  checks.same('and only once', await codes.count(), 0);
}

export async function logInTwoSteps(page) {
  await page.getByRole('button', { name: 'Log out', exact: true }).first().click();
  await page.waitForURL('**/login');
  await logIn(page, ADMIN.email, ADMIN.password);
  await page.getByRole('heading', { name: 'Your second step' }).waitFor();
  await shotBoth(page, 'login-code');
  await page.getByLabel('Six-digit code').fill('123456');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.locator('form .wrong').waitFor();
  await page.getByLabel('Six-digit code').fill(await freshCode(page));
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForURL('**/events');
  checks.that('password and code log in', true);

  await page.getByRole('button', { name: 'Log out', exact: true }).click();
  await page.waitForURL('**/login');
  await logIn(page, ADMIN.email, ADMIN.password);
  await page.getByRole('button', { name: 'Use a backup code' }).click();
  await shot(page, 'login-backup');
  await page.getByLabel('Backup code').fill(backupCodes[0]);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForURL('**/events');
  checks.that('password and backup code log in', true);
}

export async function requireOfAll(admin, organiser) {
  await admin.goto('/team');
  const rule = admin.getByRole('switch', { name: 'Two-step log-in for all staff' });
  await rule.click();
  await admin.waitForTimeout(500);
  await organiser.goto('/events');
  await organiser.waitForURL('**/account');
  await organiser.getByText('asks all staff for two-step log-in').waitFor();
  checks.that('who has no second step is led to set it up', true);
  await shotBoth(organiser, 'mfa-needed');
  await admin.goto('/account');
  await admin.getByRole('button', { name: 'Switch off two-step log-in…' }).click();
  await admin.getByLabel('Current password').first().fill(ADMIN.password);
  await admin.getByLabel('Code from the app').fill(backupCodes[1]);
  await admin.getByRole('button', { name: 'Switch off', exact: true }).click();
  await admin.locator('[data-code=mfa_needed_here]').waitFor();
  checks.that('it cannot be switched off where it is required', true);
  await shot(admin, 'mfa-disable');
  await admin.goto('/team');
  await rule.and(admin.locator(':checked')).waitFor();
  await rule.click();
  await admin.waitForTimeout(500);
  await organiser.goto('/events');
  await organiser.getByRole('heading', { name: 'Events' }).waitFor();
  checks.that('without the rule everybody goes on', true);
}
