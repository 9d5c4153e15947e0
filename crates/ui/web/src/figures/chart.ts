import type { Hour } from '../api/event-types';

/** What is counted by the hour. */
export const KINDS = ['searches', 'visitors', 'downloads', 'photos'] as const;
export type Kind = (typeof KINDS)[number];

/** One bar: when it begins, and how much it counts. */
export interface Bar {
  at: Date;
  value: number;
}

/** The highest mark of a scale for values up to `most`, and the marks: round numbers, at most five. */
export function marksFor(most: number): number[] {
  if (most <= 0) return [0, 1];
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].map((times) => times * power).find((each) => each >= rough) ?? rough);
  const marks = [0];
  while (marks.at(-1)! < most) marks.push(marks.at(-1)! + step);
  return marks;
}

const startOfDay = (at: Date): Date => new Date(at.getFullYear(), at.getMonth(), at.getDate());
const startOfHour = (at: Date): Date => new Date(at.getFullYear(), at.getMonth(), at.getDate(), at.getHours());

/** One bar for each of the last `days` days of this place's calendar, the empty ones too. */
export function byDay(hours: readonly Hour[], kind: Kind, now: Date, days = 14): Bar[] {
  const starts = Array.from({ length: days }, (_, i) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - (days - 1 - i)));
  return filled(starts, hours, kind, startOfDay);
}

/** One bar for each of the last `count` hours. */
export function byHour(hours: readonly Hour[], kind: Kind, now: Date, count = 48): Bar[] {
  const last = startOfHour(now).getTime();
  const starts = Array.from({ length: count }, (_, i) => new Date(last - (count - 1 - i) * 3_600_000));
  return filled(starts, hours, kind, startOfHour);
}

function filled(starts: Date[], hours: readonly Hour[], kind: Kind, startOf: (at: Date) => Date): Bar[] {
  const sums = new Map(starts.map((at) => [at.getTime(), 0]));
  for (const hour of hours) {
    const key = startOf(new Date(hour.hour)).getTime();
    const sum = sums.get(key);
    if (sum !== undefined) sums.set(key, sum + hour[kind]);
  }
  return starts.map((at) => ({ at, value: sums.get(at.getTime()) ?? 0 }));
}

export const sumOf = (bars: readonly Bar[]): number => bars.reduce((sum, { value }) => sum + value, 0);
