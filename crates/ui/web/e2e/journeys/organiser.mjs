// The organiser: their event's link and poster, looks, people, packs, figures, settings, the wall for the venue's screen, who
// comes by their invitations and packs, and photos that cannot be read.
import { byInvitation, byPack } from './entering.mjs';

/** The parts of an event's page and what stands in each. */
const PARTS = [
  ['share', '[data-test=link]'],
  ['looks', '[data-test=watermark]'],
  ['people', '[data-test=members]'],
  ['packs', '[data-seats]'],
  ['figures', '[data-test=figures]'],
  ['settings', '[data-test=access]'],
];

export async function organiser(journey) {
  const { slug, organiser: person } = journey.stage;
  const page = await journey.open({ as: person });
  await page.goto('/events');
  await page.getByText('Gala d’été 2026').first().waitFor();
  await journey.shot(page, 'events');
  await page.goto(`/events/${slug}`);
  await page.locator('[data-test=grid] img').first().waitFor();
  await journey.shot(page, 'event-photos');
  for (const [part, sign] of PARTS) {
    await page.goto(`/events/${slug}/${part}`);
    await page.locator(sign).first().waitFor();
    await journey.shot(page, `event-${part}`);
  }
  await page.goto('/account');
  await page.getByRole('heading', { level: 1 }).waitFor();
  await journey.shot(page, 'account');
  await page.goto('/team');
  await journey.heading(page, 'Only admins see this page', 'Cette page est réservée aux administrateurs').waitFor();
  await journey.shot(page, 'admins-only');
  await page.goto(`/events/${slug}/wall`);
  await page.locator('[data-test=wall] img').first().waitFor();
  await journey.shot(page, 'wall', { whole: false });
  if (!journey.judges) return;
  await failedPhoto(journey, page);
  await byInvitation(journey, page);
  await byPack(journey, page);
}

/** A photo that cannot be read is named, with the reason and a way to try again. */
async function failedPhoto(journey, page) {
  const { slug, damaged } = journey.stage.invited;
  await page.goto(`/events/${slug}`);
  await journey.press(page.locator('[data-test=preparation]').getByRole('button'));
  const row = page.locator('[data-test=failed] li').filter({ hasText: damaged });
  await row.waitFor();
  const reason = await row.locator('p').innerText();
  journey.that('a photo that cannot be read is named with a reason', reason.length > 10, reason);
  await journey.shot(page, 'photo-failed');
  for (const time of ['once', 'twice']) {
    const named = failsAgain(page, damaged);
    await journey.press(journey.button(row, `Try again: ${damaged}`, `Réessayer\u00a0: ${damaged}`));
    const told = page.locator('[role=status]:focus').filter({ hasText: journey.say('1 photo is read again', '1 photo est relue') });
    await told.waitFor();
    await named;
    journey.that(`read again ${time}, it is named again`, (await row.locator('p').innerText()) === reason);
  }
}

/** The list as it comes once the photo is read again: from the retry on it names the photo only if that has failed anew. */
function failsAgain(page, photo) {
  let retried = false;
  return page.waitForResponse(async (answer) => {
    const { pathname } = new URL(answer.url());
    if (pathname.endsWith('/retry')) retried = answer.ok();
    if (!retried || !pathname.endsWith('/photos')) return false;
    return (await answer.json()).photos.some(({ file_name }) => file_name === photo);
  });
}
