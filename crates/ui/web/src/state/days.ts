const DAY_MS = 86_400_000;

/** A day of this place's calendar, `YYYY-MM-DD`. */
export function dayText(at: Date): string {
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
}

/** The day `days` after that of `now`. */
export const dayAfter = (now: Date, days: number): string => dayText(new Date(now.getFullYear(), now.getMonth(), now.getDate() + days));

/** Days from that of `now` to `day`. */
export const daysUntil = (now: Date, day: string): number => Math.round((Date.parse(`${day}T00:00:00Z`) - Date.parse(`${dayText(now)}T00:00:00Z`)) / DAY_MS);
