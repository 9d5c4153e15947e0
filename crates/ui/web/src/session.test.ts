import { describe, expect, it } from 'vitest';
import type { User } from './api/types';
import { homeOf, loginFor } from './session.svelte';

describe('homeOf', () => {
  const user: User = { user_id: 'u', role: 'organiser', name: 'N', email: null, username: null, event: null, mfa_enabled: false, mfa_enrolment_needed: false };
  const event = { event_id: 'e', slug: 'gala', name: 'Gala' };
  it.each([
    [{}, '/events'],
    [{ mfa_enrolment_needed: true }, '/account'],
    [{ role: 'attendee' as const, event }, '/e/gala/account'],
  ])('%j begins at %s', (change, home) => {
    expect(homeOf({ ...user, ...change })).toBe(home);
  });
});

describe('loginFor', () => {
  it.each([
    ['/events/gala', '/login'],
    ['/team', '/login'],
    ['/e/gala/account', '/e/gala/login'],
    ['/e/', '/login'],
  ])('%s asks at %s', (path, login) => {
    expect(loginFor(path)).toBe(login);
  });
});
