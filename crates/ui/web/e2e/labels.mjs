// Reads labels.csv of the sample event: which people are in which file.
import { readFileSync } from 'node:fs';

/** Rows with `file`, `people` (certain), `maybe` (count neither way) and whether every face of the photo is labelled. */
export function readLabels(path) {
  const [head, ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/);
  const columns = head.split(',');
  const rows = lines.map((line) => {
    const cells = cellsOf(line);
    const cell = (name) => cells[columns.indexOf(name)] ?? '';
    const names = (name) => cell(name).split(';').filter((each) => each !== '');
    return { file: cell('file'), people: names('identities'), maybe: names('maybe'), allLabelled: cell('all_faces_labelled') === 'yes' };
  });
  if (rows.length === 0) throw new Error(`${path} has no rows`);
  return rows;
}

/** The cells of one CSV line; a quoted cell may hold commas and doubled quotes. */
function cellsOf(line) {
  return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell]) =>
    cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell,
  );
}
