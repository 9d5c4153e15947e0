// Ways into an event that is not for everybody: the invitation and the access pack, from the organiser who gives them out to
// whoever comes by them, or without.

const FIRST = 'valse sous les lampions';
const NEXT = 'trois lanternes et un banc';

const guestOf = (journey) => ({ name: 'Rémi Castel', email: `remi.${journey.viewport}.${journey.language}@example.org` });
const hasFocus = (page) => page.evaluate(() => document.activeElement !== document.body);
const gate = (journey, page) => journey.heading(page, 'This event is by invitation', 'Cet événement est sur invitation');
const welcome = (journey, page) => journey.heading(page, 'Find the photos you are in', 'Retrouvez les photos où vous êtes');

/** The organiser closes the event and invites somebody, who chooses a password, forgets it, and finds the photos. */
export async function byInvitation(journey, organiser) {
  const { invited, admin } = journey.stage;
  const guest = guestOf(journey);
  await close(journey, organiser);
  await invite(journey, organiser, guest);
  await uninvited(journey);
  const page = await journey.open();
  await page.goto(await admin.linkFor(guest.email, 'choose_password'));
  await journey.heading(page, 'Choose your password', 'Choisissez votre mot de passe').waitFor();
  await journey.shot(page, 'first-password');
  await choosePassword(journey, page, FIRST);
  await journey.shot(page, 'first-password-done');
  await journey.press(journey.link(page, 'Log in', 'Se connecter'));
  await forgetPassword(journey, page, guest);
  await page.goto(await admin.linkFor(guest.email, 'reset_password'));
  await choosePassword(journey, page, NEXT);
  await logIn(journey, page, guest);
  await journey.press(journey.link(page, 'Find my photos', 'Trouver mes photos'));
  await welcome(journey, page).waitFor();
  await seesPhotos(journey, page, 'who is invited', invited.photos);
}

async function close(journey, page) {
  const { invited, admin } = journey.stage;
  await admin.changeEvent(invited.slug, { access: { mode: 'open' } });
  await page.goto(`/events/${invited.slug}/settings`);
  const form = page.locator('[data-test=access]');
  await form.getByText(journey.say('Who is invited', 'Les personnes invitées')).click();
  await journey.shot(page, 'access-by-invitation', { whole: false });
  await journey.press(journey.button(form, 'Save', 'Enregistrer'));
  await form.getByRole('status').filter({ hasText: journey.say('Saved.', 'Enregistré.') }).waitFor();
}

async function invite(journey, page, guest) {
  await page.goto(`/events/${journey.stage.invited.slug}/people`);
  await journey.press(journey.button(page, 'Add an attendee', 'Ajouter un participant'));
  await journey.field(page, 'Name', 'Nom').fill(guest.name);
  await page.getByLabel(/^E-mail \(/).fill(guest.email);
  await journey.shot(page, 'invite-attendee');
  await journey.press(journey.button(page, 'Add', 'Ajouter'));
  await page.getByRole('status').filter({ hasText: guest.name }).waitFor();
  journey.that('the focus does not go with the form', await hasFocus(page));
  await journey.shot(page, 'attendee-invited');
}

/** Somebody who only has the address is told why they stay outside, and sees nothing. */
async function uninvited(journey) {
  const { slug } = journey.stage.invited;
  const page = await journey.open();
  await page.goto(journey.address(slug));
  await gate(journey, page).waitFor();
  await journey.field(page, 'Code', 'Code d’accès').fill('GUESSED1');
  await journey.press(journey.button(page, 'Show me the photos', 'Voir les photos'));
  await page.locator('[data-test=gate] .wrong').waitFor();
  await journey.shot(page, 'not-invited');
  const photos = await page.request.get(`/api/attendee/events/${slug}/photos`);
  journey.that('who is not invited gets no photo', photos.status() === 403, `${photos.status()}`);
  await page.goto(`${journey.address(slug)}/register`);
  await gate(journey, page).waitFor();
  journey.that('nor a form for an account that would be refused', (await journey.field(page, 'Name', 'Nom').count()) === 0);
  await page.goto(`${journey.address(slug)}/account`);
  await journey.heading(page, 'You have not entered this event yet', 'Vous n’êtes pas encore entré').waitFor();
  await journey.shot(page, 'not-invited-account');
}

async function choosePassword(journey, page, password) {
  await journey.field(page, 'New password', 'Nouveau mot de passe').fill(password);
  await journey.field(page, 'New password, once more', 'Nouveau mot de passe, encore une fois').fill(password);
  await journey.press(journey.button(page, 'Save the password', 'Enregistrer le mot de passe'));
  await journey.heading(page, 'Your new password is set', 'Votre nouveau mot de passe est prêt').waitFor();
}

async function forgetPassword(journey, page, guest) {
  await journey.press(journey.link(page, 'Forgotten password', 'Mot de passe oublié'));
  // The page before, which has a field of the same name, stays until this one is there.
  await journey.heading(page, 'Choose a new password', 'Choisir un nouveau mot de passe').waitFor();
  await journey.field(page, 'E-mail or user name', 'E-mail ou nom d’utilisateur').fill(guest.email);
  await journey.press(journey.button(page, 'Send the link', 'Envoyer le lien'));
  await journey.heading(page, 'Look into your inbox', 'Regardez votre boîte de réception').waitFor();
  await journey.shot(page, 'forgotten-sent');
}

async function logIn(journey, page, guest) {
  await journey.press(journey.link(page, 'Log in', 'Se connecter'));
  await journey.field(page, 'E-mail or user name', 'E-mail ou nom d’utilisateur').fill(guest.email);
  await journey.field(page, 'Password', 'Mot de passe').fill(NEXT);
  await journey.press(journey.button(page, 'Log in', 'Se connecter'));
}

async function seesPhotos(journey, page, who, photos) {
  await journey.press(journey.button(page, 'Look through all photos', 'Parcourir toutes les photos'));
  const tiles = page.locator('[data-test=all] [data-photo-id]');
  await tiles.first().waitFor();
  journey.that(`${who} sees the photos`, (await tiles.count()) === photos, `${await tiles.count()} of ${photos}`);
}

/** The organiser hands out a pack; its link lets somebody in and counts; without the pack they are outside again. */
export async function byPack(journey, organiser) {
  const { invited } = journey.stage;
  await organiser.goto(`/events/${invited.slug}/packs`);
  await journey.press(organiser.locator('[data-seats="10"]'));
  const pack = organiser.locator('[data-test=pack]').first();
  const link = await pack.locator('[data-test=link]').inputValue();
  await journey.press(pack.getByRole('button', { name: 'QR code' }).first());
  journey.that('a pack has a QR code', await pack.locator('img').evaluate((image) => image.decode().then(() => image.naturalWidth > 0)));
  await journey.shot(organiser, 'pack');

  const page = await journey.open();
  await page.goto(link);
  await welcome(journey, page).waitFor();
  journey.that('the pack’s code is out of the address', !page.url().includes('code'), page.url());
  await seesPhotos(journey, page, 'who has a pack', invited.photos);

  await organiser.reload();
  await pack.getByText(journey.say('1 of 10 seats taken', '1 place prise sur 10')).first().waitFor();
  await journey.press(pack.locator('summary'));
  await pack.getByText(journey.say('without an account', 'sans compte')).waitFor();
  await journey.shot(organiser, 'pack-used');
  await journey.press(pack.getByRole('button', { name: journey.say(/^Delete the pack/, /^Supprimer le pack/) }));
  await journey.shot(organiser, 'pack-delete', { whole: false });
  await journey.press(journey.button(organiser.getByRole('dialog'), 'Delete the pack', 'Supprimer le pack'));
  await pack.waitFor({ state: 'detached' });
  journey.that('nor with the pack that is deleted', await hasFocus(organiser));
  await page.reload();
  await gate(journey, page).waitFor();
  journey.that('without the pack, who came by it is outside', true);
  await page.goto(link);
  await page.locator('[data-test=gate] .wrong').waitFor();
  await journey.shot(page, 'pack-gone');
}
