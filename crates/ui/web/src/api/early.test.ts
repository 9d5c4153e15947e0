import { afterEach, describe, expect, it, vi } from 'vitest';
import script from '../../scripts/early.js?raw';
import { early } from './early';

const path = '/api/attendee/events/gala';
const head = { append: vi.fn() };
const fetched = vi.fn<(path: string) => Promise<Response>>();

/** Runs the script as a browser does that opens `pathname`. */
function open(pathname: string, answer: Response | Error) {
  fetched.mockImplementation(() => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)));
  const document = { head, createElement: () => ({}) };
  new Function('location', 'document', 'fetch', script)({ pathname }, document, fetched);
}

afterEach(() => {
  globalThis.findmeEarly = undefined;
  vi.clearAllMocks();
});

describe('early', () => {
  it('gives the answer once', async () => {
    open('/e/gala', Response.json({ slug: 'gala' }));
    expect(await early(path)).toEqual({ slug: 'gala' });
    expect(await early(path)).toBeNull();
    expect(fetched.mock.calls).toEqual([[path, { credentials: 'same-origin' }]]);
  });

  it('keeps to its own path', async () => {
    open('/e/gala/', Response.json({ slug: 'gala' }));
    expect(await early('/api/attendee/events/other')).toBeNull();
    expect(await early(path)).not.toBeNull();
  });

  it('asks for nothing but an event', () => {
    open('/e/gala/account', Response.json({}));
    expect(fetched).not.toHaveBeenCalled();
  });

  it('fetches the cover, and nothing where there is none', async () => {
    open('/e/gala', Response.json({ cover: null }));
    await early(path);
    expect(head.append).not.toHaveBeenCalled();
    open('/e/gala', Response.json({ cover: { url: '/media/cover' } }));
    await early(path);
    expect(head.append.mock.calls).toEqual([[{ rel: 'preload', as: 'image', href: '/media/cover', fetchPriority: 'high' }]]);
  });

  it.each([
    ['who has an account and is let in', { entered: true, account: {}, recognition_enabled: true }, 0],
    ['who has an account and is not let in', { entered: false, account: {}, recognition_enabled: true }, 1],
    ['who has an account where no face is searched', { entered: true, account: {}, recognition_enabled: false }, 1],
    ['who has no account', { entered: true, account: null, recognition_enabled: true }, 1],
  ])('fetches the cover for whoever sees it: %s', async (_, person, times) => {
    open('/e/gala', Response.json({ cover: { url: '/media/cover' }, ...person }));
    await early(path);
    expect(head.append).toHaveBeenCalledTimes(times);
  });

  it.each([
    ['no answer', new Error('offline')],
    ['a refusal', Response.json({ code: 'event_not_found' }, { status: 404 })],
    ['a broken answer', new Response('<html>')],
  ])('leaves %s to the ordinary call, which says what is wrong', async (_, answer) => {
    open('/e/gala', answer);
    expect(await early(path)).toBeNull();
  });
});
