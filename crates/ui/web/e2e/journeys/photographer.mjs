// The photographer: an upload with its progress, the photos, choosing several, the viewer.
import { basename } from 'node:path';

export async function photographer(journey) {
  const { slug, photographer: person, extra } = journey.stage;
  const page = await journey.open({ as: person.caller });
  await page.goto('/events');
  await page.getByText('Gala d’été 2026').first().waitFor();
  await journey.shot(page, 'photographer-events');
  await page.goto(`/events/${slug}`);
  await page.locator('[data-test=photos]').waitFor({ state: 'attached' });

  // Each journey has a photo of its own, so that it is new to the event.
  const photo = extra[`${journey.viewport}-${journey.language}`];
  await page.locator('[data-test=photos]').setInputFiles(photo);
  await page.locator('[data-test=upload][data-phase=done]').waitFor({ timeout: 60_000 });
  await page.locator('[data-test=preparation][data-waiting="0"]').waitFor({ timeout: 60_000 });
  await journey.shot(page, 'photographer-uploaded');

  const box = page.locator(`[data-photo-id] input[type=checkbox][aria-label$="${basename(photo)}"]`);
  await box.first().check({ force: true, timeout: 30_000 });
  await page.locator('[data-test=selection][data-count="1"]').waitFor();
  await journey.shot(page, 'photographer-chosen', { whole: false });
  for (const [english, french] of [['Hide', 'Masquer'], ['Publish', 'Publier']]) {
    if ((await page.locator('[data-test=selection]').count()) === 0) await box.first().check({ force: true });
    await journey.press(journey.button(page.locator('[data-test=selection]'), english, french));
    await page.getByRole('dialog').waitFor();
    if (english === 'Hide') await journey.shot(page, 'photographer-hide', { whole: false });
    await journey.press(page.getByRole('dialog').locator('form button').first());
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    journey.that(`a photographer can say “${english}” of a photo`, true);
  }
}
