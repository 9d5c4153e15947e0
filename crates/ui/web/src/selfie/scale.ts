/** Long side of a selfie as it is sent: enough for any face detector, small enough for a slow network. */
export const SELFIE_LONG_SIDE_PX = 1280;
/** What the server takes when the browser cannot shrink the picture. */
export const SELFIE_BYTES_MAX = 15 * 1024 * 1024;

export interface Size {
  width: number;
  height: number;
}

export interface Rect extends Size {
  x: number;
  y: number;
}

/** `size` made to fit `longSideMax`, never enlarged, whole pixels, at least one. */
export function fitWithin(size: Size, longSideMax: number): Size {
  const scale = Math.min(1, longSideMax / Math.max(size.width, size.height));
  return {
    width: Math.max(1, Math.round(size.width * scale)),
    height: Math.max(1, Math.round(size.height * scale)),
  };
}

/** The middle of `source` that a frame of `ratio` (width / height) shows with `object-fit: cover`. */
export function coverCrop(source: Size, ratio: number): Rect {
  const width = Math.min(source.width, source.height * ratio);
  const height = Math.min(source.height, source.width / ratio);
  return { x: (source.width - width) / 2, y: (source.height - height) / 2, width, height };
}
