// Does what can be done before the page's own code has arrived: asks for the event, and for its cover as soon as its address is
// known. src/api/early.ts takes the answer. Part of event.html only.
{
  const [, slug] = /^\/e\/([^/]+)\/?$/.exec(location.pathname) ?? [];
  const path = `/api/attendee/events/${slug}`;

  const event = async () => {
    const answer = await fetch(path, { credentials: 'same-origin' });
    if (!answer.ok) return null;
    const found = await answer.json();
    // Who has an account here is led straight to their photos, where the cover is not.
    if (found.cover && !(found.entered && found.account && found.recognition_enabled)) preload(found.cover.url);
    return found;
  };

  const preload = (href) => document.head.append(Object.assign(document.createElement('link'), { rel: 'preload', as: 'image', href, fetchPriority: 'high' }));

  if (slug !== undefined) globalThis.findmeEarly = { path, answer: event().catch(() => null) };

  // The first look into the storage waits until the browser has read it: now nothing else waits.
  try {
    void localStorage.length;
  } catch {
    // Storage is blocked.
  }
}
