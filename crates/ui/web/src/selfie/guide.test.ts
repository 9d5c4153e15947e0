import { describe, expect, it } from 'vitest';
import { inFrame } from './faces';
import { Calm, type Hint, hintOf, OVAL, type Seen } from './guide';
import { greyOf, isBlurred, isMoving, lit, type Pixels } from './measure';
import type { Rect } from './scale';

const GOOD: Seen = { light: 'good', backlit: false, moving: false, blurred: false, faces: null };
const face = (share: number, x: number = OVAL.x, y: number = OVAL.y): Rect => {
  const size = share * OVAL.height;
  return { x: x - size / 2, y: y - size / 2, width: size, height: size };
};

describe('hintOf', () => {
  it.each<[Partial<Seen>, Hint]>([
    [{}, 'look'],
    [{ light: 'dark', moving: true }, 'dark'],
    [{ light: 'bright' }, 'bright'],
    [{ backlit: true, moving: true }, 'backlit'],
    [{ moving: true, blurred: true }, 'moving'],
    [{ blurred: true }, 'blurred'],
    [{ faces: [] }, 'nobody'],
    [{ faces: [], light: 'dark' }, 'dark'],
    [{ faces: [face(0.6), face(0.2, 0.1)], light: 'dark' }, 'several'],
    [{ faces: [face(0.3)] }, 'closer'],
    [{ faces: [face(1.2)] }, 'farther'],
    [{ faces: [face(0.6, 0.3)] }, 'aside'],
    [{ faces: [face(0.6, 0.5, 0.75)] }, 'aside'],
    [{ faces: [face(0.6)], moving: true }, 'moving'],
    [{ faces: [face(0.6)] }, 'ready'],
  ])('%j: %s', (seen, hint) => {
    expect(hintOf({ ...GOOD, ...seen })).toBe(hint);
  });

  it('never says that a face is well placed where no face was measured', () => {
    expect(hintOf({ ...GOOD, faces: null })).toBe('look');
  });
});

describe('Calm', () => {
  it('changes for what lasts', () => {
    const calm = new Calm();
    const seen: Hint[] = ['closer', 'moving', 'moving', 'ready', 'moving', 'ready', 'ready'];
    expect(seen.map((hint) => calm.next(hint))).toEqual(['look', 'look', 'moving', 'moving', 'moving', 'moving', 'ready']);
  });
});

const picture = (width: number, height: number, at: (x: number, y: number) => number): Pixels => ({
  data: Array.from({ length: width * height }, (_, i) => at(i % width, Math.floor(i / width))).flatMap((grey) => [grey, grey, grey, 255]),
  width,
  height,
});

describe('measures', () => {
  it('sees light behind a dark face, and only that', () => {
    const behind = (face: number, around: number) => picture(24, 32, (x, y) => (Math.hypot((x - 12) / 7, (y - 15) / 10) < 1 ? face : around));
    expect(lit(behind(60, 220))).toEqual({ light: 'good', backlit: true });
    expect(lit(behind(120, 220))).toEqual({ light: 'good', backlit: false });
    expect(lit(behind(30, 60))).toEqual({ light: 'dark', backlit: false });
  });

  it('tells movement from noise', () => {
    const still = greyOf(picture(16, 16, (x, y) => 8 * x + y));
    const noisy = greyOf(picture(16, 16, (x, y) => 8 * x + y + ((x + y) % 3)));
    const turned = greyOf(picture(16, 16, (x, y) => 8 * (16 - x) + y));
    expect([isMoving(still, null), isMoving(noisy, still), isMoving(turned, still)]).toEqual([false, false, true]);
  });

  it('tells edges from a blur', () => {
    const edges = greyOf(picture(32, 32, (x) => (x % 8 < 4 ? 60 : 180)));
    const blur = greyOf(picture(32, 32, (x, y) => 100 + x + y));
    expect([isBlurred(edges, 32, 32), isBlurred(blur, 32, 32)]).toEqual([false, true]);
  });
});

describe('inFrame', () => {
  it('measures a box in the part that is seen', () => {
    // Of a 1280 × 960 picture a 3:4 frame shows 720 × 960, from x = 280.
    expect(inFrame({ x: 460, y: 240, width: 360, height: 480 }, { width: 1280, height: 960 }, 3 / 4)).toEqual({ x: 0.25, y: 0.25, width: 0.5, height: 0.5 });
  });
});
