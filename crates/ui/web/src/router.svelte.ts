/** A page of the app, with what its address says. */
export type Route =
  | { page: 'home' }
  | { page: 'setup'; token: string }
  | { page: 'login'; next: string }
  | { page: 'events' }
  | { page: 'event'; slug: string }
  | { page: 'attendee'; slug: string }
  | { page: 'missing' };

/** The route of an address. A trailing slash means nothing. */
export function routeOf(pathname: string, search: string): Route {
  const parts = pathname.split('/').filter((part) => part !== '');
  const query = new URLSearchParams(search);
  const [first, second] = parts;
  if (first === undefined) return { page: 'home' };
  if (parts.length === 1) {
    if (first === 'setup') return { page: 'setup', token: query.get('token') ?? '' };
    if (first === 'login') return { page: 'login', next: ownPath(query.get('next')) };
    if (first === 'events') return { page: 'events' };
  }
  if (parts.length === 2 && second !== undefined) {
    if (first === 'events') return { page: 'event', slug: decoded(second) };
    if (first === 'e') return { page: 'attendee', slug: decoded(second) };
  }
  return { page: 'missing' };
}

/** Only a path of this site may follow a log-in, never another host's address. */
function ownPath(path: string | null): string {
  return path !== null && /^\/(?![/\\])/.test(path) ? path : '/events';
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

class Router {
  route: Route = $state.raw({ page: 'home' });
  #address = '';

  start(): void {
    this.#read();
    window.addEventListener('popstate', () => this.#read());
    document.addEventListener('click', (event) => this.#follow(event));
  }

  go(path: string, how: 'push' | 'replace' = 'push'): void {
    if (how === 'push') history.pushState(null, '', path);
    else history.replaceState(null, '', path);
    this.#read();
    window.scrollTo(0, 0);
  }

  #read(): void {
    const address = location.pathname + location.search;
    if (address === this.#address) return; // Opening and closing the viewer changes the history, not the page.
    this.#address = address;
    this.route = routeOf(location.pathname, location.search);
  }

  /** Ordinary clicks on our own links stay in the app; new tabs, downloads and other hosts are the browser's. */
  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || link.origin !== location.origin || link.target !== '' || link.hasAttribute('download')) return;
    if (link.getAttribute('href')?.startsWith('#') === true) return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  }
}

export const router = new Router();
