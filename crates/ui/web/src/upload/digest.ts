import { Sha256 } from './sha256';

/** Bytes read at once where the browser has no SHA-256 of its own to offer; the page stays alive between two pieces. */
const PIECE_BYTES = 512 * 1024;

/** The SHA-256 of a file, in hexadecimal. Rejects when the file cannot be read. */
export async function digestOf(file: Blob): Promise<string> {
  // Browsers offer `subtle` only on https and localhost; FindMe is often opened by an address of the local network.
  if (globalThis.crypto?.subtle !== undefined) return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer())));
  const sum = new Sha256();
  for (let from = 0; from < file.size; from += PIECE_BYTES) {
    sum.update(new Uint8Array(await file.slice(from, from + PIECE_BYTES).arrayBuffer()));
  }
  return hex(sum.digest());
}

export const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
