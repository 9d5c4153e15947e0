/**
 * Remembers where the photos on the screen stand. The function it returns, called once the page has changed, scrolls so
 * that the one nearest to the middle of the screen, of those still there, stands where it stood. At the top of the page
 * nothing is held: there new photos may be seen coming in.
 */
export function holdView(root: HTMLElement): () => void {
  if (window.scrollY < TOP_PX) return () => undefined;
  const seen = [...root.querySelectorAll<HTMLElement>('[data-photo-id]')]
    .map((tile) => ({ id: tile.dataset['photoId'] ?? '', box: tile.getBoundingClientRect() }))
    .filter(({ box }) => box.bottom > 0 && box.top < window.innerHeight)
    .toSorted((a, b) => offMiddle(a.box) - offMiddle(b.box));
  return () => {
    for (const { id, box } of seen) {
      const now = root.querySelector(`[data-photo-id="${CSS.escape(id)}"]`);
      if (now === null) continue;
      window.scrollBy({ top: now.getBoundingClientRect().top - box.top, behavior: 'instant' });
      return;
    }
  };
}

/** Less than this counts as the top of the page. */
export const TOP_PX = 160;

const offMiddle = (box: DOMRect) => Math.abs(box.top + box.height / 2 - window.innerHeight / 2);
