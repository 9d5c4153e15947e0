import { GUARD_HEADER } from '../api/client';
import { Problem, problemFrom } from '../api/problem';
import { notLoggedIn } from '../api/renewal';
import type { UploadAnswer, UploadResult } from '../api/types';
import { language } from '../i18n/language.svelte';
import type { Send } from './queue';

/** A connection that carries nothing for this long is taken for dead. */
const SILENCE_MS_MAX = 60_000;

/** Sends by XMLHttpRequest, because `fetch` tells no progress of what it sends. */
export function xhrSend(path: string, makeXhr: () => XMLHttpRequest = () => new XMLHttpRequest()): Send {
  return (files, sent, signal) =>
    new Promise<UploadResult[]>((resolve, reject) => {
      const xhr = makeXhr();
      const watch = silenceWatch(() => xhr.abort());
      const fail = () => {
        watch.end();
        reject(Problem.local('network'));
      };
      xhr.open('POST', path);
      xhr.setRequestHeader('Accept', 'application/json');
      xhr.setRequestHeader('Accept-Language', language.current);
      xhr.setRequestHeader(GUARD_HEADER, '1');
      xhr.upload.onprogress = (event) => {
        watch.heard();
        sent(event.loaded);
      };
      xhr.onerror = fail;
      xhr.onabort = fail;
      xhr.onload = () => {
        watch.end();
        settle(xhr, resolve, reject);
      };
      signal.addEventListener('abort', () => xhr.abort(), { once: true });
      xhr.send(formOf(files));
    });
}

/**
 * Sends again, once, what met the end of the session's short proof. `renew` is an ordinary call, which renews the session:
 * a gigabyte of photos must not hold up the other tabs' turn.
 */
export function afterRenewal(send: Send, renew: () => Promise<unknown>): Send {
  return async (files, sent, signal) => {
    try {
      return await send(files, sent, signal);
    } catch (error) {
      if (!notLoggedIn(error) || signal.aborted) throw error;
    }
    await renew();
    return send(files, sent, signal);
  };
}

function formOf(files: File[]): FormData {
  const form = new FormData();
  for (const file of files) form.append('photo', file, file.name);
  return form;
}

function settle(xhr: XMLHttpRequest, resolve: (results: UploadResult[]) => void, reject: (problem: Problem) => void) {
  if (xhr.status < 200 || xhr.status > 299) {
    reject(problemFrom(xhr.status, xhr.responseText, xhr.getResponseHeader('Retry-After'), Date.now()));
    return;
  }
  try {
    resolve((JSON.parse(xhr.responseText) as UploadAnswer).results);
  } catch {
    reject(Problem.local('unreadable_answer', 502)); // A good status around broken JSON: cut off on the way, worth another try.
  }
}

function silenceWatch(silent: () => void): { heard: () => void; end: () => void } {
  let timer = setTimeout(silent, SILENCE_MS_MAX);
  return {
    heard: () => {
      clearTimeout(timer);
      timer = setTimeout(silent, SILENCE_MS_MAX);
    },
    end: () => clearTimeout(timer),
  };
}
