/** Which photos of a list are chosen. Immutable: each change is a new selection. */
export interface Selection {
  ids: ReadonlySet<string>;
  /** All that the filter fits, also those not on the page yet; `ids` counts no more. */
  all: boolean;
  /** Where a range begins. */
  anchor: string | null;
}

export const NOTHING: Selection = { ids: new Set(), all: false, anchor: null };

export const isChosen = (selection: Selection, id: string): boolean => selection.all || selection.ids.has(id);

export const countOf = (selection: Selection, total: number): number => (selection.all ? total : selection.ids.size);

/** One photo in or out. Out of "all" leaves those that are on the page. */
export function toggled(selection: Selection, order: readonly string[], id: string): Selection {
  const ids = new Set(selection.all ? order : selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, all: false, anchor: id };
}

/** All from the photo chosen last to `id` become as that one is. */
export function ranged(selection: Selection, order: readonly string[], id: string): Selection {
  const [anchor, to] = [selection.anchor === null ? -1 : order.indexOf(selection.anchor), order.indexOf(id)];
  if (anchor < 0 || to < 0 || selection.all) return toggled(selection, order, id);
  const ids = new Set(selection.ids);
  const into = selection.anchor !== null && ids.has(selection.anchor);
  for (const each of order.slice(Math.min(anchor, to), Math.max(anchor, to) + 1)) {
    if (into) ids.add(each);
    else ids.delete(each);
  }
  return { ids, all: false, anchor: id };
}

/** What is no longer in the list is no longer chosen: nobody acts on what they do not see. */
export function kept(selection: Selection, order: readonly string[]): Selection {
  if (selection.all) return selection;
  const there = new Set(order);
  return { ...selection, ids: new Set([...selection.ids].filter((id) => there.has(id))) };
}
