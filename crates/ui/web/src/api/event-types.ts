/** The shapes of what staff do with an event, as the server sends and takes them. */
import type { Counts, Event, Photo, PhotoState } from './types';

export type AccessMode = 'open' | 'code' | 'invitation';
export type Corner = 'top_left' | 'top_right' | 'bottom_left' | 'bottom_right' | 'centre';
export type ImageKind = 'logo' | 'cover';

export interface EventImage {
  url: string;
  width_px: number;
  height_px: number;
}

export interface Watermark {
  enabled: boolean;
  text: string | null;
  logo: boolean;
  corner: Corner;
  /** 0.1 to 1. */
  opacity: number;
}

/** How far the photos are read with another model pack. */
export interface Reindex {
  pack: string;
  done: number;
  total: number;
  /** Tried too often; tried again when the same pack is asked for again. */
  failed: number;
}

export interface StaffEvent extends Event {
  access: { mode: AccessMode; code: string | null };
  browse_enabled: boolean;
  review_enabled: boolean;
  /** `YYYY-MM-DD`; on this day the event goes with all its photos. */
  delete_on: string | null;
  welcome: string | null;
  /** `#rrggbb` */
  accent: string | null;
  watermark: Watermark;
  logo: EventImage | null;
  cover: EventImage | null;
  bytes_max: number | null;
  pack: string;
  reindex: Reindex | null;
}

/** What is left out stays; null clears. */
export interface StaffEventChange {
  name?: string;
  held_on?: string | null;
  recognition_enabled?: boolean;
  access?: { mode?: AccessMode; code?: string };
  browse_enabled?: boolean;
  review_enabled?: boolean;
  delete_on?: string | null;
  welcome?: string | null;
  accent?: string | null;
  bytes_max?: number | null;
}

export interface StaffPhoto extends Photo {
  published: boolean;
  taken_at: string | null;
  uploaded_at: string;
  batch_id: string | null;
  hidden_by_person: boolean;
  uploaded_by_me: boolean;
}

export interface StaffPhotoPage {
  photos: StaffPhoto[];
  next?: string | null;
  /** Photos that the filter fits. */
  total: number;
}

export interface PhotoFilter {
  state?: PhotoState;
  faces?: 'none' | 'some';
  published?: boolean;
  mine?: boolean;
  batch?: string;
}

export type PhotoAction = 'publish' | 'hide' | 'delete';

export interface Batch {
  batch_id: string;
  name: string;
  created_at: string;
  counts: Counts & { duplicates: number; rejected: number };
}

export interface BatchWithRejected extends Batch {
  rejected: { file_name: string; code: string; detail: string }[];
}

export interface Pack {
  pack_id: string;
  code: string;
  seats: number;
  used: number;
  created_at: string;
  created_by: string | null;
}

export interface PackWithUses extends Pack {
  uses: { entered_at: string; account: string | null }[];
}

/** Figures of one hour. */
export interface Hour {
  /** When it began. */
  hour: string;
  searches: number;
  downloads: number;
  visitors: number;
  photos: number;
}

export interface EventStatistics {
  photos: Counts;
  published: number;
  attendees: number;
  visitors: number;
  searches: number;
  downloads: number;
  favourites: number;
  templates: number;
  /** The last 14 days; hours in which nothing happened are left out. */
  hours: Hour[];
}

/** A photo for the venue's screen. */
export interface WallPhoto {
  photo_id: string;
  width_px: number | null;
  height_px: number | null;
  thumb_url: string;
  preview_url: string;
}
