import { Problem } from '../api/problem';
import { coverCrop, fitWithin, type Rect, SELFIE_BYTES_MAX, SELFIE_LONG_SIDE_PX, type Size } from './scale';

const JPEG_QUALITY = 0.9;

/** The part of the video that the person sees, not mirrored, as a small JPEG. */
export function shoot(video: HTMLVideoElement): Promise<Blob> {
  const source = { width: video.videoWidth, height: video.videoHeight };
  return toJpeg(video, coverCrop(source, video.clientWidth / video.clientHeight));
}

/**
 * A chosen picture, upright and small. What the browser cannot decode (HEIC in most) goes to the server as it is, if
 * it is not too large: the server knows more formats and names what it cannot read.
 */
export async function shrink(file: File): Promise<Blob> {
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
    try {
      return await toJpeg(bitmap, { x: 0, y: 0, width: bitmap.width, height: bitmap.height });
    } finally {
      bitmap.close();
    }
  } catch {
    if (file.size > SELFIE_BYTES_MAX) throw Problem.local('picture_too_large');
    return file;
  }
}

function toJpeg(source: CanvasImageSource, part: Rect): Promise<Blob> {
  const size = fitWithin(part, SELFIE_LONG_SIDE_PX);
  const { canvas, context } = canvasOf(size);
  context.fillStyle = '#fff'; // Transparent pixels would turn black in a JPEG.
  context.fillRect(0, 0, size.width, size.height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, part.x, part.y, part.width, part.height, 0, 0, size.width, size.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob === null ? reject(new Error('the browser made no JPEG')) : resolve(blob)),
      'image/jpeg',
      JPEG_QUALITY,
    );
  });
}

function canvasOf(size: Size): { canvas: HTMLCanvasElement; context: CanvasRenderingContext2D } {
  const canvas = document.createElement('canvas');
  canvas.width = size.width;
  canvas.height = size.height;
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('the browser has no 2D canvas');
  return { canvas, context };
}

const FRAME: Size = { width: 48, height: 64 };
const DETAIL_PX = 160;

/** What the person sees in the frame, very small: enough to judge light and movement. */
export function framePixels(video: HTMLVideoElement): ImageData {
  const crop = coverCrop({ width: video.videoWidth, height: video.videoHeight }, video.clientWidth / video.clientHeight);
  return pixels(video, crop, FRAME);
}

/** The middle of the picture as it is, not made smaller: enough to judge whether it has edges. */
export function detailPixels(video: HTMLVideoElement): ImageData {
  const side = Math.min(DETAIL_PX, video.videoWidth, video.videoHeight);
  const middle = { x: (video.videoWidth - side) / 2, y: (video.videoHeight - side) / 2, width: side, height: side };
  return pixels(video, middle, middle);
}

const readers = new Map<string, ReturnType<typeof canvasOf>>();

/** Canvases to read from are kept: this runs several times a second. */
function pixels(video: HTMLVideoElement, part: Rect, size: Size): ImageData {
  const key = `${size.width}x${size.height}`;
  const reader = readers.get(key) ?? canvasOf(size);
  readers.set(key, reader);
  reader.context.drawImage(video, part.x, part.y, part.width, part.height, 0, 0, size.width, size.height);
  return reader.context.getImageData(0, 0, size.width, size.height);
}
