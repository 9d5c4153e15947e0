/** Tables as spreadsheets write them. */

/**
 * The text of a CSV file as the server takes it: UTF-8 with commas. Spreadsheets of French-speaking people write
 * semicolons, and older ones Windows-1252; nobody should have to know.
 */
export function csvText(bytes: ArrayBuffer): string {
  const text = decoded(bytes);
  const [head = ''] = text.split(/\r?\n/, 1);
  const separator = [';', '\t'].find((each) => head.includes(each) && !head.includes(','));
  return separator === undefined ? text : withCommas(text, separator);
}

/** Rows without anything in them are lines that a spreadsheet left behind. */
export function hasRows(text: string): boolean {
  return text.split(/\r?\n/).filter((line) => /[^\s,"]/.test(line)).length > 1;
}

function decoded(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** Quotes stay as they are; a cell with a comma in it gets some. */
function withCommas(text: string, separator: string): string {
  let out = '';
  let cell = '';
  let quoted = false;
  const end = () => {
    out += cell.includes(',') && !cell.startsWith('"') ? `"${cell.replaceAll('"', '""')}"` : cell;
    cell = '';
  };
  for (const sign of text) {
    if (sign === '"') quoted = !quoted;
    if (quoted || (sign !== separator && sign !== '\n' && sign !== '\r')) {
      cell += sign;
      continue;
    }
    end();
    out += sign === separator ? ',' : sign;
  }
  end();
  return out;
}
