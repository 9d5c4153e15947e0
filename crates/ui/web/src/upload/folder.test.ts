import { describe, expect, it } from 'vitest';
import { filesOfDrop } from './folder';

type Node = { name: string; children?: Node[]; broken?: boolean };

/** The file system that a browser shows to a drop: two entries a time, as the standard allows. */
function entry(node: Node, parent = ''): unknown {
  const fullPath = `${parent}/${node.name}`;
  if (node.children === undefined) {
    const give = (resolve: (file: File) => void, reject: (error: Error) => void) =>
      node.broken === true ? reject(new Error('locked')) : resolve(new File(['x'], node.name));
    return { isDirectory: false, fullPath, file: give };
  }
  const left = node.children.map((child) => entry(child, fullPath));
  return {
    isDirectory: true,
    fullPath,
    createReader: () => ({ readEntries: (resolve: (entries: unknown[]) => void) => resolve(left.splice(0, 2)) }),
  };
}

const dropOf = (...nodes: Node[]) =>
  ({ items: nodes.map((node) => ({ webkitGetAsEntry: () => entry(node) })), files: [] }) as unknown as DataTransfer;

describe('filesOfDrop', () => {
  it('walks folders to the bottom, in order, and loses nothing', async () => {
    const names = Array.from({ length: 7 }, (_, i) => ({ name: `${i}.jpg` }));
    const counts: number[] = [];
    const tree = { name: 'gala', children: [...names, { name: 'evening', children: [{ name: 'z.jpg' }] }] };
    const { found, unreadable } = await filesOfDrop(dropOf(tree, { name: 'loose.png' }), (files) => counts.push(files));
    expect(found.map(({ path }) => path)).toEqual([
      ...names.map(({ name }) => `gala/${name}`),
      'gala/evening/z.jpg',
      'loose.png',
    ]);
    expect(unreadable).toEqual([]);
    expect(counts.at(-1)).toBe(9);
  });

  it('names what cannot be read and goes on', async () => {
    const tree = { name: 'gala', children: [{ name: 'a.jpg' }, { name: 'locked.jpg', broken: true }, { name: 'b.jpg' }] };
    const { found, unreadable } = await filesOfDrop(dropOf(tree), () => undefined);
    expect(found.map(({ path }) => path)).toEqual(['gala/a.jpg', 'gala/b.jpg']);
    expect(unreadable).toEqual(['gala/locked.jpg']);
  });

  it('takes files from a browser that shows no file system', async () => {
    const drop = { items: [{ webkitGetAsEntry: () => null }], files: [new File(['x'], 'a.jpg')] } as unknown as DataTransfer;
    expect((await filesOfDrop(drop, () => undefined)).found.map(({ path }) => path)).toEqual(['a.jpg']);
  });
});
