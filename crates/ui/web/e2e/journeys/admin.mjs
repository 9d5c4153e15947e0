// The admin: log-in, menu, every page of the installation, and what can be changed there.
import { ADMIN } from '../by-api.mjs';
import { checks, TOKEN } from '../stage.mjs';

/** The pages of the menu, with their headings; `undefined` where the heading depends on what is there. */
const PAGES = [
  ['/events', ['Events', 'Événements'], undefined],
  ['/team', ['Team', 'Équipe'], ['Team', 'Équipe']],
  ['/statistics', ['Statistics', 'Statistiques'], ['Statistics', 'Statistiques']],
  ['/jobs', ['Jobs', 'Tâches'], ['Jobs', 'Tâches']],
  ['/integrations', ['Integrations', 'Intégrations'], ['Integrations', 'Intégrations']],
  ['/outbox', ['Outbox', 'Boîte d’envoi'], undefined],
  ['/audit', ['Audit log', 'Journal d’audit'], ['Audit log', 'Journal d’audit']],
  ['/system', ['System', 'Système'], ['System', 'Système']],
  ['/account', ['My account', 'Mon compte'], ['My account', 'Mon compte']],
];

/** The page behind the one-time link, which is not used up: each journey looks at it. */
export async function setUp(journey) {
  const page = await journey.open();
  await page.goto('/');
  await page.waitForURL('**/setup');
  await journey.heading(page, 'The set-up link is incomplete', 'Le lien d’installation est incomplet').waitFor();
  await journey.shot(page, 'setup-without-link');
  await page.goto(`/setup?token=${encodeURIComponent(TOKEN)}`);
  await journey.field(page, 'Name', 'Nom').fill(ADMIN.name);
  await journey.field(page, 'E-mail', 'E-mail').fill(ADMIN.email);
  await journey.field(page, 'Password', 'Mot de passe').fill('short');
  await journey.field(page, 'Password, once more', 'Mot de passe, encore une fois').fill('short');
  await journey.press(journey.button(page, 'Create the admin', 'Créer l’administrateur'));
  await page.getByText(journey.say('needs at least', 'Il faut au moins')).waitFor();
  journey.that('the set-up page says what a password needs', true);
  await journey.shot(page, 'setup');
  await journey.end();
}

export async function admin(journey) {
  const page = await logIn(journey);
  await throughTheMenu(journey, page);
  await team(journey, page);
  await figures(journey, page);
  await jobs(journey, page);
  await missing(journey, page);
  await inTheDark(journey);
}

async function logIn(journey) {
  const page = await journey.open();
  await page.goto('/');
  await page.waitForURL('**/login*');
  await journey.field(page, 'E-mail or user name', 'E-mail ou nom d’utilisateur').fill(ADMIN.email);
  await journey.field(page, 'Password', 'Mot de passe').fill(ADMIN.password);
  await journey.shot(page, 'login');
  await journey.press(journey.button(page, 'Log in', 'Se connecter'));
  await page.waitForURL('**/events');
  await page.getByRole('heading', { level: 1 }).waitFor();
  return page;
}

async function openMenu(journey, page) {
  if (!journey.isPhone) return page.getByRole('navigation');
  await journey.press(page.getByRole('button', { name: 'Menu', exact: true }));
  return page.getByRole('dialog').getByRole('navigation');
}

async function throughTheMenu(journey, page) {
  for (const [path, name, heading] of PAGES) {
    const elsewhere = !page.url().endsWith(path);
    const menu = await openMenu(journey, page);
    if (path === '/team' && journey.isPhone) await journey.shot(page, 'menu', { whole: false });
    await journey.press(journey.link(menu, ...name));
    await page.waitForURL(`**${path}`);
    await (heading === undefined ? page.getByRole('heading', { level: 1 }) : journey.heading(page, ...heading)).waitFor();
    await page.locator('.spinner').waitFor({ state: 'detached' });
    await journey.shot(page, path.slice(1));
    const focused = await page.evaluate(() => document.activeElement?.closest('main') !== null);
    if (elsewhere) journey.that(`${path}: the keyboard goes on in the page`, focused);
  }
  if (!journey.isPhone) return;
  await openMenu(journey, page);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  const back = await page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
  journey.that('Escape closes the menu and gives the focus back', back === 'Menu', back);
}

async function team(journey, page) {
  const { photographer, locked } = journey.stage;
  await page.goto('/team');
  await refusedRule(journey, page);
  const row = (name) => page.locator('[data-test=staff] li').filter({ hasText: name });
  const manage = async (name) => journey.press(journey.button(row(name), `Change ${name}`, `Modifier ${name}`));
  await manage(photographer.name);
  const limit = journey.field(row(photographer.name), 'Upload limit in GB', 'Limite d’envoi en Go');
  const save = journey.button(row(photographer.name), 'Save', 'Enregistrer');
  await limit.fill('many');
  await journey.press(save);
  await row(photographer.name).locator('.wrong').waitFor();
  await limit.fill(journey.say('2.5', '2,5'));
  await journey.press(save);
  await row(photographer.name).getByRole('status').filter({ hasText: journey.say('2.5 GB', '2,5') }).waitFor();
  journey.that('an admin limits how much a photographer may upload', true);
  await journey.shot(page, 'team-limit');
  await limit.fill('');
  await journey.press(save);
  await row(photographer.name).getByRole('status').filter({ hasText: journey.say('as much as fits', 'de la place') }).waitFor();

  // Each journey has somebody of its own who has lost their second step.
  const person = locked[`${journey.viewport}-${journey.language}`];
  await manage(person.name);
  await journey.press(journey.button(row(person.name), 'Reset two-step log-in…', 'Réinitialiser les deux étapes…'));
  await journey.shot(page, 'team-reset', { whole: false });
  await journey.press(journey.button(page.getByRole('dialog'), 'Reset it', 'Réinitialiser'));
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await row(person.name).locator('.badge.safe').waitFor({ state: 'detached' });
  journey.that('a lost second step is reset', true);

  await journey.press(journey.button(page, 'Invite', 'Inviter'));
  await journey.shot(page, 'team-invite');
  await journey.press(journey.button(page, 'Cancel', 'Annuler'));
  await journey.press(journey.button(page, 'Create an account', 'Créer un compte'));
  await journey.shot(page, 'team-create');
}

/** A switch shows what is, also when what was wanted is refused. */
async function refusedRule(journey, page) {
  checks.expect(/\/api\/settings$/, 'status of 503');
  await page.route('**/api/settings', (route) => (route.request().method() === 'PUT' ? route.fulfill({ status: 503, json: {} }) : route.fallback()));
  const rule = page.getByRole('switch');
  await journey.press(rule);
  await page.getByRole('main').getByRole('alert').filter({ hasText: /\S/ }).waitFor();
  journey.that('a switch that is refused goes back', !(await rule.isChecked()));
  await page.unroute('**/api/settings');
}

async function figures(journey, page) {
  await page.goto('/statistics');
  const photos = page.locator('[data-test=statistics] div').filter({ hasText: 'Photos' }).locator('dd');
  await photos.waitFor();
  journey.that('the figures count the photos', Number(await photos.innerText()) >= journey.stage.photos, await photos.innerText());
  const sum = await page.locator('[data-test=chart]').first().getAttribute('data-sum');
  journey.that('and so does the chart of the last days', Number(sum) >= journey.stage.photos, sum);

  await page.goto('/integrations');
  await page.locator('[data-name=rekognition]').waitFor();
  const connected = await page.locator('[data-test=integrations] li[data-connected=true]').count();
  journey.that('no service is said to be connected that is not', connected === 0, `${connected}`);

  await page.goto('/system');
  const parts = page.locator('[data-test=system] li');
  await parts.first().waitFor();
  const told = await parts.evaluateAll((rows) => rows.map((row) => `${row.dataset.name}: ${row.dataset.ok}`));
  journey.that('the database works, and says so', told.includes('database: ok'), told.join(', '));
}

/** Work that failed too often, as the server would tell it: none does on a machine that works. */
function deadJobs(slug) {
  const event = { event_id: '00000000-0000-4000-8000-000000000001', slug, name: 'Gala d’été 2026' };
  const job = (number, state) => ({
    job_id: `00000000-0000-4000-8000-00000000010${number}`,
    kind: number === 3 ? 'reindex_photo' : 'ingest_photo',
    state,
    event,
    photo_id: `00000000-0000-4000-8000-00000000020${number}`,
    file_name: `DSC0471${number}.JPG`,
    attempts: state === 'dead' ? 8 : 1,
    run_at: '2026-06-20T21:04:09Z',
    last_error: state === 'dead' ? 'the photo store does not answer: connection refused' : null,
  });
  return { jobs: [job(1, 'dead'), job(2, 'working'), job(3, 'waiting')], counts: { waiting: 1, working: 1, dead: 1 }, next: null };
}

async function jobs(journey, page) {
  await page.goto('/jobs');
  await page.locator('[data-test=job-counts]').waitFor();
  const dead = await page.locator('[data-test=job-counts]').getAttribute('data-dead');
  journey.that('nothing has failed too often', dead === '0', dead);
  await page.route('**/api/jobs?*', (route) => route.fulfill({ json: deadJobs(journey.stage.slug) }));
  const asked = [];
  for (const [method, path] of [['POST', '**/api/jobs/*/retry'], ['DELETE', '**/api/jobs/*'], ['POST', '**/api/jobs/retry-dead']]) {
    await page.route(path, (route) => {
      if (route.request().method() !== method) return route.fallback();
      asked.push(`${method} ${new URL(route.request().url()).pathname}`);
      return path.endsWith('retry-dead') ? route.fulfill({ json: { retried: 1 } }) : route.fulfill({ status: 204 });
    });
  }
  await page.reload();
  await page.locator('[data-test=jobs] li').first().waitFor();
  await page.locator('summary').first().click();
  await journey.shot(page, 'jobs-failed');
  await journey.press(journey.button(page, 'Try now: DSC04711.JPG', 'Essayer maintenant\u00a0: DSC04711.JPG'));
  await page.getByRole('status').filter({ hasText: journey.say('is tried again', 'est réessayée') }).waitFor();
  await journey.press(journey.button(page, 'Try all failed ones again', 'Réessayer toutes les échouées'));
  await page.getByRole('status').filter({ hasText: journey.say('1 job is', '1 tâche est') }).waitFor();
  await journey.press(journey.button(page, 'Give up: DSC04711.JPG', 'Abandonner\u00a0: DSC04711.JPG'));
  await journey.shot(page, 'jobs-give-up', { whole: false });
  await journey.press(journey.button(page.getByRole('dialog'), 'Give up', 'Abandonner'));
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  const job = '/api/jobs/00000000-0000-4000-8000-000000000101';
  const wanted = [`POST ${job}/retry`, 'POST /api/jobs/retry-dead', `DELETE ${job}`];
  journey.that('the page retries one, retries all and gives up one, after a question', asked.join() === wanted.join(), asked.join(', '));
  await page.unrouteAll();
}

async function missing(journey, page) {
  await page.goto('/nothing/here');
  await journey.heading(page, 'There is no page here', 'Il n’y a pas de page ici').waitFor();
  await journey.shot(page, 'missing');
}

async function inTheDark(journey) {
  const page = await journey.open({ as: journey.stage.admin, dark: true });
  for (const path of ['/statistics', '/system', '/team']) {
    await page.goto(path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.locator('.spinner').waitFor({ state: 'detached' });
    await journey.shot(page, `${path.slice(1)}-dark`, { whole: false });
  }
}
