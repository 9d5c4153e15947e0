import type { WallPhoto } from '../api/event-types';

/** Taller than wide by this much counts as upright. */
const UPRIGHT_MAX = 0.85;
/** Upright photos beside each other are looked for among so many that come next. */
const LOOK_AHEAD = 12;

/** Of photos whose size is not known, the usual one. */
const USUAL = 3 / 2;

export const ratioOf = ({ width_px, height_px }: WallPhoto): number => (width_px === null || height_px === null ? USUAL : width_px / height_px);
const isUpright = (photo: WallPhoto): boolean => ratioOf(photo) <= UPRIGHT_MAX;

/** What the wall shows next: new photos first, then all of them round and round, newest first. */
export class Rotation {
  #photos: WallPhoto[] = [];
  #fresh: string[] = [];
  #round: string[] = [];
  #begun = false;

  get isEmpty(): boolean {
    return this.#photos.length === 0;
  }

  has(id: string): boolean {
    return this.#photos.some(({ photo_id }) => photo_id === id);
  }

  /** Takes the event's photos as they are now, newest first; what is not among them is shown no more. */
  update(photos: readonly WallPhoto[]): void {
    const before = new Set(this.#photos.map(({ photo_id }) => photo_id));
    const there = new Set(photos.map(({ photo_id }) => photo_id));
    const added = photos.filter(({ photo_id }) => !before.has(photo_id)).map(({ photo_id }) => photo_id);
    this.#photos = [...photos];
    this.#round = this.#round.filter((id) => there.has(id));
    this.#fresh = this.#fresh.filter((id) => there.has(id));
    // What was there when the wall began is not new; of the new ones the oldest comes first.
    if (this.#begun) this.#fresh.push(...added.toReversed());
    this.#begun ||= photos.length > 0;
  }

  /** One photo, or upright ones side by side on a screen as wide as `screen` times its height. */
  next(screen: number): WallPhoto[] {
    if (this.#fresh.length + this.#round.length === 0) this.#round = this.#photos.map(({ photo_id }) => photo_id);
    const first = this.#take(() => true);
    if (first === null) return [];
    const slide = [first];
    let room = screen - ratioOf(first);
    while (isUpright(first) && room > 0.6) {
      const other = this.#take((photo) => isUpright(photo) && ratioOf(photo) <= room, LOOK_AHEAD);
      if (other === null) break;
      slide.push(other);
      room -= ratioOf(other);
    }
    return slide;
  }

  /** The next that fits, out of the line. */
  #take(fits: (photo: WallPhoto) => boolean, within = Number.POSITIVE_INFINITY): WallPhoto | null {
    for (const line of [this.#fresh, this.#round]) {
      for (const [at, id] of line.slice(0, within).entries()) {
        const photo = this.#photos.find(({ photo_id }) => photo_id === id);
        if (photo === undefined || !fits(photo)) continue;
        line.splice(at, 1);
        // What was shown as new need not come again in this round.
        if (line === this.#fresh) this.#round = this.#round.filter((each) => each !== id);
        return photo;
      }
    }
    return null;
  }
}
