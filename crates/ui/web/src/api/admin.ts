/** What only admins may do. */
import { call, json, segment } from './client';
import { query } from './events';
import type {
  AuditEntry,
  Integration,
  Invitation,
  Job,
  JobCounts,
  JobKind,
  JobState,
  NewStaff,
  OutboxMessage,
  Page,
  Settings,
  StaffChange,
  StaffMember,
  StaffRole,
  Statistics,
  SystemReport,
} from './types';

export const AUDIT_EXPORT_PATH = '/api/audit/export';

const staffPath = (user: string) => `/api/staff/${segment(user)}`;

export async function listStaff(q: string, role: StaffRole | '', limit: number, after: string | null): Promise<Page<StaffMember>> {
  const path = `/api/staff?${query({ q, role, sort: 'name', limit, after })}`;
  const { staff, next } = await json<{ staff: StaffMember[]; next: string | null }>('GET', path);
  return { rows: staff, next };
}

export const createStaff = (person: NewStaff) => call('POST', '/api/staff', person);
/** `bytes_max` of `null` lifts the limit. */
export const changeStaff = (user: string, change: StaffChange) => call('PATCH', staffPath(user), change);
export const deleteStaff = (user: string) => call('DELETE', staffPath(user));
/** Takes the second step of the log-in away from somebody who has lost it. */
export const resetMfa = (user: string) => call('DELETE', `${staffPath(user)}/mfa`);
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

export interface JobPage extends Page<Job> {
  /** Of all jobs, whatever the filter. */
  counts: JobCounts;
}

export async function listJobs(state: JobState | '', kind: JobKind | '', limit: number, after: string | null): Promise<JobPage> {
  const path = `/api/jobs?${query({ state, kind, limit, after })}`;
  const { jobs, counts, next } = await json<{ jobs: Job[]; counts: JobCounts; next: string | null }>('GET', path);
  return { rows: jobs, counts, next };
}

export const retryJob = (job: string) => call('POST', `/api/jobs/${segment(job)}/retry`);
export const giveUpJob = (job: string) => call('DELETE', `/api/jobs/${segment(job)}`);
export const retryDeadJobs = async () => (await json<{ retried: number }>('POST', '/api/jobs/retry-dead')).retried;

export const listIntegrations = async () => (await json<{ integrations: Integration[] }>('GET', '/api/integrations/status')).integrations;
export const getSystem = () => json<SystemReport>('GET', '/api/system');
export const getStatistics = () => json<Statistics>('GET', '/api/statistics');
