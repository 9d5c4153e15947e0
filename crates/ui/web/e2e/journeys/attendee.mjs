// The attendee: welcome, consent, camera, photos, favourites, verdicts, being told of new ones, account, data, and what can go wrong.
export async function attendee(journey) {
  const page = await journey.open({ browser: journey.camera });
  await bySelfie(journey, page);
  await opinions(journey, page);
  await allPhotos(journey, page);
  await keepPosted(journey, page);
  await ownData(journey, page);
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
  const shutter = journey.button(page, 'Take the picture', 'Prendre la photo');
  await shutter.and(page.locator(':enabled')).waitFor();
  await page.waitForTimeout(800);
  await journey.shot(page, 'camera', { whole: false });
  await journey.press(shutter);
  await page.locator('[data-test=results]').waitFor({ timeout: 30_000 });
  const sure = Number(await page.locator('[data-test=results]').getAttribute('data-sure'));
  journey.that('the selfie finds photos', sure >= journey.stage.theirs / 2, `${sure} of ${journey.stage.theirs}`);
  await journey.shot(page, 'results');
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
  const hide = page.getByRole('switch', { name: journey.say('Hide me from others', 'Me masquer aux autres') });
  await hide.check();
  await page.locator('[data-test=face-data]').getByRole('status').filter({ hasText: /\S/ }).waitFor();
  await hide.uncheck();
  await journey.press(journey.button(page, 'Delete my face data…', 'Supprimer mes données de visage…'));
  await journey.shot(page, 'delete-face-data', { whole: false });
  await journey.press(page.getByRole('dialog').locator('form button').first());
  await page.locator('[data-test=receipt]').waitFor();
  journey.that('deleting one’s face data gives a receipt', true);
  await journey.shot(page, 'receipt');
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
