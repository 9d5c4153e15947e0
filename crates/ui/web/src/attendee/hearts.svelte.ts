import { SvelteMap } from 'svelte/reactivity';
import { favourites, setFavourite, type VisitorPhoto } from '../api/attendee';
import { asProblem, type Problem } from '../api/problem';
import { inTimeOrder } from './hours';
import { noteFavourites } from './noted';

/** What the visitor likes. A press shows at once and is taken back when the server refuses it. */
export class Hearts {
  /** All favourites by time; `null` until they were asked for. */
  photos: VisitorPhoto[] | null = $state.raw(null);
  problem: Problem | null = $state.raw(null);
  readonly #slug: string;
  readonly #on = new SvelteMap<string, boolean>();

  constructor(slug: string) {
    this.#slug = slug;
  }

  isOn(photo: VisitorPhoto): boolean {
    return this.#on.get(photo.photo_id) ?? photo.favourite;
  }

  async load(): Promise<void> {
    this.problem = null;
    try {
      this.#take(await favourites(this.#slug));
    } catch (error) {
      this.problem = asProblem(error);
    }
  }

  #take(photos: VisitorPhoto[]): void {
    this.photos = photos;
    for (const { photo_id } of photos) this.#on.set(photo_id, true);
    noteFavourites(this.#slug, photos.length > 0);
  }

  /** Rejects with a `Problem`. */
  async toggle(photo: VisitorPhoto): Promise<void> {
    const on = !this.isOn(photo);
    this.#set(photo, on);
    try {
      await setFavourite(this.#slug, photo.photo_id, on);
    } catch (error) {
      this.#set(photo, !on);
      throw error;
    }
  }

  #set(photo: VisitorPhoto, on: boolean): void {
    this.#on.set(photo.photo_id, on);
    if (this.photos === null) {
      if (on) noteFavourites(this.#slug, true);
      return;
    }
    const others = this.photos.filter((each) => each.photo_id !== photo.photo_id);
    this.photos = on ? inTimeOrder([...others, photo]) : others;
    noteFavourites(this.#slug, this.photos.length > 0);
  }
}
