// The organiser: their event's link and poster, looks, people, packs, figures, settings, and the wall for the venue's screen.

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
}
