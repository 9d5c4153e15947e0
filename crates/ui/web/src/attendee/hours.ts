import type { VisitorPhoto } from '../api/attendee';

/** Photos taken in one hour; `hour` is `YYYY-MM-DDTHH`, or `null` when the camera did not say. */
export interface Hour {
  hour: string | null;
  photos: VisitorPhoto[];
}

/** Neighbours of one hour together, in the order they come. */
export function byHour(photos: VisitorPhoto[]): Hour[] {
  const hours: Hour[] = [];
  for (const photo of photos) {
    const hour = photo.taken_at?.slice(0, 13) ?? null;
    const last = hours.at(-1);
    if (last !== undefined && last.hour === hour) last.photos.push(photo);
    else hours.push({ hour, photos: [photo] });
  }
  return hours;
}

/** By the time they were taken; those without one last. */
export function inTimeOrder(photos: VisitorPhoto[]): VisitorPhoto[] {
  const time = (photo: VisitorPhoto) => photo.taken_at ?? '~';
  return photos.toSorted((a, b) => (time(a) < time(b) ? -1 : time(a) > time(b) ? 1 : 0));
}
