/** What staff do with an event: its settings and looks, its photos in bulk, its packs, its figures. */
import { call, json, segment } from './client';
import { query } from './events';
import type {
  EventImage,
  EventStatistics,
  ImageKind,
  Pack,
  PackWithUses,
  PhotoAction,
  PhotoFilter,
  StaffEvent,
  StaffPhotoPage,
  WallPhoto,
  Watermark,
} from './event-types';
import type { EventChange, Page } from './types';

/** Photos on one page of the grid. */
export const PHOTOS_PER_PAGE = 60;
/** Photos that one request may name. */
export const PHOTOS_NAMED_MAX = 1000;

const of = (event: string, ...parts: string[]) => ['/api/events', ...[event, ...parts].map(segment)].join('/');

export const getStaffEvent = (event: string) => json<StaffEvent>('GET', of(event));
export const changeStaffEvent = (event: string, change: EventChange) => json<StaffEvent>('PATCH', of(event), change);
export const beginReindex = (event: string, pack: string) => call('POST', of(event, 'reindex'), { pack });
export const cancelReindex = (event: string) => call('DELETE', of(event, 'reindex'));

export const putImage = (event: string, kind: ImageKind, image: Blob) => json<EventImage>('PUT', of(event, 'images', kind), image);
export const deleteImage = (event: string, kind: ImageKind) => call('DELETE', of(event, 'images', kind));
export const putWatermark = (event: string, watermark: Watermark) => call('PUT', of(event, 'watermark'), watermark);

/** A photo of the event as visitors would get it. */
export async function watermarkPreview(event: string, { text, logo, corner, opacity }: Watermark): Promise<Blob> {
  // An empty text means none; left out, it would mean the one that is stored.
  const asked = new URLSearchParams({ text: text ?? '', logo: String(logo), corner, opacity: String(opacity) });
  return (await call('GET', `${of(event, 'watermark', 'preview')}?${asked}`)).blob();
}

const filled = (filter: PhotoFilter) => ({
  state: filter.state ?? null,
  faces: filter.faces ?? null,
  published: filter.published === undefined ? null : String(filter.published),
  mine: filter.mine === true ? 'true' : null,
  batch: filter.batch ?? null,
});

export const listStaffPhotos = (event: string, filter: PhotoFilter, after: string | null) =>
  json<StaffPhotoPage>('GET', `${of(event, 'photos')}?${query({ ...filled(filter), limit: PHOTOS_PER_PAGE, after })}`);

const act = async (event: string, body: object) => (await json<{ changed: number }>('POST', of(event, 'photos', 'actions'), body)).changed;

/** Does `action` to these photos, however many; answers how many of them it changed. */
export async function actOnPhotos(event: string, action: PhotoAction, photos: readonly string[]): Promise<number> {
  let changed = 0;
  for (let from = 0; from < photos.length; from += PHOTOS_NAMED_MAX) {
    changed += await act(event, { action, photo_ids: photos.slice(from, from + PHOTOS_NAMED_MAX) });
  }
  return changed;
}

/** Does `action` to all photos that the filter fits. */
export const actOnFilter = (event: string, action: PhotoAction, filter: PhotoFilter) => act(event, { action, filter });

/** Reads all failed photos again; answers how many. */
export const retryAllFailed = async (event: string) => (await json<{ retried: number }>('POST', of(event, 'photos', 'retry'))).retried;

export const listPacks = async (event: string) => (await json<{ packs: Pack[] }>('GET', of(event, 'packs'))).packs;
export const createPack = (event: string, seats: number) => json<Pack>('POST', of(event, 'packs'), { seats });
export const getPack = (event: string, pack: string) => json<PackWithUses>('GET', of(event, 'packs', pack));
export const deletePack = (event: string, pack: string) => call('DELETE', of(event, 'packs', pack));

export const getStatistics = (event: string) => json<EventStatistics>('GET', of(event, 'statistics'));
export const statisticsCsvPath = (event: string) => of(event, 'statistics.csv');
export const attendeesCsvPath = (event: string) => of(event, 'attendees.csv');

export async function listWall(event: string, limit: number, after: string | null): Promise<Page<WallPhoto>> {
  const { photos, next } = await json<{ photos: WallPhoto[]; next?: string | null }>('GET', `${of(event, 'wall')}?${query({ limit, after })}`);
  return { rows: photos, next: next ?? null };
}
