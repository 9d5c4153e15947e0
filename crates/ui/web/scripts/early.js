// Asks for the event before the page's own code has arrived; src/api/early.ts takes the answer. Part of event.html only.
{
  const [, slug] = /^\/e\/([^/]+)\/?$/.exec(location.pathname) ?? [];
  const path = `/api/attendee/events/${slug}`;
  if (slug !== undefined) globalThis.findmeEarly = { path, answer: fetch(path, { credentials: 'same-origin' }).catch(() => null) };
}
