const fractional = (root: number): number => ((root - Math.floor(root)) * 0x1_0000_0000) | 0;

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n += 1) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2). */
const K = Int32Array.from(primes(64), (prime) => fractional(Math.cbrt(prime)));
/** Those of the square roots of the first eight (5.3.3). */
const START = Int32Array.from(primes(8), (prime) => fractional(Math.sqrt(prime)));

const BLOCK_BYTES = 64;
const turned = (x: number, by: number): number => (x >>> by) | (x << (32 - by));

/** SHA-256 (FIPS 180-4) of bytes that come in pieces. */
export class Sha256 {
  readonly #state = Int32Array.from(START);
  readonly #words = new Int32Array(64);
  readonly #rest = new Uint8Array(BLOCK_BYTES);
  #restBytes = 0;
  #bytes = 0;

  update(piece: Uint8Array): void {
    this.#bytes += piece.length;
    let at = 0;
    if (this.#restBytes > 0) {
      at = Math.min(BLOCK_BYTES - this.#restBytes, piece.length);
      this.#rest.set(piece.subarray(0, at), this.#restBytes);
      this.#restBytes += at;
      if (this.#restBytes < BLOCK_BYTES) return;
      this.#block(this.#rest, 0);
      this.#restBytes = 0;
    }
    for (; at + BLOCK_BYTES <= piece.length; at += BLOCK_BYTES) this.#block(piece, at);
    this.#rest.set(piece.subarray(at), 0);
    this.#restBytes = piece.length - at;
  }

  digest(): Uint8Array {
    const bits = this.#bytes * 8;
    const padding = new Uint8Array(((this.#restBytes < 56 ? 56 : 120) - this.#restBytes) + 8);
    padding[0] = 0x80;
    const end = new DataView(padding.buffer);
    end.setUint32(padding.length - 8, Math.floor(bits / 0x1_0000_0000));
    end.setUint32(padding.length - 4, bits >>> 0);
    this.update(padding);
    const sum = new DataView(new ArrayBuffer(32));
    this.#state.forEach((word, i) => sum.setInt32(4 * i, word));
    return new Uint8Array(sum.buffer);
  }

  #block(bytes: Uint8Array, from: number): void {
    const w = this.#words;
    for (let i = 0, at = from; i < 16; i += 1, at += 4) {
      w[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    }
    for (let i = 16; i < 64; i += 1) {
      const [x, y] = [w[i - 15]!, w[i - 2]!];
      w[i] = (w[i - 16]! + (turned(x, 7) ^ turned(x, 18) ^ (x >>> 3)) + w[i - 7]! + (turned(y, 17) ^ turned(y, 19) ^ (y >>> 10))) | 0;
    }
    const s = this.#state;
    let [a, b, c, d] = [s[0]!, s[1]!, s[2]!, s[3]!];
    let [e, f, g, h] = [s[4]!, s[5]!, s[6]!, s[7]!];
    for (let i = 0; i < 64; i += 1) {
      const one = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + K[i]! + w[i]!) | 0;
      const two = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + one) | 0;
      d = c;
      c = b;
      b = a;
      a = (one + two) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => (s[i] = (s[i]! + word) | 0));
  }
}
