/** A page of the app, with what its address says. */
export type Route =
  | { page: 'home' }
  | { page: 'setup'; token: string }
  | { page: 'login'; event: string | null; next: string | null }
  | { page: 'register'; event: string }
  | { page: 'forgotten'; event: string | null }
  | { page: 'reset'; token: string; event: string | null }
  | { page: 'invitation'; token: string }
  | { page: StaffPageName }
  | { page: 'event'; slug: string }
  | { page: 'wall'; slug: string }
  | { page: 'attendee'; slug: string; code: string }
  | { page: 'attendeeAccount'; slug: string }
  | { page: 'missing' };

/** Pages whose address says no more than their name. */
const STAFF_PAGES = ['events', 'account', 'team', 'audit', 'outbox', 'jobs', 'integrations', 'statistics', 'system'] as const;
export type StaffPageName = (typeof STAFF_PAGES)[number];

/** Parts of an event's page, as addresses name them: `/events/gala/share`. */
export const EVENT_TABS = ['photos', 'share', 'looks', 'people', 'packs', 'figures', 'settings'] as const;
export type EventTab = (typeof EVENT_TABS)[number];

/** Which part of an event's page an address names. */
export function eventTabOf(pathname: string): EventTab {
  const [first, , third] = pathname.split('/').filter((part) => part !== '');
  return (first === 'events' ? EVENT_TABS.find((tab) => tab === third) : undefined) ?? 'photos';
}

/** The route of an address. A trailing slash means nothing. */
export function routeOf(pathname: string, search: string): Route {
  const parts = pathname.split('/').filter((part) => part !== '');
  const query = new URLSearchParams(search);
  const [first, second, third] = parts;
  if (first === undefined) return { page: 'home' };
  if (parts.length === 1) return ofStaff(first, query);
  if (parts.length === 2 && second !== undefined) {
    if (first === 'events') return { page: 'event', slug: decoded(second) };
    if (first === 'e') return { page: 'attendee', slug: decoded(second), code: query.get('code') ?? '' };
  }
  if (parts.length === 3 && first === 'events' && second !== undefined) {
    if (third === 'wall') return { page: 'wall', slug: decoded(second) };
    if (EVENT_TABS.some((tab) => tab === third)) return { page: 'event', slug: decoded(second) };
  }
  if (parts.length === 3 && first === 'e' && second !== undefined) return ofAttendee(decoded(second), third, query);
  return { page: 'missing' };
}

function ofStaff(name: string, query: URLSearchParams): Route {
  const token = query.get('token') ?? '';
  const page = STAFF_PAGES.find((each) => each === name);
  if (page !== undefined) return { page };
  if (name === 'setup' || name === 'invitation') return { page: name, token };
  if (name === 'reset') return { page: 'reset', token, event: query.get('event') };
  if (name === 'login') return { page: 'login', event: null, next: ownPath(query.get('next')) };
  if (name === 'forgotten') return { page: 'forgotten', event: null };
  return { page: 'missing' };
}

function ofAttendee(event: string, name: string | undefined, query: URLSearchParams): Route {
  if (name === 'login') return { page: 'login', event, next: ownPath(query.get('next')) };
  if (name === 'register' || name === 'forgotten') return { page: name, event };
  if (name === 'account') return { page: 'attendeeAccount', slug: event };
  return { page: 'missing' };
}

/** Only a path of this site may follow a log-in, never another host's address. */
function ownPath(path: string | null): string | null {
  return path !== null && /^\/(?![/\\])/.test(path) ? path : null;
}

function split(path: string): [string, string] {
  const [pathname = '', search = ''] = path.split(/(?=\?)/);
  return [pathname, search];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export class Router {
  route: Route = $state.raw({ page: 'home' });
  /** The part of an event's page. It changes without the page being built anew: an upload goes on. */
  tab: EventTab = $state('photos');
  #address = '';
  #question: () => string | null = () => null;

  /** What leaving the page would lose, as a question to the person; `null` when it loses nothing. */
  get held(): string | null {
    return this.#question();
  }

  /** Lets `question` be asked before the page is left, until the returned function is called. */
  hold(question: () => string | null): () => void {
    this.#question = question;
    return () => {
      if (this.#question === question) this.#question = () => null;
    };
  }

  start(): void {
    this.#read();
    window.addEventListener('popstate', () => this.#back());
    document.addEventListener('click', (event) => this.#follow(event));
  }

  /** Asks, where the page holds something; who agrees is not asked again. */
  mayLeave(): boolean {
    const question = this.held;
    if (question === null) return true;
    if (!window.confirm(question)) return false;
    this.#question = () => null;
    return true;
  }

  go(path: string, how: 'push' | 'replace' = 'push'): void {
    const staysHere = this.#staysAt(routeOf(...split(path)));
    if (!staysHere && !this.mayLeave()) return;
    if (how === 'push') history.pushState(null, '', path);
    else history.replaceState(null, '', path);
    this.#read();
    if (!staysHere) window.scrollTo(0, 0);
  }

  /** Takes what the address asks out of it, once the page has read it: a token must not stay in the history or on a screen. */
  forgetQuery(): void {
    history.replaceState(history.state, '', location.pathname);
    this.#address = location.pathname;
  }

  #back(): void {
    if (location.pathname + location.search === this.#address) return;
    // The browser has already gone; whoever stays gets the address of this page again.
    if (this.#staysAt(routeOf(location.pathname, location.search)) || this.mayLeave()) this.#read();
    else history.pushState(null, '', this.#address);
  }

  #read(): void {
    const address = location.pathname + location.search;
    if (address === this.#address) return; // Opening and closing the viewer changes the history, not the page.
    this.#address = address;
    this.tab = eventTabOf(location.pathname);
    const route = routeOf(location.pathname, location.search);
    if (!this.#staysAt(route)) this.route = route;
  }

  /** Whether `next` is another part of the event that is open. */
  #staysAt(next: Route): boolean {
    return next.page === 'event' && this.route.page === 'event' && next.slug === this.route.slug;
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
