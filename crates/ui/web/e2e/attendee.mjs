// The steps of an attendee: consent, selfie by camera or by file, results, viewer, and what can go wrong.
import { readFileSync } from 'node:fs';
import { checks, files, open, PERSON, PHONE, shot, shotForReadme } from './stage.mjs';

/** Photos of the person that may be missing from "yours": faces turned away, or a few pixels wide in a group of twenty. */
const MISSED_SHARE_MAX = 0.3;

async function checkMatches(page, names, how) {
  const shown = async (section) =>
    (await page.locator(`[data-test=${section}] [data-photo-id]`).evaluateAll((tiles) => tiles.map((tile) => tile.dataset.photoId))).map((id) => names.get(id));
  const [sure, maybe] = [await shown('sure'), await shown('maybe')];
  const countable = sure.filter((name) => !files.maybeOf.get(name)?.includes(PERSON));
  const wrong = countable.filter((name) => !files.peopleOf.get(name)?.includes(PERSON));
  const missed = files.theirs.filter((name) => !sure.includes(name));
  console.log(`      ${how}: ${sure.length} sure, ${maybe.length} maybe; not in sure: ${missed.join(', ') || 'none'}`);
  checks.same(`${how}: nobody else's photo is in "yours"`, wrong, []);
  checks.that(
    `${how}: the photos of ${PERSON} are in "yours"`,
    missed.length <= Math.floor(MISSED_SHARE_MAX * files.theirs.length),
    `${missed.length} of ${files.theirs.length} are not: ${missed.join(', ')}`,
  );
}

async function giveConsent(page, box, button) {
  await page.getByRole('button', { name: button }).click();
  checks.that('without consent nothing opens, and the page says why', await page.getByRole('alert').filter({ hasText: /\S/ }).isVisible());
  checks.that('the consent box starts unticked', !(await page.getByLabel(box).isChecked()));
  await page.getByLabel(box).check();
}

/** Opens `path` and adds up what came over the wire. */
async function firstView(page, path) {
  const requests = [];
  page.on('requestfinished', (request) => requests.push(request));
  await page.goto(path, { waitUntil: 'networkidle' });
  page.removeAllListeners('requestfinished');
  const sizes = await Promise.all(requests.map((request) => request.sizes()));
  const bytes = sizes.reduce((sum, size) => sum + size.responseBodySize, 0);
  checks.that('the first view of an attendee is under 60 KB', bytes > 5000 && bytes < 60_000, `${bytes} bytes in ${requests.length} answers`);
  console.log(`      ${bytes} bytes in ${requests.length} answers`);
}

export async function byCamera(page, slug, names) {
  console.log('attendee, phone, camera, English');
  await firstView(page, `/e/${slug}`);
  await page.getByRole('heading', { name: 'Find the photos you are in' }).waitFor();
  checks.that('the welcome names event and date', await page.getByText('20 June 2026').isVisible());
  await shot(page, 'attendee-welcome-phone');
  await giveConsent(page, /I agree/, 'Take a selfie');
  await page.getByRole('button', { name: 'Take a selfie' }).click();
  const shutter = page.getByRole('button', { name: 'Take the picture' });
  await shutter.and(page.locator(':enabled')).waitFor();
  await page.waitForTimeout(800);
  await shot(page, 'attendee-camera-phone', { whole: false });
  const go = await held(page, '**/search');
  await shutter.click();
  const asked = await go.request;
  const size = asked.postDataBuffer()?.length ?? 0;
  checks.that('the selfie is sent small', size < 1_000_000, `${size} bytes`);
  await shot(page, 'attendee-searching-phone');
  await go.on();
  await page.locator('[data-test=results]').waitFor({ timeout: 30_000 });
  await checkMatches(page, names, 'camera');
  await noLayoutJump(page);
  await shot(page, 'attendee-results-phone');
}

/** Holds the next request to `pattern` until `on` is called, so that the page can be looked at meanwhile. */
async function held(page, pattern) {
  let caught;
  const route = new Promise((resolve) => (caught = resolve));
  await page.route(pattern, (each) => caught(each), { times: 1 });
  return { request: route.then((each) => each.request()), on: async () => (await route).continue() };
}

/** Every tile has its height before its picture has come. */
async function noLayoutJump(page) {
  const odd = await page.locator('[data-photo-id] img').evaluateAll((images) => images.filter((image) => image.getBoundingClientRect().height < 40).length);
  checks.same('every thumb has its place before it has loaded', odd, 0);
}

export async function lightbox(page) {
  console.log('viewer');
  const total = await page.locator('[data-photo-id]').count();
  const open = () => page.locator('[data-photo-id]').first().getByRole('button', { name: /^Open photo/ }).click();
  await open();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(`1 of ${total}`).waitFor();
  await page.waitForTimeout(800); // The opening ends: before, the viewer takes no keys.
  await page.keyboard.press('ArrowRight');
  await dialog.getByText(`2 of ${total}`).waitFor();
  await swipeRight(page);
  await dialog.getByText(`1 of ${total}`).waitFor();
  await page.keyboard.press('End');
  await dialog.getByText(`${total} of ${total}`).waitFor();
  await page.keyboard.press('Home');
  await dialog.getByText(`1 of ${total}`).waitFor();
  const loaded = () => page.locator('.pswp__item[aria-hidden=false] .pswp__img:not(.pswp__img--placeholder)').evaluate((image) => image.decode());
  await loaded();
  checks.that('the viewer moves by key and by swipe', true);
  await shot(page, 'attendee-viewer-phone', { whole: false });
  const [download] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('link', { name: 'Download' }).click()]);
  const bytes = readFileSync(await download.path());
  checks.that('the downloaded file is a picture', bytes.length > 1000 && !bytes.subarray(0, 15).toString().includes('<'), `${bytes.length} bytes`);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await open();
  await dialog.waitFor();
  await page.waitForTimeout(800);
  await page.goBack();
  await dialog.waitFor({ state: 'detached' });
  checks.that('Escape and the back gesture close the viewer, not the page', await page.locator('[data-test=results]').isVisible());
}

async function swipeRight(page) {
  const client = await page.context().newCDPSession(page);
  await page.waitForTimeout(500); // The slide before has come to rest.
  const touch = (type, x) => client.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y: 400 }] });
  await touch('touchStart', 80);
  for (let x = 110; x <= 320; x += 30) await touch('touchMove', x);
  await touch('touchEnd', 320);
}

/** What a visitor says of the photos, and what they like, shows at once and lasts. */
export async function keep(page, slug) {
  console.log('favourites, verdicts, selection');
  const sure = page.locator('[data-test=sure] [data-photo-id]');
  const count = await sure.count();
  const id = await sure.first().getAttribute('data-photo-id');
  await sure.first().getByRole('button', { name: 'Favourite' }).click();
  await sure.first().getByRole('button', { name: /^Open photo/ }).click();
  const dialog = page.getByRole('dialog');
  await page.waitForTimeout(800);
  await dialog.getByRole('button', { name: 'Not me' }).click();
  await page.locator('[data-test=toast]').getByText('Put aside').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  checks.same('"not me" puts a photo aside', await sure.count(), count - 1);
  await page.locator('[data-test=toast]').getByRole('button', { name: 'Undo' }).click();
  await page.locator(`[data-test=sure] [data-photo-id="${id}"]`).waitFor();
  checks.same('and undo takes it back', await sure.count(), count);
  await page.getByRole('tab', { name: 'Favourites' }).click();
  await page.locator(`[data-test=favourites] [data-photo-id="${id}"]`).waitFor();
  checks.that('a favourite has a place of its own', true);
  await shot(page, 'attendee-favourites-phone');
  const kept = await (await page.request.get(`/api/attendee/events/${slug}/favourites`)).json();
  checks.same('and the server keeps it', kept.photos.map((photo) => photo.photo_id), [id]);
  await page.getByRole('tab', { name: 'My photos' }).click();
  await page.getByRole('button', { name: 'Select', exact: true }).click();
  await sure.nth(0).getByRole('button').click();
  await sure.nth(1).getByRole('button').click();
  await page.getByText('2 photos selected').waitFor();
  await shot(page, 'attendee-select-phone', { whole: false });
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download 2' }).click()]);
  checks.same('what is selected comes in one archive', download.suggestedFilename(), `${slug}.zip`);
}

/** A photo that is taken back leaves the page that shows it; published again, it comes by itself. */
export async function live(page, staff, slug) {
  console.log('news while the page is open');
  const sure = page.locator('[data-test=sure] [data-photo-id]');
  const count = await sure.count();
  const id = await sure.last().getAttribute('data-photo-id');
  const act = async (action) => {
    const answer = await staff.request.post(`/api/events/${slug}/photos/actions`, { headers: { 'X-FindMe': '1' }, data: { action, photo_ids: [id] } });
    checks.that(`staff ${action} a photo`, answer.ok(), await answer.text());
  };
  await act('hide');
  await page.locator(`[data-photo-id="${id}"]`).waitFor({ state: 'detached', timeout: 30_000 });
  await act('publish');
  await page.locator(`[data-test=fresh] [data-photo-id="${id}"]`).waitFor({ timeout: 30_000 });
  checks.same('a new photo appears by itself, in a place of its own', await sure.count(), count);
  await shot(page, 'attendee-fresh-phone', { whole: false });
}

export async function byFile(page, slug, names, noFace) {
  console.log('attendee, desktop, file, French');
  await page.goto(`/e/${slug}`);
  await page.getByRole('heading', { name: 'Retrouvez les photos où vous êtes' }).waitFor();
  checks.same('the page is in the browser’s language', await page.locator('html').getAttribute('lang'), 'fr');
  await shot(page, 'attendee-welcome-fr');
  await giveConsent(page, /J’accepte/, 'Choisir une image');
  await page.locator('[data-test=selfie]').setInputFiles(noFace);
  await page.locator('[data-code=selfie_no_face]').waitFor({ timeout: 30_000 });
  const text = await page.locator('[data-code=selfie_no_face]').innerText();
  checks.that('a picture without a face gets a French explanation', /visage/i.test(text), text);
  await shot(page, 'attendee-no-face-fr');
  await page.locator('[data-test=selfie]').setInputFiles(files.selfies[1]);
  await page.locator('[data-test=results]').waitFor({ timeout: 30_000 });
  await checkMatches(page, names, 'file');
  await shot(page, 'attendee-results-fr');
  await page.getByRole('button', { name: 'English' }).click();
  await shotForReadme(page);
  await page.reload();
  await page.getByRole('heading', { name: 'Find the photos you are in' }).waitFor();
  checks.that('the chosen language is kept', true);
}

export async function noMatch(page, slug) {
  await page.goto(`/e/${slug}`);
  await page.route('**/search', (route) =>
    route.fulfill({ json: { matches: [], not_me: [], faces_searched: 120, timing: { queue_ms: 1, embed_ms: 60, search_ms: 1 }, sealed: '' } }),
  );
  await page.getByLabel(/I agree/).check();
  await page.locator('[data-test=selfie]').setInputFiles(files.selfies[1]);
  await page.getByText('We did not find you this time').waitFor();
  checks.that('no match is explained, with help', (await page.getByRole('listitem').count()) >= 4);
  await shot(page, 'attendee-nobody-phone');
  await page.unroute('**/search');
  await page.route('**/search', (route) => route.abort());
  await page.locator('[data-test=selfie]').setInputFiles(files.selfies[1]);
  await page.locator('[data-code=network]').waitFor();
  checks.that('a lost connection is told, with a way on', await page.getByRole('button', { name: 'Try again' }).isVisible());
  await shot(page, 'attendee-offline-phone');
  await page.unroute('**/search');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.locator('[data-test=results]').waitFor({ timeout: 30_000 });
  checks.that('the same selfie is sent again when the connection is back', true);
}

export async function refusedCamera(browser, slug) {
  const page = await open(browser, PHONE);
  await page.goto(`/e/${slug}`);
  await page.getByLabel(/I agree/).check();
  await page.getByRole('button', { name: 'Take a selfie' }).click();
  await page.locator('[data-test=camera-failure]').waitFor();
  checks.same('a refused camera is explained', await page.locator('[data-test=camera-failure]').getAttribute('data-failure'), 'refused');
  await shot(page, 'attendee-camera-refused-phone');
  await page.goto('/e/no-such-event');
  await page.getByRole('heading', { name: 'There is no event' }).waitFor();
  checks.that('an unknown event is told', true);
  await page.goto('/nothing/here');
  await page.getByRole('heading', { name: 'There is no page here' }).waitFor();
  checks.that('an unknown page is told', true);
}
