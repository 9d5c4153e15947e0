// Uploads 500 photos with the tus project's own client through a proxy that keeps breaking connections, and holds the
// server to each byte of them.
//
//   FINDME_URL=http://127.0.0.1:8080 FINDME_SETUP_TOKEN=… FINDME_SHARED=… node upload.mjs
//
// The server must be fresh: the token is that of its one-time set-up link. `./test.sh` does all that.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Upload } from 'tus-js-client';
import { makePhotos } from './photos.mjs';
import { BreakingProxy } from './proxy.mjs';

const SERVER = process.env.FINDME_URL.replace(/\/$/, '');
const PHOTOS = 500;
const AT_ONCE = 8;
const LARGE = 5; // of five megabytes
const PASSWORD = 'quartz lantern meadow 58';

const between = (least, most) => least + Math.floor(Math.random() * (most - least + 1));

/** A call of the API past the proxy. */
async function call(method, path, body, token) {
  const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
  const answer = await fetch(SERVER + path, { method, headers, body: body && JSON.stringify(body) });
  assert(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer.json();
}

async function setUp() {
  const email = 'ann@example.org';
  await call('POST', '/api/setup', { token: process.env.FINDME_SETUP_TOKEN, name: 'Ann', email, password: PASSWORD });
  const { access_token: token } = await call('POST', '/api/login', { email, password: PASSWORD });
  await call('POST', '/api/events', { name: 'Gala' }, token);
  return token;
}

/** Uploads one file; resolves to what the server says became of it. */
function upload(photo, endpoint, token) {
  return new Promise((resolve, reject) => {
    let outcome = null;
    new Upload(photo.bytes, {
      endpoint,
      chunkSize: between(4_000, photo.bytes.length + 4_000),
      retryDelays: Array(40).fill(200),
      headers: { Authorization: `Bearer ${token}` },
      metadata: { filename: photo.name },
      // Beside what the client repeats by itself: the server is busy and says so.
      onShouldRetry: (error) => [0, 409, 423, 429, 503].includes(error.originalResponse?.getStatus() ?? 0),
      onAfterResponse: (_, response) => (outcome = response.getHeader('FindMe-Outcome') ?? outcome),
      onError: reject,
      onSuccess: () => resolve(outcome),
    }).start();
  });
}

async function uploadAll(photos, endpoint, token) {
  const waiting = [...photos];
  const outcomes = {};
  const one = async () => {
    for (let photo = waiting.pop(); photo; photo = waiting.pop()) {
      const outcome = await upload(photo, endpoint, token);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return outcomes;
}

/** Originals are delivered when it is known what of them is private, which is when they were read. */
async function untilRead(token) {
  for (;;) {
    const { counts } = await call('GET', '/api/events/gala', undefined, token);
    if (counts.waiting + counts.working === 0) return counts;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Every photo of the event, as the server lists them. */
async function list(token) {
  const photos = [];
  for (let next = ''; next !== undefined; ) {
    const page = await call('GET', `/api/events/gala/photos?limit=200${next && `&after=${next}`}`, undefined, token);
    photos.push(...page.photos);
    next = page.next ?? undefined;
  }
  return photos;
}

async function digestOfDelivered(photo) {
  const answer = await fetch(SERVER + photo.original_url);
  assert(answer.ok, `${photo.file_name}: ${answer.status}`);
  return createHash('sha256').update(Buffer.from(await answer.arrayBuffer())).digest('hex');
}

const began = Date.now();
const token = await setUp();
const photos = makePhotos(process.env.FINDME_SHARED, PHOTOS, LARGE);
const proxy = await BreakingProxy.start(SERVER);
const outcomes = await uploadAll(photos, `${proxy.url}/api/events/gala/uploads`, token);
proxy.stop();
assert.deepEqual(Object.keys(outcomes).sort(), ['accepted'], `outcomes: ${JSON.stringify(outcomes)}`);

const uploaded = Date.now();
const counts = await untilRead(token);
assert.deepEqual([counts.received, counts.ready], [PHOTOS, PHOTOS], JSON.stringify(counts));
const listed = await list(token);
const expected = new Map(photos.map((photo) => [photo.name, photo.sha256]));
assert.equal(listed.length, PHOTOS);
for (const photo of listed) {
  assert.equal(await digestOfDelivered(photo), expected.get(photo.file_name), photo.file_name);
  expected.delete(photo.file_name);
}
assert.equal(expected.size, 0, 'each file is there under its own name');
assert(proxy.broken >= 50, `only ${proxy.broken} connections were broken`);
const seconds = (since, until = Date.now()) => ((until - since) / 1000).toFixed(0);
console.log(
  `${PHOTOS} photos past ${proxy.broken} broken connections of ${proxy.opened} in ${seconds(began, uploaded)} s; ` +
    `read and byte-identical ${seconds(uploaded)} s later`,
);
