import { upload } from '../i18n/upload';
import { browserSurroundings } from '../upload/browser';
import type { Drop, Entry } from '../upload/entry';
import type { Found } from '../upload/folder';
import { continued, Ledger, type Remembered, type Unfinished } from '../upload/ledger';
import { UploadQueue } from '../upload/queue';
import { Rate } from '../upload/rate';
import { Tabs } from '../upload/tabs';
import { type View, viewOf } from '../upload/view';

/** How often the figures on the page follow the queue: thousands of files must not mean thousands of redraws. */
const REDRAW_MS = 200;
const FILES_PER_STEP = 50;
/** The page stands still for no longer than this while the browser asks the disk for the sizes of files. */
const STILL_MS = 15;

const breath = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Sending photos to one event, as a page shows it. */
export class Sending {
  view: View = $state.raw(undefined as unknown as View);
  /** How many files of a drop were found so far, while they are gathered. */
  reading: number | null = $state(null);
  /** What an earlier page did not finish. */
  unfinished: Unfinished[] = $state.raw([]);
  readonly #event: string;
  readonly #ledger: Ledger;
  readonly #tabs: Tabs;
  #queue: UploadQueue;
  #rate = new Rate();
  #drops: Drop[] = [];
  #redraw: ReturnType<typeof setTimeout> | undefined;
  #clock: ReturnType<typeof setInterval>;

  constructor(event: string) {
    this.#event = event;
    this.#ledger = new Ledger(event);
    this.#tabs = new Tabs(event, () => this.#drops.map(({ id }) => id));
    this.#queue = this.#newQueue();
    this.view = viewOf(this.#queue, this.#rate, performance.now());
    // The pace changes also while nothing else does.
    this.#clock = setInterval(() => this.#queue.phase === 'sending' && this.#changed(), 1000);
    void this.#remember();
  }

  get held(): boolean {
    return this.view.unfinished > 0;
  }

  /** In steps, because the browser asks the disk for the size of each file and the page must not stand still meanwhile. */
  async add(found: Found[]): Promise<void> {
    const into = this.#queue;
    const drop = this.#dropOf(found);
    await this.#ledger.begin(drop);
    for (let from = 0; from < found.length; from += FILES_PER_STEP) {
      this.reading = found.length;
      const some = found.slice(from, from + FILES_PER_STEP);
      await this.#ledger.add(await measured(some, drop.id));
      into.add(some, drop);
      await breath();
    }
    this.reading = null;
  }

  readonly stop = () => this.#queue.stop();
  readonly resume = () => this.#queue.resume();
  readonly retry = (entry: Entry | null) => this.#queue.retryFailed(entry);

  readonly clear = () => {
    this.#queue.stop();
    void this.#ledger.forget(this.#drops.map(({ id }) => id));
    this.#drops = [];
    this.#rate.rest();
    this.#queue = this.#newQueue();
    this.#changed();
  };

  readonly forget = () => {
    void this.#ledger.forget(this.unfinished.map(({ drop }) => drop.id));
    this.unfinished = [];
  };

  close(): void {
    clearTimeout(this.#redraw);
    clearInterval(this.#clock);
    this.#queue.stop();
    this.#tabs.close();
  }

  async #remember(): Promise<void> {
    const [others, found] = await Promise.all([this.#tabs.others(), this.#ledger.unfinished()]);
    const mine = new Set(this.#drops.map(({ id }) => id));
    this.unfinished = found.filter(({ drop }) => !others.has(drop.id) && !mine.has(drop.id));
  }

  /** A new batch, or the one that an earlier page began with these files. */
  #dropOf(found: Found[]): Drop {
    const before = continued(this.unfinished, found);
    const drop = before ?? { id: crypto.getRandomValues(new Uint32Array(3)).join('-'), name: nameOf(found), batch: null };
    if (before !== null) this.unfinished = this.unfinished.filter((each) => each.drop !== before);
    this.#drops.push(drop);
    return drop;
  }

  #newQueue(): UploadQueue {
    const made: UploadQueue = new UploadQueue(
      browserSurroundings(this.#event, {
        changed: () => made === this.#queue && this.#changed(),
        settled: ({ drop, path }) => void this.#ledger.done(drop.id, path),
        batch: (drop) => void this.#ledger.begin(drop),
      }),
    );
    return made;
  }

  #changed(): void {
    this.#redraw ??= setTimeout(() => {
      this.#redraw = undefined;
      this.view = viewOf(this.#queue, this.#rate, performance.now());
    }, REDRAW_MS);
  }
}

/** What is to be remembered of the files. */
async function measured(found: Found[], drop: string): Promise<Remembered[]> {
  const all: Remembered[] = [];
  let since = performance.now();
  for (const { file, path } of found) {
    all.push({ drop, path, size: file.size });
    if (performance.now() - since < STILL_MS) continue;
    await breath();
    since = performance.now();
  }
  return all;
}

/** The folders that the files lie in, or how many loose files there are. */
function nameOf(found: Found[]): string {
  const folders = new Set(found.filter(({ path }) => path.includes('/')).map(({ path }) => path.split('/')[0] ?? ''));
  if (folders.size > 0) return [...folders].join(', ');
  return found.length === 1 && found[0] !== undefined ? found[0].path : upload.t.looseName(found.length);
}
