/** What only admins may do. */
import { call, json, segment } from './client';
import { query } from './events';
import type { AuditEntry, Invitation, NewStaff, OutboxMessage, Page, Settings, StaffMember, StaffRole } from './types';

export const AUDIT_EXPORT_PATH = '/api/audit/export';

const staffPath = (user: string) => `/api/staff/${segment(user)}`;

export async function listStaff(q: string, role: StaffRole | '', limit: number, after: string | null): Promise<Page<StaffMember>> {
  const path = `/api/staff?${query({ q, role, sort: 'name', limit, after })}`;
  const { staff, next } = await json<{ staff: StaffMember[]; next: string | null }>('GET', path);
  return { rows: staff, next };
}

export const createStaff = (person: NewStaff) => call('POST', '/api/staff', person);
export const changeStaff = (user: string, change: { name?: string; role?: StaffRole }) => call('PATCH', staffPath(user), change);
export const deleteStaff = (user: string) => call('DELETE', staffPath(user));
export const mailPasswordLink = (user: string) => call('POST', `${staffPath(user)}/password-link`);

export const listInvitations = async () => (await json<{ invitations: Invitation[] }>('GET', '/api/invitations')).invitations;
export const invite = (email: string, role: StaffRole, language: string) => json<Invitation>('POST', '/api/invitations', { email, role, language });
export const withdrawInvitation = (invitation: string) => call('DELETE', `/api/invitations/${segment(invitation)}`);

export const getSettings = () => json<Settings>('GET', '/api/settings');
export const putSettings = (settings: Settings) => json<Settings>('PUT', '/api/settings', settings);

export interface AuditFilter {
  action: string;
  actor: string;
  event: string;
}

export async function listAudit(filter: AuditFilter, limit: number, after: string | null): Promise<Page<AuditEntry>> {
  const { entries, next } = await json<{ entries: AuditEntry[]; next: string | null }>('GET', `/api/audit?${query({ ...filter, limit, after })}`);
  return { rows: entries, next };
}

export async function listOutbox(limit: number, after: string | null): Promise<Page<OutboxMessage>> {
  const path = `/api/outbox?${query({ limit, after })}`;
  const { messages, next } = await json<{ messages: OutboxMessage[]; next: string | null }>('GET', path);
  return { rows: messages, next };
}
