import type { Light } from './light';
import type { Rect } from './scale';

/** What is known of the picture in the frame. Only what was measured is told: a hint that guesses would send people astray. */
export interface Seen {
  light: Light;
  /** The face is much darker than what is behind it. */
  backlit: boolean;
  moving: boolean;
  blurred: boolean;
  /** Boxes of faces as shares of the frame; `null` where the browser finds none by itself. */
  faces: Rect[] | null;
}

export type Hint = 'several' | 'dark' | 'bright' | 'backlit' | 'nobody' | 'closer' | 'farther' | 'aside' | 'moving' | 'blurred' | 'ready' | 'look';

/** The oval of the camera view, as shares of the frame. */
export const OVAL = { x: 0.5, y: 0.475, height: 0.675 } as const;
/** A face's box reaches from the brows to the chin, so it is lower than the oval even when the head fills it. */
const FAR_BELOW = 0.42;
const NEAR_ABOVE = 1;
const ASIDE_X = 0.13;
const ASIDE_Y = 0.17;

/** The one thing to say now: what spoils a search most comes first. */
export function hintOf({ light, backlit, moving, blurred, faces }: Seen): Hint {
  if (faces !== null && faces.length > 1) return 'several';
  if (light === 'dark') return 'dark';
  if (light === 'bright') return 'bright';
  if (faces !== null) {
    const [face] = faces;
    if (face === undefined) return 'nobody';
    const placed = placeOf(face);
    if (placed !== null) return placed;
  }
  if (backlit) return 'backlit';
  if (moving) return 'moving';
  if (blurred) return 'blurred';
  return faces === null ? 'look' : 'ready';
}

function placeOf(face: Rect): Hint | null {
  const share = face.height / OVAL.height;
  if (share < FAR_BELOW) return 'closer';
  if (share > NEAR_ABOVE) return 'farther';
  const [x, y] = [face.x + face.width / 2, face.y + face.height / 2];
  return Math.abs(x - OVAL.x) > ASIDE_X || Math.abs(y - OVAL.y) > ASIDE_Y ? 'aside' : null;
}

/** Changes only for what was seen twice in a row, so that the hint does not flicker. */
export class Calm {
  #shown: Hint = 'look';
  #before: Hint = 'look';

  next(hint: Hint): Hint {
    if (hint === this.#before) this.#shown = hint;
    this.#before = hint;
    return this.#shown;
  }
}
