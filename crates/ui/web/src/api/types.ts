/** The shapes of the HTTP API under the names that the pages use: aliases of what the server's own document says. */
import type { Narrowed, Schema } from './schemas';

export type Role = 'admin' | 'organiser' | 'photographer' | 'attendee';
export type StaffRole = Exclude<Role, 'attendee'>;

export type User = Narrowed<'User', { role: Role }>;
/** The answer to every way of logging in. Pages get their tokens as cookies, which scripts cannot read. */
export type SignedIn = Narrowed<'Session', { user: User }>;
export type SetupStatus = Schema<'SetupState'>;
export type SetupRequest = Schema<'NewAdmin'>;
export type LoginRequest = Schema<'Credentials'>;
export type RegisterRequest = Schema<'Registration'>;
export type AcceptRequest = Schema<'Acceptance'>;
export type MfaEnrolment = Schema<'Enrolment'>;

export type Settings = Schema<'Settings'>;
export type StaffMember = Narrowed<'Member', { role: StaffRole }>;
export type NewStaff = Narrowed<'StaffForm', { role: StaffRole }>;
export type StaffChange = Narrowed<'StaffChange', { role?: StaffRole }>;
export type Invitation = Narrowed<'Invitation', { role: StaffRole }>;
export type AuditEntry = Schema<'AuditEntry'>;
/** A message that was not sent, because no service to send it is connected. */
export type OutboxMessage = Schema<'OutboxMessage'>;

export type JobState = Schema<'JobState'>;
export type JobKind = Schema<'JobKind'>;
export type Job = Schema<'Job'>;
export type JobCounts = Schema<'JobCounts'>;
export type Integration = Schema<'Integration'>;
export type SystemCheck = Schema<'Check'>;
export type SystemReport = Schema<'SystemReport'>;
export type StatisticsDay = Schema<'StatisticsDay'>;
export type Statistics = Schema<'Statistics'>;

/** Somebody of the staff who works on an event. */
export type EventMember = Narrowed<'EventMember', { role: StaffRole }>;
export type Attendee = Schema<'Attendee'>;
export type NewAttendee = Schema<'AttendeeForm'>;
export type ImportError = Schema<'LineError'>;
export type ImportAnswer = Schema<'ImportReport'>;

/** Photos and faces of an event: `received = waiting + working + ready + failed`; `without_faces` are among `ready`. */
export type Counts = Schema<'Counts'>;
export type Event = Schema<'Event'>;
/** What is left out stays; null clears. */
export type EventChange = Schema<'EventChange'>;
export type NewEvent = Schema<'EventForm'>;

export type UploadOutcome = Schema<'Outcome'>;
export type UploadResult = Schema<'FileOutcome'>;
export type UploadAnswer = Schema<'Uploaded'>;

export type PhotoState = 'waiting' | 'ready' | 'failed';
/** Why a photo failed; `detail` is for people, in the language asked for. */
export type FailureReason = Schema<'Reason'>;
export type Photo = Narrowed<'Photo', { state: PhotoState }>;

/** One page of a list, whatever the server calls its rows. */
export interface Page<T> {
  rows: T[];
  /** Cursor of the next page. */
  next: string | null;
}

/** Problem details (RFC 9457) with the server's own members. All may be missing: a proxy may have written them. */
export type ProblemDetails = { [Member in keyof Schema<'ProblemBody'>]?: NonNullable<Schema<'ProblemBody'>[Member]> };
