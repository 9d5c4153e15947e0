export type Light = 'dark' | 'good' | 'bright';

/** Mean luma (0–255) below which a face drowns in sensor noise, and above which it is washed out. Far outside an ordinary exposure, so that the hint never nags. */
const DARK_BELOW = 45;
const BRIGHT_ABOVE = 225;

/** How well lit RGBA pixels are, by Rec. 601 luma. */
export function lightOf(rgba: ArrayLike<number>): Light {
  const pixels = Math.floor(rgba.length / 4);
  if (pixels === 0) return 'good';
  let sum = 0;
  for (let i = 0; i < pixels * 4; i += 4) {
    sum += 0.299 * (rgba[i] ?? 0) + 0.587 * (rgba[i + 1] ?? 0) + 0.114 * (rgba[i + 2] ?? 0);
  }
  const mean = sum / pixels;
  return mean < DARK_BELOW ? 'dark' : mean > BRIGHT_ABOVE ? 'bright' : 'good';
}
