// Archives of photos: what the pages' buttons save, read by a program that is not ours where there is one.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { checks } from './stage.mjs';

const NAME = /^\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_.+\.[A-Za-z]+$/;
const DIRECTORY_END = 0x06054b50;
const ENTRY = 0x02014b50;

/** Names in an archive's directory, which stands at its end (APPNOTE 4.3.12, 4.3.16). */
function namesIn(bytes) {
  let at = bytes.length - 22;
  while (bytes.readUInt32LE(at) !== DIRECTORY_END) at -= 1;
  const count = bytes.readUInt16LE(at + 10);
  at = bytes.readUInt32LE(at + 16);
  return Array.from({ length: count }, () => {
    if (bytes.readUInt32LE(at) !== ENTRY) throw new Error(`no entry at ${at}`);
    const [name, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
    const start = at + 46;
    at = start + name + extra + comment;
    return bytes.subarray(start, start + name).toString();
  });
}

/** Presses `button`; the archive that is saved must hold `count` photos, named so that they sort by time. */
async function save(page, button, slug, count) {
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
  checks.same('the archive is named after the event', download.suggestedFilename(), `${slug}.zip`);
  const path = await download.path();
  const names = namesIn(readFileSync(path));
  checks.same('it holds every photo', names.length, count);
  checks.same('their names sort by time', names.filter((name) => !NAME.test(name)), []);
  const times = names.map((name) => name.slice(0, 19));
  checks.same('and so they stand in it', times, times.toSorted());
  whole(path);
  return names;
}

function whole(path) {
  try {
    execFileSync('unzip', ['-tqq', path]);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    console.log('      unzip is not installed: the archive is not tested by another program');
    return;
  }
  checks.that('unzip finds it whole', true);
}

export async function saveSelection(page, slug) {
  console.log('archive of a selection');
  const section = page.locator('[data-test=sure]');
  const count = await section.locator('[data-photo-id]').count();
  checks.expect(/\/media\/zip$/, 'status of 503');
  await page.route('**/media/zip', (route) => route.fulfill({ status: 503, json: { code: 'downloads_busy', title: 'Many downloads', detail: 'In a moment.' } }), { times: 1 });
  const button = section.getByRole('button', { name: `Download all ${count} (ZIP)` });
  await button.click();
  await section.locator('[data-code=downloads_busy]').waitFor();
  checks.that('a refusal is told on the page', await section.getByText('In a moment.').isVisible());
  const names = await save(page, button, slug, count);
  checks.same('a selection holds the web size', names.filter((name) => !name.endsWith('.jpg')), []);
  checks.that('the results stay', await section.isVisible());
}

export async function saveEvent(page, slug, count) {
  console.log('archives of the event');
  await page.goto(`/events/${slug}`);
  for (const name of ['Web size', 'Originals']) {
    const link = page.getByRole('link', { name });
    await link.waitFor();
    await save(page, link, slug, count);
  }
}
