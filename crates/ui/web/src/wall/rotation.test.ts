import { beforeEach, describe, expect, it } from 'vitest';
import type { WallPhoto } from '../api/event-types';
import { Rotation } from './rotation';

const photo = (photo_id: string, ratio = 1.5): WallPhoto => ({ photo_id, width_px: ratio * 1000, height_px: 1000, taken_at: null, thumb_url: '', preview_url: '' });
const ids = (slide: WallPhoto[]) => slide.map(({ photo_id }) => photo_id).join('+');
const WIDE = 16 / 9;

let rotation: Rotation;
const shown = (count: number, screen = WIDE) => Array.from({ length: count }, () => ids(rotation.next(screen)));

beforeEach(() => {
  rotation = new Rotation();
});

describe('Rotation', () => {
  it('shows nothing while there is nothing', () => {
    expect([rotation.isEmpty, rotation.next(WIDE)]).toEqual([true, []]);
    rotation.update([]);
    expect(rotation.next(WIDE)).toEqual([]);
  });

  it('goes round, newest first', () => {
    rotation.update([photo('c'), photo('b'), photo('a')]);
    expect(shown(7)).toEqual(['c', 'b', 'a', 'c', 'b', 'a', 'c']);
  });

  it('shows new photos at once, in the order in which they came, and goes on where it was', () => {
    rotation.update([photo('c'), photo('b'), photo('a')]);
    expect(shown(1)).toEqual(['c']);
    rotation.update([photo('e'), photo('d'), photo('c'), photo('b'), photo('a')]);
    expect(shown(6)).toEqual(['d', 'e', 'b', 'a', 'e', 'd']);
  });

  it('shows no photo again that is gone', () => {
    rotation.update([photo('c'), photo('b'), photo('a')]);
    rotation.next(WIDE);
    rotation.update([photo('d'), photo('c'), photo('b'), photo('a')]);
    rotation.update([photo('c'), photo('a')]);
    expect(rotation.has('b')).toBe(false);
    expect(shown(4)).toEqual(['a', 'c', 'a', 'c']);
  });

  it('sets upright photos side by side where the screen is wide', () => {
    const photos = [photo('c', 0.75), photo('b'), photo('a', 0.75), photo('z', 0.75)];
    rotation.update(photos);
    expect(shown(3)).toEqual(['c+a', 'b', 'z']);
    rotation = new Rotation();
    rotation.update(photos);
    expect(shown(4, 0.6)).toEqual(['c', 'b', 'a', 'z']);
  });
});
