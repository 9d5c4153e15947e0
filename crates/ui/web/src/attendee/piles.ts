import type { FoundPhoto, SearchAnswer } from '../api/attendee';

/** The photos of a search as the page shows them. */
export interface Piles {
  /** Came while the page was open, newest first. */
  fresh: FoundPhoto[];
  yours: FoundPhoto[];
  maybe: FoundPhoto[];
  /** What the visitor said they are not in. */
  notMe: FoundPhoto[];
}

export type PileName = keyof Piles;
export const PILES = ['fresh', 'yours', 'maybe', 'notMe'] as const satisfies PileName[];

export interface Place {
  pile: PileName;
  index: number;
}

/** The photos of a first answer, in its order. */
export function pilesOf(answer: SearchAnswer): Piles {
  return {
    fresh: [],
    yours: answer.matches.filter((photo) => photo.band === 'sure'),
    maybe: answer.matches.filter((photo) => photo.band === 'maybe'),
    notMe: answer.not_me,
  };
}

/**
 * The piles after the same search was made again. What is shown stays where it is, with the address it was loaded from,
 * so that nothing jumps or is loaded twice; photos that are gone are taken out.
 */
export function merged(piles: Piles, answer: SearchAnswer): { piles: Piles; added: number } {
  const wanted = pilesOf(answer);
  const left = new Map<string, { photo: FoundPhoto; pile: PileName }>();
  for (const pile of ['yours', 'maybe', 'notMe'] as const) for (const photo of wanted[pile]) left.set(photo.photo_id, { photo, pile });

  const take = (pile: PileName): FoundPhoto[] =>
    piles[pile].flatMap((shown) => {
      const found = left.get(shown.photo_id);
      if (found === undefined || found.pile !== (pile === 'fresh' ? 'yours' : pile)) return [];
      left.delete(shown.photo_id);
      return [{ ...found.photo, thumb_url: shown.thumb_url }];
    });
  const known = new Set(PILES.flatMap((pile) => piles[pile].map((photo) => photo.photo_id)));
  const kept: Piles = { fresh: take('fresh'), yours: take('yours'), maybe: take('maybe'), notMe: take('notMe') };

  let added = 0;
  for (const { photo, pile } of left.values()) {
    if (pile === 'yours' && !known.has(photo.photo_id)) {
      kept.fresh = [photo, ...kept.fresh];
      added += 1;
    } else {
      kept[pile] = [...kept[pile], photo];
    }
  }
  return { piles: kept, added };
}

export function placeOf(piles: Piles, photoId: string): Place | null {
  for (const pile of PILES) {
    const index = piles[pile].findIndex((photo) => photo.photo_id === photoId);
    if (index >= 0) return { pile, index };
  }
  return null;
}

/** Where a verdict puts a photo: "this is me" at the end of yours, "not me" first among those. */
export const placeFor = (piles: Piles, isMe: boolean): Place => (isMe ? { pile: 'yours', index: piles.yours.length } : { pile: 'notMe', index: 0 });

/** The piles with one photo elsewhere and judged; unchanged when it is not there any more. */
export function moved(piles: Piles, photoId: string, to: Place, verdict: boolean | null): Piles {
  const from = placeOf(piles, photoId);
  if (from === null) return piles;
  const photo = piles[from.pile][from.index];
  if (photo === undefined) return piles;
  const without: Piles = { ...piles, [from.pile]: piles[from.pile].toSpliced(from.index, 1) };
  return { ...without, [to.pile]: without[to.pile].toSpliced(to.index, 0, { ...photo, verdict }) };
}
