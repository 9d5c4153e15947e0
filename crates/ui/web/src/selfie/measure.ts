import { lightOf, type Light } from './light';

/** RGBA pixels, row by row. */
export interface Pixels {
  data: ArrayLike<number>;
  width: number;
  height: number;
}

/** Mean change of grey (0–255) between two looks: a hand that holds a phone stays below it, a turning head does not. */
const MOVING_ABOVE = 11;
/** Variance of the Laplacian in the middle of the frame: out of focus, a face has next to no edges. */
const BLURRED_BELOW = 9;
const BACKLIT_FACE_BELOW = 85;
const BACKLIT_SURROUND_ABOVE = 80;

export const greyOf = ({ data, width, height }: Pixels): Float32Array =>
  Float32Array.from({ length: width * height }, (_, i) => 0.299 * (data[4 * i] ?? 0) + 0.587 * (data[4 * i + 1] ?? 0) + 0.114 * (data[4 * i + 2] ?? 0));

/** Whether the picture changed since the last look; there is no telling from one. */
export function isMoving(grey: Float32Array, before: Float32Array | null): boolean {
  if (before === null || before.length !== grey.length) return false;
  let sum = 0;
  for (let i = 0; i < grey.length; i += 1) sum += Math.abs((grey[i] ?? 0) - (before[i] ?? 0));
  return sum / grey.length > MOVING_ABOVE;
}

export function isBlurred(grey: Float32Array, width: number, height: number): boolean {
  let [sum, squares, count] = [0, 0, 0];
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const i = y * width + x;
      const edge = 4 * (grey[i] ?? 0) - (grey[i - 1] ?? 0) - (grey[i + 1] ?? 0) - (grey[i - width] ?? 0) - (grey[i + width] ?? 0);
      sum += edge;
      squares += edge * edge;
      count += 1;
    }
  }
  return count > 0 && squares / count - (sum / count) ** 2 < BLURRED_BELOW;
}

/** How the middle of the frame, where the face should be, is lit; and whether the light stands behind it. */
export function lit(frame: Pixels): { light: Light; backlit: boolean } {
  const grey = greyOf(frame);
  const [inside, face, around] = [[] as number[], { sum: 0, count: 0 }, { sum: 0, count: 0 }];
  for (let i = 0; i < grey.length; i += 1) {
    const [x, y] = [((i % frame.width) + 0.5) / frame.width - 0.5, (Math.floor(i / frame.width) + 0.5) / frame.height - 0.475];
    const isFace = (x / 0.25) ** 2 + (y / 0.27) ** 2 < 1;
    const part = isFace ? face : around;
    part.sum += grey[i] ?? 0;
    part.count += 1;
    if (isFace) for (let c = 0; c < 4; c += 1) inside.push(frame.data[4 * i + c] ?? 0);
  }
  const [faceMean, aroundMean] = [face.sum / Math.max(1, face.count), around.sum / Math.max(1, around.count)];
  return { light: lightOf(inside), backlit: faceMean < BACKLIT_FACE_BELOW && aroundMean > faceMean + BACKLIT_SURROUND_ABOVE };
}
