export type Swipe = 'left' | 'right' | 'down' | 'none';

/** Shorter than this, a touch is a tap. */
const SIDE_PX_MIN = 48;
const DOWN_PX_MIN = 96;

/** The gesture that a finger's way makes: clearly sideways, clearly down, or none. */
export function swipeOf(dx: number, dy: number): Swipe {
  if (Math.abs(dx) >= SIDE_PX_MIN && Math.abs(dx) > 1.5 * Math.abs(dy)) return dx < 0 ? 'left' : 'right';
  if (dy >= DOWN_PX_MIN && dy > 1.5 * Math.abs(dx)) return 'down';
  return 'none';
}
