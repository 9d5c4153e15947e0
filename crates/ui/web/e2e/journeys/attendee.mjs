// The attendee: welcome, consent, camera, photos, more selfies, favourites, verdicts, being told of new ones, account, data,
// taking all of it back, and what can go wrong.
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { files } from '../stage.mjs';

export async function attendee(journey) {
  const page = await journey.open({ browser: journey.camera });
  await bySelfie(journey, page);
  await moreSelfies(journey, page);
  await opinions(journey, page);
  await allPhotos(journey, page);
  await keepPosted(journey, page);
  await ownData(journey, page);
  await hidden(journey, page);
  await eraseFace(journey, page);
  await deleteAccount(journey, page);
  await loggedOut(journey);
  await byCode(journey);
  await refusedCamera(journey);
}

const consentBox = (journey, page) => page.getByLabel(journey.say(/I agree that my face is compared/, /J’accepte que mon visage soit comparé/));

async function bySelfie(journey, page) {
  await page.goto(journey.address(journey.stage.slug));
  await journey.heading(page, 'Find the photos you are in', 'Retrouvez les photos où vous êtes').waitFor();
  await journey.shot(page, 'welcome');
  const start = journey.button(page, 'Take a selfie', 'Prendre un selfie');
  await journey.press(start);
  await page.getByRole('alert').filter({ hasText: /\S/ }).waitFor();
  journey.that('the camera waits for the consent', (await page.locator('video').count()) === 0);
  await consentBox(journey, page).check();
  await journey.press(start);
  await shutterOf(journey, page).and(page.locator(':enabled')).waitFor();
  await page.waitForTimeout(800);
  await journey.shot(page, 'camera', { whole: false });
  await takeSelfie(journey, page);
  const sure = Number(await page.locator('[data-test=results]').getAttribute('data-sure'));
  journey.that('the selfie finds photos', sure >= journey.stage.theirs / 2, `${sure} of ${journey.stage.theirs}`);
  await journey.shot(page, 'results');
}

async function takeSelfie(journey, page) {
  const shutter = shutterOf(journey, page);
  await shutter.and(page.locator(':enabled')).waitFor();
  await journey.press(shutter);
  await page.locator('[data-test=results]').waitFor({ timeout: 30_000 });
}

const shutterOf = (journey, page) => journey.button(page, 'Take the picture', 'Prendre la photo');
const sureOn = (page) => page.locator('[data-test=sure] [data-photo-id]').evaluateAll((tiles) => tiles.map((tile) => tile.dataset.photoId));

/** A selfie of somebody else is not added to the search; they may be searched for instead. One more of the same person is. */
async function moreSelfies(journey, page) {
  const theirs = await sureOn(page);
  const more = journey.button(page, 'Add a selfie', 'Ajouter un selfie');
  const addStranger = async () => {
    await journey.press(more);
    await shutterOf(journey, page).waitFor();
    await page.locator('[data-test=selfie]').setInputFiles(files.strangers[0]);
    await page.locator('[data-code=selfie_other_person]').waitFor({ timeout: 30_000 });
  };
  await addStranger();
  await journey.shot(page, 'other-person');
  await journey.press(journey.button(page, 'Back to my photos', 'Revenir à mes photos'));
  await page.locator('[data-test=results]').waitFor();
  const back = await sureOn(page);
  journey.that('a selfie of somebody else leaves the photos as they were', isDeepStrictEqual(back, theirs), `${theirs.length}, then ${back.length}`);
  await addStranger();
  await journey.press(journey.button(page, 'Search for this person instead', 'Chercher plutôt cette personne'));
  await page.locator('[data-test=results]').waitFor({ timeout: 30_000 });
  const others = await sureOn(page);
  journey.that('the other person’s photos are others', others.length > 0 && others.every((id) => !theirs.includes(id)), others.join(', '));
  await journey.shot(page, 'other-person-results');

  await journey.press(journey.button(page, 'Begin a new search', 'Commencer une nouvelle recherche'));
  await takeSelfie(journey, page);
  await journey.press(more);
  await shutterOf(journey, page).waitFor();
  await page.locator('[data-test=selfie]').setInputFiles(files.selfies[1]);
  await page.locator('[data-test=results]').waitFor({ timeout: 30_000 });
  const both = await sureOn(page);
  journey.that('two selfies find what one found', theirs.every((id) => both.includes(id)), `${theirs.length}, then ${both.length}`);
}

/** Opens the viewer; it takes no order to close before it has grown to its size. */
async function look(journey, tile, viewer) {
  await journey.press(tile.locator('button.photo'));
  await viewer.waitFor();
  await viewer.page().waitForTimeout(1000);
}

async function opinions(journey, page) {
  const tiles = page.locator('[data-test=sure] [data-photo-id]');
  await journey.press(journey.button(tiles.first(), 'Favourite', 'Favorite'));
  const viewer = page.getByRole('dialog');
  await look(journey, tiles.first(), viewer);
  await journey.shot(page, 'viewer', { whole: false });
  await page.keyboard.press('Escape');
  await viewer.waitFor({ state: 'detached' });

  const before = await tiles.count();
  await look(journey, tiles.last(), viewer);
  await journey.press(viewer.getByRole('button', { name: journey.say('Not me', 'Pas moi') }));
  await page.locator('[data-test=not-me]').waitFor();
  await journey.press(journey.button(viewer, 'Close', 'Fermer'));
  await viewer.waitFor({ state: 'detached' });
  journey.that('a photo that is not of me is put aside', (await tiles.count()) === before - 1);
  await page.locator('[data-test=not-me] summary').click();
  await journey.shot(page, 'not-me');

  await journey.press(page.getByRole('tab', { name: journey.say('Favourites', 'Favorites') }));
  await page.locator('[data-test=favourites] [data-photo-id]').first().waitFor();
  journey.that('the favourite waits among the favourites', (await page.locator('[data-test=favourites] [data-photo-id]').count()) === 1);
  await journey.shot(page, 'favourites');
}

async function allPhotos(journey, page) {
  await journey.press(page.getByRole('tab', { name: journey.say('All photos', 'Toutes') }));
  await page.locator('[data-test=all] [data-photo-id]').first().waitFor();
  await journey.shot(page, 'all-photos');
  await journey.press(journey.button(page, 'Select', 'Sélectionner').first());
  await journey.press(page.locator('[data-test=all] [data-photo-id] button.photo').first());
  await page.locator('[data-test=select-bar]').waitFor();
  await journey.shot(page, 'selecting', { whole: false });
  await page.keyboard.press('Escape');
  await journey.press(page.getByRole('tab', { name: journey.say('My photos', 'Mes photos') }));
}

const personOf = (journey) => ({
  name: 'Inès Moreau',
  email: `ines.${journey.viewport}.${journey.language}@example.org`,
  password: 'danser jusqu’au matin',
});

async function keepPosted(journey, page) {
  const person = personOf(journey);
  const panel = page.locator('[data-test=keep-posted]');
  await journey.press(journey.button(panel, 'Keep me posted', 'Me tenir au courant'));
  await journey.field(panel, 'Name', 'Nom').fill(person.name);
  await journey.field(panel, 'E-mail', 'E-mail').fill(person.email);
  await journey.field(panel, 'Password', 'Mot de passe').fill(person.password);
  await journey.field(panel, 'Password, once more', 'Mot de passe, encore une fois').fill(person.password);
  await panel.getByRole('checkbox').check();
  await journey.shot(page, 'keep-posted');
  await journey.press(journey.button(panel, 'Keep me posted', 'Me tenir au courant'));
  await panel.getByText(person.email).waitFor();
  journey.that('an attendee is kept posted', true);
  await journey.shot(page, 'kept-posted');
}

async function ownData(journey, page) {
  await page.goto(`${journey.address(journey.stage.slug)}/account`);
  await page.locator('[data-test=my-data]').waitFor();
  await journey.shot(page, 'my-data');
}

/** Whoever hides is kept from a stranger's eyes, and back in sight afterwards. */
async function hidden(journey, page) {
  const stranger = await journey.open();
  const before = await photosInSight(journey, stranger);
  const hide = page.getByRole('switch', { name: journey.say('Hide me from others', 'Me masquer aux autres') });
  const told = (english, french) => page.locator('[data-test=face-data]').getByRole('status').filter({ hasText: journey.say(english, french) }).waitFor();
  const notify = page.getByRole('switch', { name: journey.say('News of my photos', 'Nouvelles de mes photos') });
  const letNotifyGo = await hold(page, '**/template');
  await notify.uncheck();
  await hide.check();
  await told('You are hidden from others now', 'Vous êtes maintenant masqué');
  journey.that('whoever flips two switches is hidden before the first has its answer', await hide.isChecked());
  letNotifyGo();
  journey.that('the switch keeps the focus', await hide.evaluate((element) => element === document.activeElement));
  await journey.shot(page, 'hidden', { whole: false });
  const left = await photosInSight(journey, stranger);
  journey.that('whoever hides is seen by no stranger', left <= before - journey.stage.theirs / 2, `${before}, then ${left}`);
  await hide.uncheck();
  await told('You are no longer hidden', 'Vous n’êtes plus masqué');
  journey.that('and in sight again afterwards', (await photosInSight(journey, stranger)) === before);
}

/** How many photos somebody sees who looks through all of them. */
async function photosInSight(journey, page) {
  await page.goto(journey.address(journey.stage.slug));
  await journey.press(journey.button(page, 'Look through all photos', 'Parcourir toutes les photos'));
  const tiles = page.locator('[data-test=all] [data-photo-id]');
  await tiles.first().waitFor();
  const count = await tiles.count();
  // A picture that is still on its way when somebody hides would be refused.
  await page.goto('about:blank');
  return count;
}

/** Takes the consent back: what is kept of the face goes, and a receipt says so. */
async function eraseFace(journey, page) {
  await journey.press(journey.button(page, 'Delete my face data…', 'Supprimer mes données de visage…'));
  await journey.shot(page, 'delete-face-data', { whole: false });
  await journey.press(page.getByRole('dialog').locator('form button').first());
  await page.locator('[data-test=receipt]').waitFor();
  await journey.shot(page, 'receipt');
  const save = journey.link(page, 'Save the receipt', 'Enregistrer le reçu');
  const [saved] = await Promise.all([page.waitForEvent('download'), journey.press(save)]);
  const number = await page.locator('[data-test=receipt] dd').first().innerText();
  journey.that('deleting one’s face data gives a receipt to keep', readFileSync(await saved.path(), 'utf8').includes(number), number);
  const measure = page.locator('[data-test=my-data] div').filter({ hasText: journey.say('Measure of your face', 'Mesure de votre visage') });
  await measure.getByText(journey.say('none', 'aucune')).waitFor();
  await page.getByText(journey.say('To be told of new photos, take a selfie', 'Pour être averti, prenez un selfie')).waitFor();
}

/** The account goes for good; then this browser is forgotten as well. */
async function deleteAccount(journey, page) {
  await journey.press(journey.button(page, 'Delete my account…', 'Supprimer mon compte…'));
  await journey.shot(page, 'delete-account', { whole: false });
  await journey.press(journey.button(page.getByRole('dialog'), 'Delete for good', 'Supprimer pour de bon'));
  await journey.heading(page, 'Your account is deleted', 'Votre compte est supprimé').waitFor();
  await journey.shot(page, 'account-deleted');
  const { email, password } = personOf(journey);
  const answer = await page.request.post('/api/login', { data: { login: email, password, event: journey.stage.slug }, headers: { 'X-FindMe': '1' } });
  journey.that('nobody logs in with a deleted account', answer.status() === 401, `${answer.status()}`);
  await page.reload();
  await journey.press(journey.button(page, 'Forget me', 'M’oublier'));
  await page.locator('[data-test=forget-device]').getByRole('status').filter({ hasText: journey.say('Forgotten.', 'C’est oublié.') }).waitFor();
  await journey.shot(page, 'device-forgotten');
}

async function loggedOut(journey) {
  const page = await journey.open();
  const base = journey.address(journey.stage.slug);
  for (const name of ['login', 'register', 'forgotten', 'account']) {
    await page.goto(`${base}/${name}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await journey.shot(page, `attendee-${name}`);
  }
  await page.goto(journey.address('no-such-event'));
  await journey.heading(page, 'There is no event', 'Il n’y a pas d’événement').waitFor();
  await journey.shot(page, 'no-such-event');
}

async function byCode(journey) {
  const { closed } = journey.stage;
  const page = await journey.open();
  await page.goto(journey.address(closed.slug));
  await page.locator('[data-test=gate]').waitFor();
  const code = journey.field(page, 'Code', 'Code d’accès');
  await code.fill('WRONG1');
  await page.locator('[data-test=gate] button').first().click();
  await page.locator('[data-test=gate] :is(.wrong, [role=alert])').first().waitFor();
  await journey.shot(page, 'wrong-code');
  await code.fill(closed.code.toLowerCase());
  await page.locator('[data-test=gate] button').first().click();
  await page.locator('[data-test=gate]').waitFor({ state: 'detached' });
  journey.that('the right code opens the event', true);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await journey.shot(page, 'no-photos-yet');
}

async function refusedCamera(journey) {
  const page = await journey.open();
  await page.goto(journey.address(journey.stage.slug));
  await consentBox(journey, page).check();
  await journey.press(journey.button(page, 'Take a selfie', 'Prendre un selfie'));
  await page.locator('[data-test=camera-failure]').waitFor();
  await journey.shot(page, 'camera-refused');
}

/** Holds back what the page asks for there; answers what lets it go. */
async function hold(page, path) {
  let letGo;
  const held = new Promise((resolve) => (letGo = resolve));
  await page.route(path, async (route) => {
    await held;
    await route.continue();
  });
  return letGo;
}
