/** The shapes of the HTTP API, as the server sends and takes them. */

export type Role = 'admin' | 'organiser' | 'photographer' | 'attendee';

export type StaffRole = Exclude<Role, 'attendee'>;

export interface User {
  user_id: string;
  role: Role;
  name: string;
  email: string | null;
  username: string | null;
  /** The event that an attendee's account belongs to; `null` for staff. */
  event: { event_id: string; slug: string; name: string } | null;
  mfa_enabled: boolean;
  /** Whether this person must set up two-step log-in before anything else. */
  mfa_enrolment_needed: boolean;
}

/** The answer to every way of logging in. Pages get their tokens as cookies, which scripts cannot read. */
export interface SignedIn {
  user: User;
}

export interface SetupStatus {
  needed: boolean;
}

export interface SetupRequest {
  token: string;
  name: string;
  email: string;
  password: string;
}

export interface LoginRequest {
  /** E-mail or user name. */
  login: string;
  password: string;
  /** Slug of the event; only for attendees. */
  event?: string;
  /** Second step: six digits, or a backup code. */
  code?: string;
}

export interface RegisterRequest {
  name: string;
  email?: string;
  username?: string;
  password: string;
}

export interface AcceptRequest {
  token: string;
  name: string;
  username?: string;
  password: string;
}

export interface MfaEnrolment {
  secret: string;
  otpauth_url: string;
}

export interface Settings {
  require_mfa: boolean;
}

export interface StaffMember {
  user_id: string;
  role: StaffRole;
  name: string;
  email: string | null;
  username: string | null;
  mfa_enabled: boolean;
  created_at: string;
  /** How many events this person is assigned to. */
  events: number;
  /** How many bytes they may upload; `null`: as many as fit. */
  bytes_max: number | null;
}

export interface NewStaff {
  role: StaffRole;
  name: string;
  email: string;
  username?: string;
  password: string;
}

export interface Invitation {
  invitation_id: string;
  email: string;
  role: StaffRole;
  created_at: string;
  expires_at: string;
}

export interface AuditEntry {
  audit_id: string | number;
  at: string;
  actor_id: string | null;
  actor_role: Role | null;
  action: string;
  event_id: string | null;
  target_id: string | null;
  status: number | null;
  address: string | null;
  request_id: string | null;
}

/** A message that was not sent, because no service to send it is connected. */
export interface OutboxMessage {
  message_id: string;
  kind: string;
  recipient: string;
  subject: string;
  body: string;
  created_at: string;
}

export type JobState = 'waiting' | 'working' | 'dead';
export type JobKind = 'ingest_photo' | 'reindex_photo';

/** A piece of background work that is not done yet. */
export interface Job {
  job_id: string;
  kind: JobKind;
  state: JobState;
  event: { event_id: string; slug: string; name: string };
  photo_id: string;
  file_name: string;
  attempts: number;
  /** When it was, or will be, due. */
  run_at: string;
  last_error: string | null;
}

export type JobCounts = Record<JobState, number>;

/** A service beside FindMe. */
export interface Integration {
  name: 'smtp' | 'sendgrid' | 'twilio' | 'slack' | 's3' | 'rekognition';
  connected: boolean;
  /** For people, in the language asked for. */
  why: string;
}

/** What was found of one part of the installation. */
export interface SystemCheck {
  /** A stable name, such as `photo store`. */
  name: string;
  ok: 'ok' | 'warning' | 'error';
  detail: string;
  mend: string | null;
}

export interface SystemReport {
  version: string;
  started_at: string;
  checks: SystemCheck[];
}

/** A day of UTC in figures. */
export interface StatisticsDay {
  /** `YYYY-MM-DD` */
  day: string;
  photos: number;
  searches: number;
  downloads: number;
  visitors: number;
}

/** The installation in figures. */
export interface Statistics {
  events: number;
  photos: number;
  faces: number;
  size_bytes: number;
  staff: number;
  attendees: number;
  searches: number;
  downloads: number;
  visitors: number;
  /** The last 30, the oldest first. */
  days: StatisticsDay[];
}

/** Somebody of the staff who works on an event. */
export interface EventMember {
  user_id: string;
  role: StaffRole;
  name: string;
  email: string | null;
}

export interface Attendee {
  user_id: string;
  name: string;
  email: string | null;
  username: string | null;
  created_at: string;
  has_password: boolean;
}

export interface NewAttendee {
  name: string;
  email?: string;
  username?: string;
  password?: string;
  /** Of the e-mail that is sent to those without a password. */
  language?: string;
}

export interface ImportError {
  line: number;
  field: string | null;
  code: string;
  detail: string;
}

export interface ImportAnswer {
  rows: number;
  created: number;
  dry_run: boolean;
  errors: ImportError[];
}

/** One page of a list. */
export interface Page<T> {
  rows: T[];
  /** Cursor of the next page. */
  next: string | null;
}

/** Photos and faces of an event: `received = waiting + working + ready + failed`; `without_faces` are among `ready`. */
export interface Counts {
  received: number;
  waiting: number;
  working: number;
  ready: number;
  without_faces: number;
  failed: number;
  faces: number;
}

export interface Event {
  event_id: string;
  slug: string;
  name: string;
  /** `YYYY-MM-DD` */
  held_on: string | null;
  recognition_enabled: boolean;
  created_at: string;
  counts: Counts;
  /** Whether the person logged in may change its settings, its people, or delete it. */
  may_manage: boolean;
}

export interface EventChange {
  name?: string;
  held_on?: string | null;
  recognition_enabled?: boolean;
}

export interface NewEvent {
  name: string;
  /** `YYYY-MM-DD` */
  held_on?: string;
}

export type UploadOutcome = 'accepted' | 'duplicate' | 'rejected';

export interface UploadResult {
  file_name: string;
  outcome: UploadOutcome;
  photo_id?: string;
  code?: string;
  detail?: string;
}

export interface UploadAnswer {
  results: UploadResult[];
}

export type PhotoState = 'waiting' | 'ready' | 'failed';

/** Why a photo failed; `detail` is for people, in the language asked for. */
export interface FailureReason {
  code: string;
  detail: string;
}

export interface Photo {
  photo_id: string;
  file_name: string;
  state: PhotoState;
  reason: FailureReason | null;
  face_count: number | null;
  width_px: number | null;
  height_px: number | null;
  thumb_url: string | null;
  preview_url: string | null;
  original_url: string | null;
}

export interface PhotoPage {
  photos: Photo[];
  /** Cursor of the next page. */
  next: string | null;
}

/** Problem details (RFC 9457) with the server's own members. */
export interface ProblemDetails {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  code?: string;
  request_id?: string;
  field?: string;
}
