// A stand-in for the server while working on the pages: `npm run build && npm run mock`. It keeps everything in memory and
// knows who is in a photo from labels.csv, not from the pixels. It sends the same security headers as the real one.
//
// Environment: PORT (8080), FINDME_SHARED (folder with photos/public-event), MOCK_PERSON (who every selfie shows),
// MOCK_SETUP_TOKEN (mock), MOCK_PHOTO_MS (how long one photo takes, 60), MOCK_ACCESS_S (when a log-in must be renewed, 900).
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readLabels } from './labels.mjs';
import { accounts, manages, sees, state as people } from './mock-accounts.mjs';

const env = process.env;
const PORT = Number(env.PORT ?? 8080);
const TOKEN = env.MOCK_SETUP_TOKEN ?? 'mock';
const PERSON = env.MOCK_PERSON ?? 'LHL';
const PHOTO_MS = Number(env.MOCK_PHOTO_MS ?? 60);
const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const event_folder = join(env.FINDME_SHARED ?? '/work/shared', 'photos/public-event');

const state = { events: [], photos: new Map(), listeners: new Map() };
const peopleByHash = new Map();
for (const row of readLabels(join(event_folder, 'labels.csv'))) {
  const path = join(event_folder, row.file);
  if (existsSync(path)) peopleByHash.set(sha256(readFileSync(path)), row.people);
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

const TEXTS = {
  not_logged_in: [401, 'Please log in', 'Connectez-vous', '', ''],
  wrong_credentials: [401, 'E-mail, user name or password is wrong', 'E-mail, nom d’utilisateur ou mot de passe incorrect', 'Check both and try again.', 'Vérifiez les deux et réessayez.'],
  setup_token_invalid: [403, 'This set-up link is not valid', 'Ce lien d’installation n’est pas valable', 'Copy it whole from the terminal.', 'Copiez-le en entier depuis le terminal.'],
  event_not_found: [404, 'There is no such event', 'Cet événement n’existe pas', '', ''],
  mfa_required: [401, 'A code is needed', 'Un code est nécessaire', 'Send the code of your app.', 'Envoyez le code de votre application.'],
  mfa_code_wrong: [401, 'This code is not right', 'Ce code n’est pas bon', 'Take the newest code of your app.', 'Prenez le dernier code de votre application.'],
  too_many_attempts: [429, 'Too many attempts', 'Trop d’essais', 'This log-in is closed for a while.', 'Cette connexion est fermée un moment.'],
  link_invalid: [403, 'This link does not work any more', 'Ce lien ne fonctionne plus', 'It was used, or it is too old. Ask for a new one.', 'Il a déjà servi, ou il est trop ancien. Demandez-en un nouveau.'],
  forbidden: [403, 'Your role may not do this', 'Votre rôle ne le permet pas', 'Ask an admin.', 'Demandez à un administrateur.'],
  mfa_enrolment_needed: [403, 'Set up two-step log-in first', 'Mettez d’abord les deux étapes en place', '', ''],
  mfa_needed_here: [403, 'Two-step log-in is required here', 'Les deux étapes sont obligatoires ici', 'An admin requires it of all staff.', 'Un administrateur l’exige de toute l’équipe.'],
  email_taken: [409, 'This e-mail is taken', 'Cet e-mail est déjà pris', 'There is an account with this e-mail. Log in, or take another.', 'Un compte a déjà cet e-mail. Connectez-vous, ou prenez-en un autre.'],
  username_taken: [409, 'This user name is taken', 'Ce nom d’utilisateur est pris', 'Choose another user name.', 'Choisissez un autre nom d’utilisateur.'],
  last_admin: [409, 'This is the last admin', 'C’est le dernier administrateur', 'Make somebody else an admin first.', 'Nommez d’abord un autre administrateur.'],
  user_not_found: [404, 'There is no such person', 'Cette personne n’existe pas', '', ''],
  field_invalid: [422, 'Something is missing', 'Il manque quelque chose', 'Fill in this field.', 'Remplissez ce champ.'],
  password_too_easy: [422, 'This password is easy to guess', 'Ce mot de passe se devine facilement', 'It is among the most used. Take a few words in a row.', 'Il est parmi les plus utilisés. Prenez quelques mots à la suite.'],
  consent_required: [400, 'Consent is needed', 'Votre accord est nécessaire', 'Tick the box first.', 'Cochez d’abord la case.'],
  selfie_no_face: [422, 'No face found in the picture', 'Aucun visage trouvé sur l’image', 'Take a selfie in which your whole face is visible and well lit.', 'Prenez un selfie où tout votre visage est visible et bien éclairé.'],
  busy: [429, 'Many people are searching right now', 'Beaucoup de monde cherche en ce moment', 'Your turn comes in a moment.', 'Votre tour vient dans un instant.'],
};

function problem(request, response, code, headers = {}, field = undefined) {
  const french = (request.headers['accept-language'] ?? '').startsWith('fr');
  const [status, title, titre, detail, details] = TEXTS[code];
  const body = { type: 'about:blank', status, code, title: french ? titre : title, detail: french ? details : detail, request_id: randomUUID(), field };
  send(response, status, body, { 'Content-Type': 'application/problem+json', ...headers });
}

function send(response, status, body, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(body === null ? undefined : JSON.stringify(body));
}

async function bytesOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function partsOf(request) {
  const body = await bytesOf(request);
  const form = await new Response(body, { headers: { 'Content-Type': request.headers['content-type'] } }).formData();
  return form;
}

const photosOf = (event) => state.photos.get(event.event_id);

function countsOf(event) {
  const photos = photosOf(event);
  const of = (name) => photos.filter((photo) => photo.state === name);
  return {
    received: photos.length,
    waiting: of('waiting').length,
    ready: of('ready').length,
    failed: of('failed').length,
    without_faces: of('ready').filter((photo) => photo.face_count === 0).length,
    faces: of('ready').reduce((sum, photo) => sum + photo.face_count, 0),
  };
}

const withCounts = (event, user) => ({ ...event, counts: countsOf(event), may_manage: manages(user, event) });

function tell(event) {
  for (const response of state.listeners.get(event.event_id)) {
    response.write(`event: progress\ndata: ${JSON.stringify(countsOf(event))}\n\n`);
  }
}

/** Width and height from the header of a JPEG, PNG or WebP; `null` when there is none. */
function sizeOf(bytes) {
  if (bytes.readUInt32BE(0) === 0x89504e47) return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  if (bytes.toString('latin1', 8, 16) === 'WEBPVP8 ') return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
  if (bytes.readUInt16BE(0) !== 0xffd8) return null;
  for (let at = 2; at + 9 < bytes.length; at += 2 + bytes.readUInt16BE(at + 2)) {
    const marker = bytes[at + 1];
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
    }
  }
  return null;
}

let workEnds = 0;

function prepare(event, photo) {
  workEnds = Math.max(workEnds, Date.now()) + PHOTO_MS;
  setTimeout(() => {
    const size = photo.broken ? null : sizeOf(photo.bytes);
    photo.state = size === null ? 'failed' : 'ready';
    if (size !== null) Object.assign(photo, { width_px: size.width, height_px: size.height, face_count: Math.max(1, photo.people.length) });
    tell(event);
  }, workEnds - Date.now());
}

async function receive(event, request, response) {
  const results = [];
  for (const file of (await partsOf(request)).getAll('photo')) {
    const bytes = Buffer.from(await file.arrayBuffer());
    const hash = sha256(bytes);
    if (photosOf(event).some((photo) => photo.hash === hash)) {
      results.push({ file_name: file.name, outcome: 'duplicate' });
    } else if (bytes.length < 100) {
      results.push({ file_name: file.name, outcome: 'rejected', code: 'not_a_picture', detail: 'This is no JPEG, PNG or WebP picture.' });
    } else {
      const broken = peopleByHash.get(hash) === undefined;
      const photo = { photo_id: randomUUID(), file_name: file.name, state: 'waiting', hash, bytes, broken, people: peopleByHash.get(hash) ?? [] };
      photosOf(event).unshift(photo);
      prepare(event, photo);
      results.push({ file_name: file.name, outcome: 'accepted', photo_id: photo.photo_id });
    }
  }
  tell(event);
  send(response, 200, { results });
}

function listed(photo) {
  const url = `/media/${photo.photo_id}`;
  const ready = photo.state === 'ready';
  return {
    photo_id: photo.photo_id,
    file_name: photo.file_name,
    state: photo.state,
    reason: photo.state === 'failed' ? { code: 'truncated', detail: 'The file ends too early: it was cut off while copying. Copy it again from the camera.' } : null,
    face_count: photo.face_count ?? null,
    width_px: photo.width_px ?? null,
    height_px: photo.height_px ?? null,
    thumb_url: ready ? url : null,
    preview_url: ready ? url : null,
    original_url: url,
  };
}

function list(event, query, response) {
  const limit = Number(query.get('limit') ?? 100);
  const from = Number(query.get('after') ?? 0);
  const wanted = query.get('state') ?? 'all';
  const photos = photosOf(event).filter((photo) => wanted === 'all' || photo.state === wanted);
  const next = from + limit < photos.length ? String(from + limit) : null;
  send(response, 200, { photos: photos.slice(from, from + limit).map(listed), next });
}

function follow(event, request, response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  const listeners = state.listeners.get(event.event_id);
  listeners.add(response);
  request.on('close', () => listeners.delete(response));
  response.write(`event: progress\ndata: ${JSON.stringify(countsOf(event))}\n\n`);
}

async function search(event, request, response) {
  const form = await partsOf(request);
  if (form.get('consent_version') !== '1') return problem(request, response, 'consent_required');
  const selfie = form.get('selfie');
  // A drawing compresses far better than a face.
  if (selfie.size < 12_000) return problem(request, response, 'selfie_no_face');
  const hits = photosOf(event).filter((photo) => photo.state === 'ready' && photo.people.includes(PERSON));
  const matches = hits.map((photo, i) => {
    const { photo_id, width_px, height_px, thumb_url, preview_url } = listed(photo);
    return { photo_id, band: i < hits.length - 2 ? 'sure' : 'maybe', score: 0.9 - i / 100, width_px, height_px, thumb_url, preview_url, download_url: `${preview_url}?download=1` };
  });
  await new Promise((resolve) => setTimeout(resolve, 600));
  send(response, 200, { matches, faces_searched: countsOf(event).faces, timing: { queue_ms: 2, embed_ms: 61, search_ms: 1 } });
}

function media(id, query, response) {
  for (const photos of state.photos.values()) {
    const photo = photos.find((each) => each.photo_id === id);
    if (photo === undefined) continue;
    const download = query.get('download') === '1' ? { 'Content-Disposition': `attachment; filename="${photo.file_name}"` } : {};
    response.writeHead(200, { 'Content-Type': 'image/jpeg', ...download });
    return response.end(photo.bytes);
  }
  return send(response, 404, null);
}

/** Archives are empty here; the check before each finds nothing wrong. */
async function archive(slug, isCheck, response) {
  if (isCheck) return send(response, 204, null);
  response.writeHead(200, { 'Content-Type': 'application/zip', 'Content-Disposition': `attachment; filename="${slug}.zip"` });
  return response.end(Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.alloc(18)]));
}

async function createEvent(user, text, response) {
  const body = JSON.parse(text);
  const slug = body.name.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  const event = { event_id: randomUUID(), slug, name: body.name, held_on: body.held_on ?? null, recognition_enabled: true, created_at: new Date().toISOString() };
  state.events.unshift(event);
  state.photos.set(event.event_id, []);
  state.listeners.set(event.event_id, new Set());
  user.events = [...(user.events ?? []), event.event_id];
  send(response, 201, withCounts(event, user));
}

/** Answers what is about accounts. True when it did; then `around.me` may still be null. */
async function accountsAnswered(call, path, query, request, response, around) {
  try {
    const answer = await accounts(call, path, query, request, around);
    if (answer === undefined) return false;
    const headers = answer.cookies === undefined ? {} : { 'Set-Cookie': answer.cookies };
    if (answer.csv === undefined) send(response, answer.status, answer.body ?? null, headers);
    else {
      response.writeHead(200, { 'Content-Type': 'text/csv', 'Content-Disposition': 'attachment; filename="audit.csv"' });
      response.end(answer.csv);
    }
  } catch (refused) {
    if (refused.code === undefined || TEXTS[refused.code] === undefined) throw refused;
    problem(request, response, refused.code, refused.headers, refused.field);
  }
  return true;
}

function forget(event) {
  state.events = state.events.filter((each) => each !== event);
  for (const listener of state.listeners.get(event.event_id)) listener.end();
}

async function api(method, path, query, request, response) {
  const call = `${method} ${path}`;
  if (call === 'GET /api/setup') return send(response, 200, { needed: people.users.length === 0 });
  let text;
  const around = {
    events: state.events,
    origin: `http://127.0.0.1:${PORT}`,
    me: null,
    forget,
    shownEvent: (event) => withCounts(event, around.me),
    text: async () => (text ??= (await bytesOf(request)).toString()),
  };
  if (await accountsAnswered(call, path, query, request, response, around)) return;
  const { me } = around;
  const [, , first, second, third, fourth, fifth] = path.split('/');
  const slug = first === 'attendee' ? third : second;
  const event = state.events.find((each) => each.slug === slug || each.event_id === slug);
  if (slug !== undefined && event === undefined) return problem(request, response, 'event_not_found');
  if (first === 'attendee') {
    const { name, held_on, recognition_enabled } = event;
    return send(response, 200, { slug, name, held_on, recognition_enabled, photos_ready: countsOf(event).ready, consent_version: '1' });
  }
  if (third === 'search') return search(event, request, response);
  if (call === 'GET /api/events') {
    const q = (query.get('q') ?? '').toLowerCase();
    const events = state.events.filter((each) => sees(me, each) && each.name.toLowerCase().includes(q));
    return send(response, 200, { events: events.map((each) => withCounts(each, me)), next: null });
  }
  if (call === 'POST /api/events') return me.role === 'photographer' ? problem(request, response, 'forbidden') : createEvent(me, await around.text(), response);
  if (third === undefined) return send(response, 200, withCounts(event, me));
  if (third === 'photos.zip') return archive(event.slug, query.get('check') === 'true', response);
  if (third === 'progress') return follow(event, request, response);
  if (fifth === 'retry') {
    const photo = photosOf(event).find((each) => each.photo_id === fourth);
    photo.state = 'waiting';
    prepare(event, photo);
    tell(event);
    return send(response, 204, null);
  }
  return method === 'POST' ? receive(event, request, response) : list(event, query, response);
}

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const POLICY = "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'";

function page(path, request, response) {
  const wanted = join(dist, normalize(path));
  const asset = wanted.startsWith(dist) && existsSync(wanted) && statSync(wanted).isFile();
  if (!asset && path.startsWith('/assets/')) return send(response, 404, null);
  const file = asset ? wanted : join(dist, 'index.html');
  const brotli = existsSync(`${file}.br`) && /\bbr\b/.test(request.headers['accept-encoding'] ?? '');
  response.writeHead(200, {
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    'Content-Security-Policy': POLICY,
    'Permissions-Policy': 'camera=(self)',
    ...(brotli ? { 'Content-Encoding': 'br' } : {}),
  });
  return createReadStream(brotli ? `${file}.br` : file).pipe(response);
}

createServer((request, response) => {
  const url = new URL(request.url, 'http://mock');
  const answered = url.pathname.startsWith('/api/')
    ? api(request.method, url.pathname, url.searchParams, request, response)
    : url.pathname === '/media/zip'
      ? archive('selection', request.headers['content-type'] === 'application/json', response)
      : url.pathname.startsWith('/media/')
        ? media(url.pathname.split('/')[2], url.searchParams, response)
        : page(url.pathname, request, response);
  Promise.resolve(answered).catch((error) => {
    console.error(error);
    if (!response.headersSent) send(response, 500, { title: 'The mock failed', detail: String(error), code: 'mock', request_id: 'mock' });
  });
}).listen(PORT, '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}/setup?token=${TOKEN}`));
