import { describe, expect, it } from 'vitest';
import { routeOf } from './router.svelte';

describe('routeOf', () => {
  it.each([
    ['/', '', { page: 'home' }],
    ['/setup', '?token=a%2Bb', { page: 'setup', token: 'a+b' }],
    ['/setup', '', { page: 'setup', token: '' }],
    ['/login', '', { page: 'login', next: '/events' }],
    ['/login', '?next=/events/gala', { page: 'login', next: '/events/gala' }],
    ['/login', '?next=https://elsewhere.example', { page: 'login', next: '/events' }],
    ['/login', '?next=//elsewhere.example', { page: 'login', next: '/events' }],
    ['/login', '?next=/%5Celsewhere.example', { page: 'login', next: '/events' }],
    ['/events', '', { page: 'events' }],
    ['/events/', '', { page: 'events' }],
    ['/events/gala', '', { page: 'event', slug: 'gala' }],
    ['/e/gala-2026', '?x=1', { page: 'attendee', slug: 'gala-2026' }],
    ['/e/%', '', { page: 'attendee', slug: '%' }],
    ['/e', '', { page: 'missing' }],
    ['/events/gala/more', '', { page: 'missing' }],
  ])('%s%s', (path, search, expected) => {
    expect(routeOf(path, search)).toEqual(expected);
  });
});
