import { afterEach, describe, expect, it, vi } from 'vitest';
import { eventTabOf, Router, routeOf } from './router.svelte';

describe('routeOf', () => {
  it.each([
    ['/', '', { page: 'home' }],
    ['/setup', '?token=a%2Bb', { page: 'setup', token: 'a+b' }],
    ['/setup', '', { page: 'setup', token: '' }],
    ['/login', '', { page: 'login', event: null, next: null }],
    ['/login', '?next=/events/gala', { page: 'login', event: null, next: '/events/gala' }],
    ['/login', '?next=https://elsewhere.example', { page: 'login', event: null, next: null }],
    ['/login', '?next=//elsewhere.example', { page: 'login', event: null, next: null }],
    ['/login', '?next=/%5Celsewhere.example', { page: 'login', event: null, next: null }],
    ['/events', '', { page: 'events' }],
    ['/events/', '', { page: 'events' }],
    ['/events/gala', '', { page: 'event', slug: 'gala' }],
    ['/e/gala-2026', '?x=1', { page: 'attendee', slug: 'gala-2026', code: '' }],
    ['/e/gala-2026', '?code=ZOE26', { page: 'attendee', slug: 'gala-2026', code: 'ZOE26' }],
    ['/e/%', '', { page: 'attendee', slug: '%', code: '' }],
    ['/e', '', { page: 'missing' }],
    ['/team', '', { page: 'team' }],
    ['/jobs', '', { page: 'jobs' }],
    ['/system/', '', { page: 'system' }],
    ['/account', '', { page: 'account' }],
    ['/forgotten', '', { page: 'forgotten', event: null }],
    ['/reset', '?token=t', { page: 'reset', token: 't', event: null }],
    ['/reset', '?token=t&event=gala', { page: 'reset', token: 't', event: 'gala' }],
    ['/invitation', '?token=t', { page: 'invitation', token: 't' }],
    ['/e/gala/login', '?next=/e/gala/account', { page: 'login', event: 'gala', next: '/e/gala/account' }],
    ['/e/gala/register', '', { page: 'register', event: 'gala' }],
    ['/e/gala/forgotten', '', { page: 'forgotten', event: 'gala' }],
    ['/e/gala/account', '', { page: 'attendeeAccount', slug: 'gala' }],
    ['/e/gala/team', '', { page: 'missing' }],
    ['/events/gala/share', '', { page: 'event', slug: 'gala' }],
    ['/events/gala/settings/', '', { page: 'event', slug: 'gala' }],
    ['/events/gala/wall', '', { page: 'wall', slug: 'gala' }],
    ['/events/gala/more', '', { page: 'missing' }],
    ['/events/gala/share/more', '', { page: 'missing' }],
  ])('%s%s', (path, search, expected) => {
    expect(routeOf(path, search)).toEqual(expected);
  });
});

describe('eventTabOf', () => {
  it.each([
    ['/events/gala', 'photos'],
    ['/events/gala/figures', 'figures'],
    ['/events/share', 'photos'],
    ['/e/gala/share', 'photos'],
  ])('%s is %s', (path, tab) => {
    expect(eventTabOf(path)).toBe(tab);
  });
});

describe('Router', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('goes to another part of an event without leaving it', () => {
    const location = { pathname: '/events', search: '' };
    const asked: string[] = [];
    vi.stubGlobal('location', location);
    vi.stubGlobal('history', { pushState: (_: unknown, __: string, to: string) => (location.pathname = to) });
    vi.stubGlobal('window', { scrollTo: () => undefined, confirm: (question: string) => asked.push(question) < 0 });
    const router = new Router();
    router.go('/events/gala');
    const page = router.route;
    router.hold(() => 'Leave?');
    router.go('/events/gala/share');
    expect([router.tab, router.route === page, asked]).toEqual(['share', true, []]);
    router.go('/events/other');
    expect([router.tab, router.route === page, asked]).toEqual(['share', true, ['Leave?']]);
  });

  it.each([
    [false, '/events'],
    [true, '/team'],
  ])('asks before it leaves a page that holds something (%s)', (agreed, path) => {
    const location = { pathname: '/events', search: '' };
    const asked: string[] = [];
    vi.stubGlobal('location', location);
    vi.stubGlobal('history', { pushState: (_: unknown, __: string, to: string) => (location.pathname = to) });
    vi.stubGlobal('window', { scrollTo: () => undefined, confirm: (question: string) => asked.push(question) > 0 && agreed });
    const router = new Router();
    const free = router.hold(() => 'Leave?');
    router.go('/team');
    expect([location.pathname, asked]).toEqual([path, ['Leave?']]);
    expect(router.held).toBe(agreed ? null : 'Leave?');
    free();
    router.go('/audit');
    expect([location.pathname, asked]).toEqual(['/audit', ['Leave?']]);
  });
});
