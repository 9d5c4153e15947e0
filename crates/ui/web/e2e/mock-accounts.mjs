// The accounts of the mock server: who is who, who may what, and what would have been mailed. In memory.
//
// Environment: MOCK_ACCESS_S (how long a log-in serves before it must be renewed, 900), MOCK_SETUP_TOKEN (mock).
import { randomBytes, randomUUID } from 'node:crypto';
import { newSecret, STEP_MS, totp } from './totp.mjs';

const ACCESS_MS = Number(process.env.MOCK_ACCESS_S ?? 900) * 1000;
const TOKEN = process.env.MOCK_SETUP_TOKEN ?? 'mock';
const TRIES_MAX = 10;
const EASY = new Set(['password12', 'motdepasse', '1234567890', 'qwertyuiop']);

export const state = {
  users: [],
  sessions: new Map(),
  refresh: new Map(),
  invitations: [],
  links: new Map(),
  outbox: [],
  audit: [],
  settings: { require_mfa: false },
  failures: new Map(),
};

const STAFF = ['admin', 'organiser', 'photographer'];
const isStaff = (user) => STAFF.includes(user.role);
const now = () => new Date().toISOString();
const same = (a, b) => a !== null && b !== null && a.toLowerCase() === b.toLowerCase();
const text = (value) => (typeof value === 'string' && value.trim() !== '' ? value.trim() : null);

function shown(user, events) {
  const event = events.find((each) => each.event_id === user.event_id);
  return {
    user_id: user.user_id,
    role: user.role,
    name: user.name,
    email: user.email,
    username: user.username,
    event: event === undefined ? null : { event_id: event.event_id, slug: event.slug, name: event.name },
    mfa_enabled: user.secret !== null,
    mfa_enrolment_needed: enrolmentNeeded(user),
  };
}

const enrolmentNeeded = (user) => isStaff(user) && state.settings.require_mfa && user.secret === null;

function cookiesOf(request) {
  return Object.fromEntries((request.headers.cookie ?? '').split('; ').map((each) => each.split('=')));
}

/** The person whose call this is; `null` when nobody is logged in, or the log-in must be renewed. */
export function whoIs(request) {
  const session = state.sessions.get(cookiesOf(request).findme_access);
  if (session === undefined || session.untilMs < Date.now()) return null;
  return state.users.find((user) => user.user_id === session.user_id) ?? null;
}

function begin(user) {
  const [access, refresh] = [randomUUID(), randomUUID()];
  state.sessions.set(access, { user_id: user.user_id, untilMs: Date.now() + ACCESS_MS });
  state.refresh.set(refresh, { user_id: user.user_id, used: false });
  return [`findme_access=${access}; HttpOnly; Path=/; SameSite=Lax`, `findme_refresh=${refresh}; HttpOnly; Path=/api; SameSite=Lax`];
}

function endSessions(user) {
  for (const [key, session] of state.sessions) if (session.user_id === user.user_id) state.sessions.delete(key);
  for (const [key, session] of state.refresh) if (session.user_id === user.user_id) state.refresh.delete(key);
}

const GONE = ['findme_access=; Max-Age=0; Path=/', 'findme_refresh=; Max-Age=0; Path=/api'];

class Refused extends Error {
  constructor(code, field, headers) {
    super(code);
    Object.assign(this, { code, field, headers });
  }
}
const refuse = (code, field, headers) => {
  throw new Refused(code, field, headers);
};

/** The same e-mail and the same user name exist once among staff, and once at each event. */
function free(email, username, eventId) {
  const there = state.users.filter((user) => user.event_id === eventId);
  if (email !== null && there.some((user) => same(user.email, email))) return ['email_taken', 'email'];
  if (username !== null && there.some((user) => same(user.username, username))) return ['username_taken', 'username'];
  return null;
}

function passwordWrong(password) {
  if (typeof password !== 'string' || [...password].length < 10) return 'field_invalid';
  return EASY.has(password.toLowerCase()) ? 'password_too_easy' : null;
}

function checkPassword(password, field = 'password') {
  const wrong = passwordWrong(password);
  if (wrong !== null) refuse(wrong, field);
}

function newUser(role, body, eventId, { needsPassword = true } = {}) {
  const [name, email, username] = [text(body.name), text(body.email), text(body.username)];
  if (name === null) refuse('field_invalid', 'name');
  if (email === null && username === null) refuse('field_invalid', 'email');
  if (needsPassword || text(body.password) !== null) checkPassword(body.password);
  else if (email === null) refuse('field_invalid', 'email');
  const taken = free(email, username, eventId);
  if (taken !== null) refuse(...taken);
  const user = { user_id: randomUUID(), role, name, email, username, event_id: eventId, password: text(body.password), secret: null, backup: [], pending: null, created_at: now() };
  state.users.push(user);
  return user;
}

function mail(kind, recipient, subject, path, origin) {
  const token = randomUUID();
  const body = `Hello,\n\nopen this link: ${origin}${path}?token=${token}\n\nIt works once.\nFindMe`;
  state.outbox.unshift({ message_id: randomUUID(), kind, recipient, subject, body, state: 'simulated', created_at: now() });
  return token;
}

function mailPassword(user, origin) {
  state.links.set(mail('password_reset', user.email, 'Choose a new password', '/reset', origin), user.user_id);
}

const page = (rows, query, name) => {
  const limit = Number(query.get('limit') ?? 50);
  const from = Number(query.get('after') ?? 0);
  const next = from + limit < rows.length ? String(from + limit) : null;
  return { [name]: rows.slice(from, from + limit), next };
};

const fits = (user, q) => [user.name, user.email, user.username].some((each) => each?.toLowerCase().includes((q ?? '').toLowerCase()));

function logIn(body, events) {
  const event = body.event === undefined ? undefined : events.find((each) => each.slug === body.event);
  const key = `${body.login} ${body.event}`;
  const failures = state.failures.get(key) ?? 0;
  if (failures >= TRIES_MAX) refuse('too_many_attempts', undefined, { 'Retry-After': '840' });
  const user = state.users.find(
    (each) => (same(each.email, body.login) || same(each.username, body.login)) && each.event_id === (event?.event_id ?? null),
  );
  const fail = (code) => {
    state.failures.set(key, failures + 1);
    refuse(code);
  };
  if (user === undefined || user.password === null || user.password !== body.password) return fail('wrong_credentials');
  if (user.secret !== null) {
    if (body.code === undefined) refuse('mfa_required');
    if (!codeRight(user, body.code)) return fail('mfa_code_wrong');
  }
  state.failures.delete(key);
  return user;
}

function codeRight(user, code) {
  if (user.backup.includes(code)) {
    user.backup = user.backup.filter((each) => each !== code);
    return true;
  }
  return [0, -1].some((steps) => totp(user.secret, Date.now() + steps * STEP_MS) === code);
}

/** The rows of a table with what is wrong in them. */
function readTable(table, eventId) {
  const [head, ...lines] = table.split(/\r?\n/);
  const columns = head.split(',').map((each) => each.trim());
  const errors = [];
  const people = [];
  const wrong = (line, field, code, detail) => errors.push({ line, field, code, detail });
  lines.forEach((row, index) => {
    if (row.trim() === '') return;
    const cells = row.split(',');
    const cell = (name) => text(cells[columns.indexOf(name)]);
    const person = { name: cell('name'), email: cell('email'), username: cell('username'), password: cell('password') };
    const line = index + 2;
    people.push(person);
    if (person.name === null) wrong(line, 'name', 'field_invalid', 'The name is missing.');
    if (person.email !== null && !person.email.includes('@')) wrong(line, 'email', 'field_invalid', `“${person.email}” is not an e-mail.`);
    const taken = free(person.email, person.username, eventId);
    if (taken !== null) wrong(line, taken[1], taken[0], 'Somebody at this event has it already.');
    const twice = people.slice(0, -1).some((each) => same(each.email, person.email));
    if (twice) wrong(line, 'email', 'email_taken', 'It stands twice in this file.');
  });
  return { people, errors };
}

/**
 * Answers `call` when it is about accounts, and throws `Refused` when it may not be. Returns undefined for any other call.
 * `around` has `events`, `forget(event)` and the body's text.
 */
export async function accounts(call, path, query, request, around) {
  const { events, origin } = around;
  const body = async () => JSON.parse((await around.text()) || '{}');
  const signedIn = (status, user) => ({ status, body: { user: shown(user, events), access_token: null, refresh_token: null, expires_in_s: ACCESS_MS / 1000 }, cookies: begin(user) });
  const [, , first, second, third, fourth] = path.split('/');
  const eventOf = (slug) => events.find((each) => each.slug === slug || each.event_id === slug) ?? refuse('event_not_found');

  if (call === 'POST /api/setup') {
    const request = await body();
    if (request.token !== TOKEN || state.users.length > 0) refuse('setup_token_invalid');
    return signedIn(201, newUser('admin', request, null));
  }
  if (call === 'POST /api/login') return signedIn(200, logIn(await body(), events));
  if (call === 'POST /api/refresh') {
    const session = state.refresh.get(cookiesOf(request).findme_refresh);
    const user = state.users.find((each) => each.user_id === session?.user_id);
    if (user === undefined) refuse('not_logged_in', undefined, { 'Set-Cookie': GONE });
    if (session.used) {
      endSessions(user);
      refuse('not_logged_in', undefined, { 'Set-Cookie': GONE });
    }
    session.used = true;
    return signedIn(200, user);
  }
  if (call === 'POST /api/logout') {
    state.refresh.delete(cookiesOf(request).findme_refresh);
    state.sessions.delete(cookiesOf(request).findme_access);
    return { status: 204, cookies: GONE };
  }
  if (call === 'POST /api/password/forgotten') {
    const { login, event } = await body();
    const eventId = event === undefined ? null : (events.find((each) => each.slug === event)?.event_id ?? 'none');
    const user = state.users.find((each) => each.event_id === eventId && (same(each.email, login) || same(each.username, login)));
    if (user !== undefined && user.email !== null) mailPassword(user, origin);
    return { status: 202 };
  }
  if (call === 'POST /api/password/reset') {
    const { token, password } = await body();
    const user = state.users.find((each) => each.user_id === state.links.get(token));
    if (user === undefined) refuse('link_invalid');
    checkPassword(password);
    state.links.delete(token);
    user.password = password;
    endSessions(user);
    return { status: 204 };
  }
  if (call === 'POST /api/invitations/accept') {
    const request = await body();
    const invitation = state.invitations.find((each) => each.token === request.token);
    if (invitation === undefined) refuse('link_invalid');
    const user = newUser(invitation.role, { ...request, email: invitation.email }, null);
    state.invitations = state.invitations.filter((each) => each !== invitation);
    return signedIn(201, user);
  }
  if (request.method === 'POST' && first === 'events' && third === 'register') {
    return signedIn(201, newUser('attendee', await body(), eventOf(second).event_id));
  }
  if ((first === 'attendee' && second === 'events') || third === 'search' || call === 'GET /api/setup') return undefined;

  const me = whoIs(request);
  if (me === null) refuse('not_logged_in');
  around.me = me;
  if (call === 'GET /api/me') return { status: 200, body: shown(me, events) };
  if (call === 'POST /api/logout/everywhere') {
    endSessions(me);
    return { status: 204, cookies: GONE };
  }
  if (call === 'DELETE /api/me') {
    if (isStaff(me)) refuse('forbidden');
    remove(me);
    return { status: 204, cookies: GONE };
  }
  if (call === 'POST /api/me/mfa') {
    me.pending = newSecret(randomBytes(32));
    return { status: 200, body: { secret: me.pending, otpauth_url: `otpauth://totp/FindMe:${encodeURIComponent(me.email)}?secret=${me.pending}&issuer=FindMe` } };
  }
  if (call === 'POST /api/me/mfa/confirm') {
    const { code } = await body();
    if (me.pending === null || totp(me.pending) !== code) refuse('mfa_code_wrong');
    [me.secret, me.pending] = [me.pending, null];
    me.backup = Array.from({ length: 10 }, () => randomBytes(5).toString('hex').replace(/(.{5})/, '$1-'));
    return { status: 200, body: { backup_codes: me.backup } };
  }
  if (call === 'POST /api/me/mfa/disable') {
    const { password, code } = await body();
    if (state.settings.require_mfa) refuse('mfa_needed_here');
    if (password !== me.password) refuse('wrong_credentials');
    if (!codeRight(me, code)) refuse('mfa_code_wrong');
    me.secret = null;
    return { status: 204 };
  }
  if (enrolmentNeeded(me)) refuse('mfa_enrolment_needed');
  if (call === 'POST /api/me/password') {
    const { current, new: next } = await body();
    if (current !== me.password) refuse('wrong_credentials');
    checkPassword(next, 'new');
    me.password = next;
    return { status: 204 };
  }
  if (!isStaff(me)) refuse('forbidden');
  if (request.method !== 'GET') note(me, `${request.method.toLowerCase()} ${path.replace(/^\/api\//, '').replace(/[0-9a-f-]{36}/g, '…')}`, request);
  return (await ofAdmins(call, path, query, me, body, origin)) ?? ofEvent(request.method, { first, second, third, fourth }, query, me, body, around, eventOf);
}

const ADMINS = new Set(['staff', 'invitations', 'settings', 'audit', 'outbox', 'statistics']);

async function ofAdmins(call, path, query, me, body, origin) {
  const [, , first, second, third] = path.split('/');
  if (!ADMINS.has(first)) return undefined;
  if (me.role !== 'admin') refuse('forbidden');
  if (call === 'GET /api/settings') return { status: 200, body: state.settings };
  if (call === 'PUT /api/settings') {
    state.settings = await body();
    return { status: 200, body: state.settings };
  }
  if (call === 'GET /api/outbox') return { status: 200, body: page(state.outbox, query, 'messages') };
  if (call === 'GET /api/audit') {
    const rows = state.audit.filter((each) => ['action', 'actor', 'event'].every((key) => [null, '', key === 'action' ? each.action : each[`${key}_id`]].includes(query.get(key))));
    return { status: 200, body: page(rows, query, 'entries') };
  }
  if (call === 'GET /api/audit/export') return { status: 200, csv: `at,action\n${state.audit.map((each) => `${each.at},${each.action}`).join('\n')}\n` };
  if (call === 'GET /api/invitations') return { status: 200, body: { invitations: state.invitations.map(({ token: _, ...each }) => each) } };
  if (call === 'POST /api/invitations') {
    const { email, role } = await body();
    if (free(email, null, null) !== null) refuse('email_taken', 'email');
    const invitation = { invitation_id: randomUUID(), email, role, created_at: now(), expires_at: new Date(Date.now() + 7 * 86_400_000).toISOString() };
    state.invitations.unshift({ ...invitation, token: mail('invitation', email, 'You are invited to FindMe', '/invitation', origin) });
    return { status: 201, body: invitation };
  }
  if (first === 'invitations') {
    state.invitations = state.invitations.filter((each) => each.invitation_id !== second);
    return { status: 204 };
  }
  const listed = (user) => ({ user_id: user.user_id, role: user.role, name: user.name, email: user.email, username: user.username, mfa_enabled: user.secret !== null, created_at: user.created_at, events: (user.events ?? []).length });
  if (call === 'GET /api/staff') {
    const rows = state.users.filter((user) => isStaff(user) && fits(user, query.get('q')) && [null, '', user.role].includes(query.get('role')));
    return { status: 200, body: page(rows.sort((a, b) => a.name.localeCompare(b.name)).map(listed), query, 'staff') };
  }
  if (call === 'POST /api/staff') {
    const request = await body();
    return { status: 201, body: listed(newUser(request.role, request, null)) };
  }
  const user = state.users.find((each) => each.user_id === second) ?? refuse('user_not_found');
  if (third === 'password-link') {
    mailPassword(user, origin);
    return { status: 202 };
  }
  const last = user.role === 'admin' && state.users.filter((each) => each.role === 'admin').length === 1;
  if (call.startsWith('PATCH')) {
    const change = await body();
    if (last && change.role !== 'admin') refuse('last_admin');
    Object.assign(user, change);
    return { status: 200, body: listed(user) };
  }
  if (call.startsWith('DELETE')) {
    if (last) refuse('last_admin');
    remove(user);
    return { status: 204 };
  }
  return { status: 200, body: listed(user) };
}

async function ofEvent(method, { first, second, third, fourth }, query, me, body, around, eventOf) {
  // `/api/{role}/events/{event}/attendees`: each role's own address to add an attendee by.
  if (STAFF.includes(first) && method === 'POST') {
    if (first !== me.role) refuse('forbidden');
    const event = eventOf(third);
    const user = newUser('attendee', await body(), event.event_id, { needsPassword: false });
    if (user.password === null) mailPassword(user, around.origin);
    return { status: 201, body: listedAttendee(user) };
  }
  if (first !== 'events' || second === undefined) return undefined;
  const event = eventOf(second);
  if (!sees(me, event)) refuse('event_not_found');
  const manager = () => manages(me, event) || refuse('forbidden');
  const attendees = state.users.filter((user) => user.event_id === event.event_id);
  if (third === undefined && method === 'PATCH') {
    manager();
    Object.assign(event, await body());
    return { status: 200, body: around.shownEvent(event) };
  }
  if (third === undefined && method === 'DELETE') {
    manager();
    attendees.forEach(remove);
    around.forget(event);
    return { status: 204 };
  }
  if (third === 'staff') {
    manager();
    const members = state.users.filter((user) => user.events?.includes(event.event_id));
    const member = ({ user_id, role, name, email }) => ({ user_id, role, name, email });
    if (method === 'GET') return { status: 200, body: { staff: members.map(member) } };
    if (method === 'POST') {
      const { email } = await body();
      const user = state.users.find((each) => isStaff(each) && same(each.email, email)) ?? refuse('user_not_found');
      user.events = [...new Set([...(user.events ?? []), event.event_id])];
      return { status: 200, body: member(user) };
    }
    const user = state.users.find((each) => each.user_id === fourth) ?? refuse('user_not_found');
    user.events = (user.events ?? []).filter((each) => each !== event.event_id);
    return { status: 204 };
  }
  if (third !== 'attendees') return undefined;
  if (method === 'GET') {
    const rows = attendees.filter((user) => fits(user, query.get('q'))).sort((a, b) => a.name.localeCompare(b.name));
    return { status: 200, body: page(rows.map(listedAttendee), query, 'attendees') };
  }
  manager();
  if (fourth === 'import') {
    const dry_run = query.get('dry_run') === 'true';
    const { people, errors } = readTable(await around.text(), event.event_id);
    const created = dry_run || errors.length > 0 ? 0 : people.map((each) => newUser('attendee', each, event.event_id, { needsPassword: false })).length;
    return { status: !dry_run && errors.length > 0 ? 422 : 200, body: { rows: people.length, created, dry_run, errors } };
  }
  remove(attendees.find((user) => user.user_id === fourth) ?? refuse('user_not_found'));
  return { status: 204 };
}

const listedAttendee = (user) => ({ user_id: user.user_id, name: user.name, email: user.email, username: user.username, created_at: user.created_at, has_password: user.password !== null });

function remove(user) {
  endSessions(user);
  state.users = state.users.filter((each) => each !== user);
}

export const sees = (user, event) => user.role === 'admin' || (user.events ?? []).includes(event.event_id);
export const manages = (user, event) => user.role === 'admin' || (user.role === 'organiser' && sees(user, event));

function note(user, action, request) {
  state.audit.unshift({ audit_id: String(state.audit.length + 1), at: now(), actor_id: user.user_id, actor_role: user.role, action, event_id: null, target_id: null, status: 200, address: request.socket.remoteAddress, request_id: randomUUID() });
}
