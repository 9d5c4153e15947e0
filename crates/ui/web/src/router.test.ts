import { afterEach, describe, expect, it, vi } from 'vitest';
import { Router, routeOf } from './router.svelte';

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
    ['/e/gala-2026', '?x=1', { page: 'attendee', slug: 'gala-2026' }],
    ['/e/%', '', { page: 'attendee', slug: '%' }],
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
    ['/events/gala/more', '', { page: 'missing' }],
  ])('%s%s', (path, search, expected) => {
    expect(routeOf(path, search)).toEqual(expected);
  });
});

describe('Router', () => {
  afterEach(() => vi.unstubAllGlobals());

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
