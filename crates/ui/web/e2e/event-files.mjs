// Chooses what the walk uploads: the photos of one person, photos of others, and files that must not go in smoothly.
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readLabels } from './labels.mjs';

const OTHERS = 30;

/**
 * `photos` (paths), `peopleOf` (file name → names), `maybeOf`, `selfies` (paths) and `strangers` (paths), `damaged`, `text`,
 * `duplicate`, and `again`, a folder with three photos that are among `photos`.
 */
export function chooseFiles(shared, person, stranger, scratch) {
  const home = join(shared, 'photos/public-event');
  const rows = readLabels(join(home, 'labels.csv')).filter((row) => existsSync(join(home, row.file)));
  const photos = rows.filter((row) => row.file.startsWith('photos/'));
  const theirs = photos.filter((row) => row.people.includes(person));
  // Strangers in a photo could be the person, so the others come from photos in which every face is labelled.
  const others = photos.filter((row) => !row.people.includes(person) && !row.maybe.includes(person) && row.allLabelled);
  const chosen = [...theirs, ...others.slice(0, OTHERS)];
  const paths = chosen.map((row) => join(home, row.file));
  const selfiesOf = (name) => rows.filter((row) => row.file.startsWith('selfies/') && row.people.includes(name)).map((row) => join(home, row.file));
  const selfies = selfiesOf(person);
  const strangers = selfiesOf(stranger);
  if (theirs.length < 5 || others.length < OTHERS || selfies.length < 2 || strangers.length < 1) throw new Error(`too few pictures of ${person} in ${home}`);

  const duplicate = join(scratch, 'the-same-photo-again.jpg');
  copyFileSync(paths[0], duplicate);
  const again = join(scratch, 'again');
  mkdirSync(again);
  for (const path of paths.slice(0, 3)) copyFileSync(path, join(again, basename(path)));
  return {
    photos: paths,
    theirs: theirs.map((row) => basename(row.file)),
    peopleOf: new Map(chosen.map((row) => [basename(row.file), row.people])),
    maybeOf: new Map(chosen.map((row) => [basename(row.file), row.maybe])),
    selfies,
    strangers,
    damaged: join(shared, 'hostile/truncated_50pct.jpg'),
    text: join(shared, 'hostile/text_as.jpg'),
    duplicate,
    again,
  };
}
