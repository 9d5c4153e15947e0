import { copyText } from '../parts/copy';

/** Gives one photo's link on, by the device's own menu or by the clipboard. */
export async function sharePhoto(address: string, text: string): Promise<'shared' | 'copied' | 'given up'> {
  const url = new URL(address, location.origin).href;
  if (navigator.share !== undefined) {
    try {
      await navigator.share({ url, text });
      return 'shared';
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return 'given up';
      // The menu does not work here; the clipboard does.
    }
  }
  await copyText(url);
  return 'copied';
}
