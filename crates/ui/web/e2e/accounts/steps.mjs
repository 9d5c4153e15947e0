// What several walks of the accounts do.
import { checks } from '../stage.mjs';

export const ORGANISER = { name: 'Olivia Renard', email: 'olivia@example.org', username: 'olivia', password: 'grand jardin sous la pluie' };
export const PHOTOGRAPHER = { name: 'Noé Lambert', email: 'noe@example.org', password: 'trois objectifs et un trépied' };
export const ATTENDEE = { name: 'Inès Moreau', email: 'ines@example.org', username: 'ines', password: 'danser jusqu’au matin' };
export const EVENT = 'Mariage de Zoé & Paul';

export async function logIn(page, login, password, path = '/login') {
  await page.goto(path);
  await page.getByLabel(/E-mail or user name|E-mail ou nom d’utilisateur/).fill(login);
  await page.getByLabel(/^(Password|Mot de passe)$/).fill(password);
  await page.getByRole('button', { name: /^(Log in|Se connecter)$/ }).click();
}

export const problem = (page, code) => page.locator(`[data-code=${code}]`);

/** A message may be written a moment after the answer that it follows. */
const MESSAGE_MS_MAX = 30_000;

/** The link in the newest message to `recipient` about `path`, as the outbox page shows it. */
export async function linkFromOutbox(admin, recipient, path) {
  const message = admin.locator(`[data-test=message][data-recipient="${recipient}"]`).filter({ hasText: path }).first();
  for (const untilMs = Date.now() + MESSAGE_MS_MAX; ; ) {
    await admin.goto('/outbox');
    await admin.locator('main h1').waitFor();
    await admin.waitForTimeout(500);
    if ((await message.count()) > 0 || Date.now() > untilMs) break;
  }
  await message.locator('summary').click();
  const text = await message.locator('pre').innerText();
  const found = text.match(new RegExp(`https?://\\S*${path}\\?\\S+`));
  checks.that(`the outbox holds the link ${path} for ${recipient}`, found !== null, text);
  const url = new URL(found[0].replace(/[.,;)>]+$/, ''));
  return url.pathname + url.search;
}

/** Whether the address has lost its token, also in the history. */
export async function tokenHidden(page) {
  checks.that('the token is out of the address', !page.url().includes('token'), page.url());
}
