// The session's short proof runs out: pages, uploads and several tabs go on, and the refresh token is used once.
import { checks, files, TIMEOUT_MS } from '../stage.mjs';
import { EVENT } from './steps.mjs';

/** As after a quarter of an hour. */
const runOut = (context) => context.clearCookies({ name: 'findme_access' });

export async function renewal(page, slug) {
  console.log('renewal of the session');
  const context = page.context();
  const renewals = [];
  context.on('request', (request) => {
    if (request.url().endsWith('/api/refresh')) renewals.push(request);
  });
  await page.goto(`/events/${slug}`);
  await page.getByRole('heading', { name: EVENT }).waitFor();
  await runOut(context);
  await page.locator('[data-test=photos]').setInputFiles([files.photos[0]]);
  await page.locator('[data-outcome=accepted][data-count="1"]').waitFor({ timeout: TIMEOUT_MS });
  checks.same('an upload goes on after one renewal', renewals.length, 1);

  await page.waitForLoadState('networkidle');
  await tabsAtOnce(context, slug);
  checks.same('three tabs at once renew once', renewals.length, 2);
  // As on a plain address of the local network, where browsers have no locks.
  await context.addInitScript(() => delete Navigator.prototype.locks);
  await tabsAtOnce(context, slug);
  checks.same('also without the browser’s locks', renewals.length, 3);

  await context.clearCookies();
  await page.goto('/account');
  await page.waitForURL('**/login?next=%2Faccount');
  checks.that('without a session the log-in page asks, and knows where to go on', true);
}

async function tabsAtOnce(context, slug) {
  const tabs = await Promise.all([context.newPage(), context.newPage(), context.newPage()]);
  await runOut(context);
  await Promise.all(tabs.map((tab) => tab.goto(`/events/${slug}`)));
  await Promise.all(tabs.map((tab) => tab.getByRole('heading', { name: EVENT }).waitFor()));
  await Promise.all(tabs.map((tab) => tab.waitForLoadState('networkidle', { timeout: 3000 }).catch(() => undefined)));
  await Promise.all(tabs.map((tab) => tab.close()));
}
