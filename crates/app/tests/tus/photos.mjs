// Photos that differ from each other, made of small ones of the sample event.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A comment segment, which pictures are read without. */
function comment(length) {
  const bytes = Math.min(length, 65_533);
  const head = Buffer.from([0xff, 0xfe, 0, 0]);
  head.writeUInt16BE(bytes + 2, 2);
  return Buffer.concat([head, randomBytes(bytes)]);
}

/** JPEGs without metadata: originals are delivered as they came, but for places and serial numbers. */
function bases(shared) {
  const folder = join(shared, 'photos/public-event/photos');
  const files = readdirSync(folder).sort().map((name) => readFileSync(join(folder, name)));
  const plain = (bytes) => !['Exif', 'http://ns.adobe.com', 'Photoshop'].some((mark) => bytes.includes(mark));
  const small = files.filter((bytes) => bytes.length < 15_000 && bytes[0] === 0xff && bytes[1] === 0xd8 && plain(bytes));
  assert(small.length >= 10, `only ${small.length} small JPEGs in ${folder}`);
  return small;
}

/** `count` photos of 20 to 200 kB; `large` of them have five megabytes. */
export function makePhotos(shared, count, large) {
  const from = bases(shared);
  return Array.from({ length: count }, (_, index) => {
    const base = from[index % from.length];
    let missing = index < large ? 5_000_000 : 20_000 + Math.floor(Math.random() * 170_000);
    const parts = [base.subarray(0, 2)];
    for (; missing > 0; missing -= 65_533) parts.push(comment(missing));
    const bytes = Buffer.concat([...parts, base.subarray(2)]);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { name: `IMG_${String(index).padStart(4, '0')}.jpg`, bytes, sha256 };
  });
}
