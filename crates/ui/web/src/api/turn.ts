/**
 * Lets the tabs of this browser do something one after the other.
 *
 * `navigator.locks` is only there on https and localhost. On a plain address of the local network a lease in the local
 * storage, which all tabs share, stands in for it; without storage each tab is alone, and then so is its turn.
 */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>;

/** A tab that was closed in its turn holds the others up for no longer than this. */
const LEASE_MS = 10_000;
/** How long a tab waits before it looks whether the lease it wrote is still its own. */
const SETTLE_MS = 60;

export function turnOf(name: string): Turn {
  if (globalThis.navigator?.locks !== undefined) {
    // The lock resolves to what `work` resolves to, once the lock is given back.
    return async (work) => (await navigator.locks.request(name, async () => ({ value: await work() }))).value;
  }
  return (work) => leased(`lock.${name}`, work);
}

interface Lease {
  owner: string;
  untilMs: number;
}

async function leased<T>(key: string, work: () => Promise<T>): Promise<T> {
  const owner = Math.random().toString(36);
  let storage: Storage;
  try {
    storage = localStorage;
    while (!(await taken(storage, key, owner))) await pause(SETTLE_MS + Math.random() * SETTLE_MS);
  } catch {
    return work(); // Storage is blocked.
  }
  try {
    return await work();
  } finally {
    if (read(storage, key)?.owner === owner) storage.removeItem(key);
  }
}

/** Writes the lease when it is free, and holds it when nobody else wrote at the same moment. */
async function taken(storage: Storage, key: string, owner: string): Promise<boolean> {
  const held = read(storage, key);
  if (held !== null && held.untilMs > Date.now()) return false;
  storage.setItem(key, JSON.stringify({ owner, untilMs: Date.now() + LEASE_MS } satisfies Lease));
  await pause(SETTLE_MS);
  return read(storage, key)?.owner === owner;
}

function read(storage: Storage, key: string): Lease | null {
  try {
    return JSON.parse(storage.getItem(key) ?? 'null') as Lease | null;
  } catch {
    return null;
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
