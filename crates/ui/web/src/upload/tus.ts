import { defaultOptions, type DetailedError, type HttpRequest, type HttpResponse, Upload } from 'tus-js-client';
import { GUARD_HEADER } from '../api/client';
import { Problem, problemFrom } from '../api/problem';
import { notLoggedIn } from '../api/renewal';
import { language } from '../i18n/language.svelte';
import { PART_BYTES_MAX, SILENCE_MS_MAX } from './limits';
import type { Transfer } from './queue';
import { verdict } from './retry';

/** Of tus's client what is used here; tests pass their own. */
export type MakeUpload = (file: File, options: ConstructorParameters<typeof Upload>[1]) => Pick<Upload, 'start' | 'abort' | 'findPreviousUploads' | 'resumeFromPreviousUpload'>;

/** By this the address of an unfinished upload is found again after a reload. */
export const fingerprintOf = (endpoint: string, file: File): string => ['findme', file.name, file.size, file.lastModified, endpoint].join('-');

/** Forgets where an unfinished upload of `file` stands: it needs none any more. */
export async function forgetAddress(endpoint: string, file: File): Promise<void> {
  const { urlStorage } = defaultOptions;
  const found = await urlStorage.findUploadsByFingerprint(fingerprintOf(endpoint, file));
  await Promise.all(found.map(({ urlStorageKey }) => urlStorage.removeUpload(urlStorageKey)));
}

interface Ends {
  resolve: (outcome: 'accepted' | 'duplicate') => void;
  reject: (problem: Problem) => void;
  sent: (bytes: number) => void;
}

/** A file's way by the tus protocol. Waiting and trying again is the queue's; tus's client knows where to go on. */
export class TusTransfer implements Transfer {
  readonly #upload: ReturnType<MakeUpload>;
  #ends: Ends | null = null;
  #outcome: 'accepted' | 'duplicate' | null = null;
  #looked = false;
  #heard: () => void = () => undefined;

  constructor(endpoint: string, file: File, batch: string | null, make: MakeUpload = (blob, options) => new Upload(blob, options)) {
    this.#upload = make(file, {
      endpoint,
      chunkSize: PART_BYTES_MAX,
      retryDelays: null,
      removeFingerprintOnSuccess: true,
      fingerprint: async () => fingerprintOf(endpoint, file),
      metadata: { filename: file.name, ...(batch === null ? {} : { batch }) },
      headers: { [GUARD_HEADER]: '1', Accept: 'application/json', 'Accept-Language': language.current },
      onAfterResponse: (request, answer) => this.#answered(request, answer),
      onProgress: (bytes) => {
        this.#heard();
        this.#ends?.sent(bytes);
      },
      onSuccess: () => this.#end(),
      onError: (error) => this.#ends?.reject(problemOf(error)),
    });
  }

  async attempt(sent: (bytes: number) => void, signal: AbortSignal): Promise<'accepted' | 'duplicate'> {
    if (!this.#looked) {
      this.#looked = true;
      const [before] = await this.#upload.findPreviousUploads().catch(() => []);
      if (before !== undefined) this.#upload.resumeFromPreviousUpload(before);
    }
    if (signal.aborted) throw Problem.local('network');
    return this.#once(sent, signal);
  }

  #once(sent: (bytes: number) => void, signal: AbortSignal): Promise<'accepted' | 'duplicate'> {
    let timer: ReturnType<typeof setTimeout>;
    let broken: () => void = () => undefined;
    const going = new Promise<'accepted' | 'duplicate'>((resolve, reject) => {
      broken = () => {
        void this.#upload.abort(); // Tells nobody.
        reject(Problem.local('network'));
      };
      this.#heard = () => {
        clearTimeout(timer);
        timer = setTimeout(broken, SILENCE_MS_MAX);
      };
      this.#ends = { resolve, reject, sent };
      this.#heard();
      signal.addEventListener('abort', broken, { once: true });
      this.#upload.start();
    });
    return going.finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', broken);
      this.#ends = null;
    });
  }

  #answered(request: HttpRequest, answer: HttpResponse): void {
    this.#heard();
    const outcome = answer.getHeader('FindMe-Outcome');
    if (outcome === 'accepted' || outcome === 'duplicate') this.#outcome = outcome;
    const status = answer.getStatus();
    if (status >= 200 && status <= 299) return;
    const problem = problemFrom(status, answer.getBody() ?? '', answer.getHeader('Retry-After') ?? null, Date.now());
    // tus's client would begin anew after any refusal of the question where to go on, and lose its place.
    if (request.getMethod() === 'HEAD' && beginsAnew(problem)) return;
    throw problem;
  }

  #end(): void {
    if (this.#outcome !== null) this.#ends?.resolve(this.#outcome);
    else this.#ends?.reject(Problem.local('unreadable_answer', 502)); // Asked again, the server says what became of it.
  }
}

/** Whether the server has no such upload (any more), or will not have this one: sent anew, it says why. */
function beginsAnew(problem: Problem): boolean {
  return problem.status === 404 || problem.status === 410 || verdict(problem) === 'refuse';
}

function problemOf(error: Error | DetailedError): Problem {
  const cause = 'causingError' in error ? error.causingError : null;
  return cause instanceof Problem ? cause : Problem.local('network');
}

/** Tries again, once, what met the end of the session's short proof. `renew` is an ordinary call, which renews the session. */
export function afterRenewal(transfer: Transfer, renew: () => Promise<unknown>): Transfer {
  return {
    attempt: async (sent, signal) => {
      try {
        return await transfer.attempt(sent, signal);
      } catch (error) {
        // An answer to HEAD has no body that names its code.
        const expired = notLoggedIn(error) || (error instanceof Problem && error.status === 401);
        if (!expired || signal.aborted) throw error;
      }
      await renew();
      return transfer.attempt(sent, signal);
    },
  };
}
