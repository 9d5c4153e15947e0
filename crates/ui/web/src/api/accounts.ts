/** Logging in, and what everybody may do with their own account. */
import { call, json, segment } from './client';
import type { AcceptRequest, LoginRequest, MfaEnrolment, RegisterRequest, SetupRequest, SetupStatus, SignedIn, User } from './types';

const signedIn = async (path: string, body: unknown): Promise<User> => (await json<SignedIn>('POST', path, body)).user;

export const setupStatus = () => json<SetupStatus>('GET', '/api/setup');
export const setUp = (request: SetupRequest) => signedIn('/api/setup', request);
export const logIn = (request: LoginRequest) => signedIn('/api/login', request);
export const register = (event: string, request: RegisterRequest) => signedIn(`/api/events/${segment(event)}/register`, request);
export const acceptInvitation = (request: AcceptRequest) => signedIn('/api/invitations/accept', request);

export const logOut = () => call('POST', '/api/logout');
export const logOutEverywhere = () => call('POST', '/api/logout/everywhere');
export const deleteMe = () => call('DELETE', '/api/me');

export const changePassword = (current: string, next: string) => call('POST', '/api/me/password', { current, new: next });
export const forgotPassword = (login: string, event: string | null) =>
  call('POST', '/api/password/forgotten', { login, ...(event === null ? {} : { event }) });
export const resetPassword = (token: string, password: string) => call('POST', '/api/password/reset', { token, password });

export const beginMfa = () => json<MfaEnrolment>('POST', '/api/me/mfa');
export const confirmMfa = async (code: string) => (await json<{ backup_codes: string[] }>('POST', '/api/me/mfa/confirm', { code })).backup_codes;
export const disableMfa = (password: string, code: string) => call('POST', '/api/me/mfa/disable', { password, code });
