/**
 * That this browser has favourites at an event, and nothing else: without it, the welcome could offer them only by asking
 * the server on every first view.
 */
const key = (slug: string) => `findme.favourites.${slug}`;

export function noteFavourites(slug: string, some: boolean): void {
  try {
    if (some) localStorage.setItem(key(slug), '1');
    else localStorage.removeItem(key(slug));
  } catch {
    // Storage is blocked: the favourites are still there, one step further away.
  }
}

export function hasFavourites(slug: string): boolean {
  try {
    return localStorage.getItem(key(slug)) !== null;
  } catch {
    return false;
  }
}
