/** The shapes of the HTTP API, as the server sends and takes them. */

export type Role = 'admin' | 'organiser' | 'photographer' | 'attendee';

export interface User {
  user_id: string;
  name: string;
  email: string;
  role: Role;
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
  email: string;
  password: string;
}

/** Photos and faces of an event: `received = waiting + ready + failed`; `without_faces` are among `ready`. */
export interface Counts {
  received: number;
  waiting: number;
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
}

export interface EventList {
  events: Event[];
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
  original_url: string;
}

export interface PhotoPage {
  photos: Photo[];
  /** Cursor of the next page. */
  next: string | null;
}

/** What anybody with the link may know of an event. */
export interface AttendeeEvent {
  slug: string;
  name: string;
  /** `YYYY-MM-DD` */
  held_on: string | null;
  recognition_enabled: boolean;
  photos_ready: number;
  consent_version: string;
}

export type Band = 'sure' | 'maybe';

export interface Match {
  photo_id: string;
  band: Band;
  score: number;
  width_px: number;
  height_px: number;
  thumb_url: string;
  preview_url: string;
  download_url: string;
}

export interface SearchAnswer {
  matches: Match[];
  faces_searched: number;
  timing: { queue_ms: number; embed_ms: number; search_ms: number };
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
