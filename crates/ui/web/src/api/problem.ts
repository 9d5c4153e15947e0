import type { ProblemDetails } from './types';

/** Codes that this page makes itself, when no answer of the server can be read. */
export type LocalCode = 'network' | 'unreadable_answer' | 'picture_too_large' | 'page_broken' | 'page_not_loaded';

/** A call that failed: the server's problem, or a code of our own. `title` and `detail` are for people. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly field: string | null;
  readonly requestId: string | null;
  /** How long the server asks to wait, from `Retry-After`. */
  readonly retryAfterMs: number | null;
  /** The whole answer, for the few calls that say more when they fail. */
  readonly body: unknown;

  constructor(details: ProblemDetails & { code: string; status: number }, retryAfterMs: number | null = null) {
    super(details.detail ?? details.title ?? details.code);
    this.name = 'Problem';
    this.status = details.status;
    this.code = details.code;
    this.title = details.title ?? '';
    this.detail = details.detail ?? '';
    this.field = details.field ?? null;
    this.requestId = details.request_id ?? null;
    this.retryAfterMs = retryAfterMs;
    this.body = details;
  }

  static local(code: LocalCode, status = 0): Problem {
    return new Problem({ code, status });
  }
}

/** The problem that an answer's text tells, or `unreadable_answer` when a proxy answered with something else. */
export function problemFrom(status: number, body: string, retryAfter: string | null, nowMs: number): Problem {
  const wait = retryAfterMs(retryAfter, nowMs);
  try {
    const details = JSON.parse(body) as ProblemDetails;
    if (typeof details === 'object' && details !== null) {
      return new Problem({ ...details, status, code: details.code ?? 'unreadable_answer' }, wait);
    }
  } catch {
    // Not JSON: a proxy's page. The status is all that is known.
  }
  return new Problem({ code: 'unreadable_answer', status }, wait);
}

/** `Retry-After` in milliseconds: seconds, or a date of HTTP (RFC 9110, 10.2.3). */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null || header.trim() === '') return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}

/** `error` as a problem; anything that is none is a bug and is thrown on. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  throw error;
}
