import type { Drop } from './entry';

/** A file that was to be sent. */
export interface Remembered {
  drop: string;
  path: string;
  size: number;
}

/** What was dropped before the page was left, and not all sent. */
export interface Unfinished {
  drop: Drop;
  files: Remembered[];
}

/**
 * Which files are still to be sent, kept by the browser: a page cannot open files again by itself after a reload, but it
 * can say which ones it needs. Where the browser keeps nothing, nothing is remembered.
 */
export class Ledger {
  readonly #event: string;
  readonly #db: Promise<IDBDatabase | null>;

  constructor(event: string) {
    this.#event = event;
    this.#db = open();
  }

  async begin(drop: Drop): Promise<void> {
    await this.#write((drops) => drops.put({ ...drop, event: this.#event }));
  }

  async add(files: Remembered[]): Promise<void> {
    await this.#write((_, store) => {
      for (const file of files) store.put(file);
    });
  }

  async done(drop: string, path: string): Promise<void> {
    await this.#write((_, store) => store.delete([drop, path]));
  }

  /** Drops of this event with files that were not sent; those without are forgotten. */
  async unfinished(): Promise<Unfinished[]> {
    const db = await this.#db;
    if (db === null) return [];
    const reading = db.transaction(['drops', 'files']);
    const [drops, files] = await Promise.all([
      all<Drop & { event: string }>(reading.objectStore('drops')),
      all<Remembered>(reading.objectStore('files')),
    ]);
    const mine = drops.filter(({ event }) => event === this.#event);
    const found = mine.map(({ id, name, batch }) => ({ drop: { id, name, batch }, files: files.filter(({ drop }) => drop === id) }));
    await this.forget(found.filter((each) => each.files.length === 0).map(({ drop }) => drop.id));
    return found.filter((each) => each.files.length > 0);
  }

  async forget(ids: string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#write((drops, files) => {
      for (const id of ids) {
        drops.delete(id);
        files.delete(IDBKeyRange.bound([id], [id, []]));
      }
    });
  }

  async #write(change: (drops: IDBObjectStore, files: IDBObjectStore) => void): Promise<void> {
    const db = await this.#db;
    if (db === null) return;
    await new Promise<void>((resolve) => {
      const writing = db.transaction(['drops', 'files'], 'readwrite');
      // Full or blocked: the upload itself does not depend on it.
      writing.oncomplete = writing.onerror = writing.onabort = () => resolve();
      change(writing.objectStore('drops'), writing.objectStore('files'));
    });
  }
}

function open(): Promise<IDBDatabase | null> {
  return new Promise((resolve) => {
    try {
      const opening = indexedDB.open('findme.uploads', 1);
      opening.onupgradeneeded = () => {
        opening.result.createObjectStore('drops', { keyPath: 'id' });
        opening.result.createObjectStore('files', { keyPath: ['drop', 'path'] });
      };
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = opening.onblocked = () => resolve(null);
    } catch {
      resolve(null); // Storage is blocked.
    }
  });
}

const all = <T>(store: IDBObjectStore): Promise<T[]> =>
  new Promise((resolve) => {
    const asked = store.getAll();
    asked.onsuccess = () => resolve(asked.result as T[]);
    asked.onerror = () => resolve([]);
  });

/** The drop that `found` continues: the one that has a file of the same path and size. */
export function continued(unfinished: readonly Unfinished[], found: readonly { file: { size: number }; path: string }[]): Drop | null {
  const owners = new Map(unfinished.flatMap(({ drop, files }) => files.map((file) => [file.path, { drop, size: file.size }] as const)));
  for (const { file, path } of found) {
    const owner = owners.get(path);
    // The browser asks the disk for each size, so only where the path fits.
    if (owner !== undefined && owner.size === file.size) return owner.drop;
  }
  return null;
}
