import { describe, expect, it } from 'vitest';
import { failureOf } from './camera';
import { lightOf } from './light';
import { coverCrop, fitWithin } from './scale';

describe('fitWithin', () => {
  it.each([
    [{ width: 4000, height: 3000 }, { width: 1280, height: 960 }],
    [{ width: 3000, height: 4000 }, { width: 960, height: 1280 }],
    [{ width: 1280, height: 1280 }, { width: 1280, height: 1280 }],
    [{ width: 640, height: 480 }, { width: 640, height: 480 }],
    [{ width: 60_000, height: 10 }, { width: 1280, height: 1 }],
    [{ width: 720.4, height: 960.2 }, { width: 720, height: 960 }],
  ])('%j becomes %j', (size, expected) => {
    expect(fitWithin(size, 1280)).toEqual(expected);
  });

  it('keeps the shape and never enlarges, whatever the size', () => {
    for (let width = 1; width < 9000; width += 371) {
      for (let height = 1; height < 9000; height += 293) {
        const fitted = fitWithin({ width, height }, 1280);
        expect(Math.max(fitted.width, fitted.height)).toBeLessThanOrEqual(1280);
        expect(fitted.width).toBeLessThanOrEqual(width);
        // A pixel of rounding on the short side is all that the shape may lose.
        expect(Math.abs(fitted.width * height - fitted.height * width)).toBeLessThanOrEqual(Math.max(width, height));
      }
    }
  });
});

describe('coverCrop', () => {
  it('cuts a landscape camera to the upright frame that is seen', () => {
    expect(coverCrop({ width: 1280, height: 960 }, 3 / 4)).toEqual({ x: 280, y: 0, width: 720, height: 960 });
  });

  it('cuts an upright camera above and below', () => {
    expect(coverCrop({ width: 600, height: 1200 }, 3 / 4)).toEqual({ x: 0, y: 200, width: 600, height: 800 });
  });

  it('leaves a picture of the same shape whole', () => {
    expect(coverCrop({ width: 300, height: 400 }, 3 / 4)).toEqual({ x: 0, y: 0, width: 300, height: 400 });
  });
});

describe('lightOf', () => {
  const grey = (level: number) => [level, level, level, 255, level, level, level, 255];

  it.each([
    [0, 'dark'],
    [44, 'dark'],
    [46, 'good'],
    [128, 'good'],
    [224, 'good'],
    [250, 'bright'],
  ])('%i is %s', (level, expected) => {
    expect(lightOf(grey(level))).toBe(expected);
  });

  it('says nothing of no pixels', () => {
    expect(lightOf([])).toBe('good');
  });
});

describe('failureOf', () => {
  const named = (name: string) => Object.assign(new Error(name), { name });

  it.each([
    ['NotAllowedError', 'refused'],
    ['SecurityError', 'refused'],
    ['NotReadableError', 'busy'],
    ['NotFoundError', 'missing'],
    ['OverconstrainedError', 'missing'],
  ])('%s means %s', (name, expected) => {
    expect(failureOf(named(name))).toBe(expected);
  });
});
