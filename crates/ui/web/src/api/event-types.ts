/** The shapes of what staff do with an event: aliases of what the server's own document says. */
import type { Narrowed, Schema } from './schemas';
import type { Photo, PhotoState } from './types';

export type AccessMode = 'open' | 'code' | 'invitation';
export type Corner = 'top_left' | 'top_right' | 'bottom_left' | 'bottom_right' | 'centre';
export type ImageKind = 'logo' | 'cover';

export type EventImage = Schema<'Image'>;
export type Watermark = Narrowed<'Watermark', { corner: Corner }>;
export type StaffEvent = Narrowed<'Event', { access: Narrowed<'Access', { mode: AccessMode }>; watermark: Watermark }>;

export type StaffPhoto = Photo;
export type StaffPhotoPage = Narrowed<'Photos', { photos: StaffPhoto[] }>;

export interface PhotoFilter {
  state?: PhotoState;
  faces?: 'none' | 'some';
  published?: boolean;
  mine?: boolean;
  batch?: string;
}

export type PhotoAction = Schema<'Action'>;

export type Batch = Schema<'Batch'>;
export type Pack = Schema<'Pack'>;
export type PackWithUses = Schema<'PackWithUses'>;

/** Figures of one hour. */
export type Hour = Schema<'EventHour'>;
/** `hours` has the last 14 days; hours in which nothing happened are left out. */
export type EventStatistics = Schema<'EventStatistics'>;
/** A photo for the venue's screen. */
export type WallPhoto = Schema<'WallPhoto'>;
