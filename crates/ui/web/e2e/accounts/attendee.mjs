// An attendee's account at one event, on a phone, in French.
import { checks, PHONE, shot, shotBoth } from '../stage.mjs';
import { ATTENDEE, EVENT, linkFromOutbox, logIn, problem, tokenHidden } from './steps.mjs';

const NEW = 'une valse à trois temps';

export async function attendeeBegins(page, slug) {
  console.log('attendee');
  await page.goto(`/e/${slug}`);
  await page.getByRole('link', { name: 'Mon compte' }).click();
  await page.getByRole('heading', { name: 'M’oublier sur cet appareil' }).waitFor();
  await shot(page, 'attendee-no-account-phone-fr');
  await page.getByRole('link', { name: 'Se connecter' }).click();
  await page.waitForURL(`**/e/${slug}/login?*`);
  await page.getByText(EVENT).waitFor();
  await shot(page, 'attendee-login-phone-fr');
  await page.getByRole('link', { name: 'Créer un compte' }).click();
  await page.getByLabel('Nom', { exact: true }).fill(ATTENDEE.name);
  await page.getByLabel('Mot de passe', { exact: true }).fill(ATTENDEE.password);
  await page.getByLabel('Mot de passe, encore une fois').fill(ATTENDEE.password);
  await page.getByRole('button', { name: 'Créer le compte' }).click();
  checks.that('neither e-mail nor user name is told', await page.getByText('Donnez un e-mail ou un nom').isVisible());
  await shot(page, 'register-phone-fr');
  await page.getByLabel(/^E-mail/).fill('lea@example.org');
  await page.getByRole('button', { name: 'Créer le compte' }).click();
  await page.locator('#main .wrong').waitFor();
  checks.that('an e-mail that is taken at this event is told', true);
  await page.getByLabel(/^E-mail/).fill(ATTENDEE.email);
  await page.getByLabel(/^Nom d’utilisateur/).fill(ATTENDEE.username);
  await page.getByRole('button', { name: 'Créer le compte' }).click();
  await page.getByRole('heading', { name: 'Mon compte', exact: true }).waitFor();
  checks.that('an attendee registers and is logged in', page.url().endsWith(`/e/${slug}/account`));
  await shot(page, 'attendee-account-phone-fr');
  await page.goto('/events');
  await page.waitForURL(`**/e/${slug}/account`);
  checks.that('the staff’s pages lead an attendee back to theirs', true);
  await changePassword(page, slug);
}

async function changePassword(page, slug) {
  await page.getByLabel('Mot de passe actuel').fill('faux et archi-faux');
  await page.getByLabel('Nouveau mot de passe', { exact: true }).fill(NEW);
  await page.getByLabel('Nouveau mot de passe, encore une fois').fill(NEW);
  await page.getByRole('button', { name: 'Changer le mot de passe' }).click();
  await page.getByText('Ce n’est pas votre mot de passe actuel').waitFor();
  await page.getByLabel('Mot de passe actuel').fill(ATTENDEE.password);
  await page.getByRole('button', { name: 'Changer le mot de passe' }).click();
  await page.getByText('Votre mot de passe est changé').waitFor();
  checks.that('an attendee changes their password', true);
  await page.getByRole('button', { name: 'Se déconnecter', exact: true }).click();
  await page.waitForURL(`**/e/${slug}/login`);
  await logIn(page, ATTENDEE.username, ATTENDEE.password, `/e/${slug}/login`);
  await problem(page, 'wrong_credentials').waitFor();
  checks.that('the old password no longer works', true);
  await logIn(page, ATTENDEE.username, NEW, `/e/${slug}/login`);
  await page.getByRole('heading', { name: 'Mon compte', exact: true }).waitFor();
  checks.that('the new one does', true);
}

export async function attendeeForgets(page, admin, slug) {
  console.log('forgotten password');
  await page.getByRole('button', { name: 'Se déconnecter de tous les appareils' }).click();
  await page.getByRole('link', { name: 'Mot de passe oublié' }).click();
  await page.getByLabel('E-mail ou nom d’utilisateur').fill(ATTENDEE.email);
  await shot(page, 'forgotten-phone-fr');
  await page.getByRole('button', { name: 'Envoyer le lien' }).click();
  await page.getByRole('heading', { name: 'boîte de réception' }).waitFor();
  await shot(page, 'forgotten-sent-phone-fr');
  await page.goto('/reset');
  await page.getByRole('heading', { name: 'Ce lien est incomplet' }).waitFor();
  const link = await linkFromOutbox(admin, ATTENDEE.email, '/reset');
  await page.goto(link);
  await page.getByLabel('Nouveau mot de passe', { exact: true }).waitFor();
  await tokenHidden(page);
  await page.getByLabel('Nouveau mot de passe', { exact: true }).fill(ATTENDEE.password);
  await page.getByLabel('Nouveau mot de passe, encore une fois').fill(ATTENDEE.password);
  await shot(page, 'reset-phone-fr');
  await page.getByRole('button', { name: 'Enregistrer le mot de passe' }).click();
  await page.getByRole('heading', { name: 'Votre nouveau mot de passe est prêt' }).waitFor();
  await page.goto(link);
  await page.getByLabel('Nouveau mot de passe', { exact: true }).fill(ATTENDEE.password);
  await page.getByLabel('Nouveau mot de passe, encore une fois').fill(ATTENDEE.password);
  await page.getByRole('button', { name: 'Enregistrer le mot de passe' }).click();
  await problem(page, 'link_invalid').waitFor();
  checks.that('the link works once', await page.getByRole('link', { name: 'Demander un nouveau lien' }).isVisible());
  await logIn(page, ATTENDEE.email, ATTENDEE.password, `/e/${slug}/login`);
  await page.getByRole('heading', { name: 'Mon compte', exact: true }).waitFor();
  checks.that('the password from the link works', true);
}

export async function attendeeDeletes(page, slug) {
  console.log('the attendee goes');
  await page.goto(`/e/${slug}/account`);
  await page.getByRole('button', { name: 'Supprimer mon compte…' }).click();
  await page.getByRole('dialog').waitFor();
  await shot(page, 'attendee-delete-phone-fr', { whole: false });
  await page.getByRole('dialog').getByRole('button', { name: 'Supprimer pour de bon' }).click();
  await page.getByRole('heading', { name: 'Votre compte est supprimé' }).waitFor();
  await shotBoth(page, 'attendee-deleted');
  await page.setViewportSize(PHONE.viewport);
  await logIn(page, ATTENDEE.email, ATTENDEE.password, `/e/${slug}/login`);
  await problem(page, 'wrong_credentials').waitFor();
  checks.that('a deleted attendee cannot log in', true);
}
