import { describe, expect, it } from 'vitest';
import { csvText, hasRows } from './csv';

const utf8 = (text: string) => new TextEncoder().encode(text).buffer as ArrayBuffer;

describe('csvText', () => {
  it.each([
    ['leaves commas alone', 'name,email\nA;B,a@b.fr\n', 'name,email\nA;B,a@b.fr\n'],
    ['turns semicolons into commas', 'name;email\r\nAnne;a@b.fr\r\n', 'name,email\r\nAnne,a@b.fr\r\n'],
    ['turns tabs into commas', 'name\temail\nAnne\ta@b.fr', 'name,email\nAnne,a@b.fr'],
    ['keeps what is quoted', 'name;email\n"Le Goff; Anne";a@b.fr\n', 'name,email\n"Le Goff; Anne",a@b.fr\n'],
    ['quotes a cell with a comma', 'name;email\nLe Goff, Anne;a@b.fr\n', 'name,email\n"Le Goff, Anne",a@b.fr\n'],
    ['keeps empty cells and their number', 'name;email;username\nAnne;;anne\n', 'name,email,username\nAnne,,anne\n'],
    ['drops the mark that Excel puts first', '\ufeffname,email\n', 'name,email\n'],
  ])('%s', (_, text, expected) => {
    expect(csvText(utf8(text))).toBe(expected);
  });

  it('reads Windows-1252', () => {
    const bytes = new Uint8Array([...'name,email\nRen'].map((sign) => sign.charCodeAt(0)).concat([0xe9, 0x65, 0x2c]));
    expect(csvText(bytes.buffer)).toBe('name,email\nRenée,');
  });
});

describe('hasRows', () => {
  it.each([
    ['name,email\nA,\n', true],
    ['name,email\n', false],
    ['name,email\n,,\n"",\n', false],
    ['', false],
  ])('%j: %s', (text, expected) => {
    expect(hasRows(text)).toBe(expected);
  });
});
