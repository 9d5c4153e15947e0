import { afterEach, describe, expect, it } from 'vitest';
import { early } from './early';

const path = '/api/attendee/events/gala';
const asked = (answer: Promise<Response | null>) => (globalThis.findmeEarly = { path, answer });

afterEach(() => (globalThis.findmeEarly = undefined));

describe('early', () => {
  it('gives the answer once', async () => {
    asked(Promise.resolve(Response.json({ slug: 'gala' })));
    expect(await early(path)).toEqual({ slug: 'gala' });
    expect(await early(path)).toBeNull();
  });

  it('keeps to its own path', async () => {
    asked(Promise.resolve(Response.json({ slug: 'gala' })));
    expect(await early('/api/attendee/events/other')).toBeNull();
    expect(await early(path)).not.toBeNull();
  });

  it.each([
    ['no answer', null],
    ['a refusal', Response.json({ code: 'event_not_found' }, { status: 404 })],
    ['a broken answer', new Response('<html>')],
  ])('leaves %s to the ordinary call, which says what is wrong', async (_, answer) => {
    asked(Promise.resolve(answer));
    expect(await early(path)).toBeNull();
  });
});
