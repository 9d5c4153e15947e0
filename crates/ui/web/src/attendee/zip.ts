import { ZIP_PATH } from '../api/client';

/** Has the browser fetch the photos at these signed addresses in one archive. A form: the browser writes it to its disk while it arrives. */
export function fetchArchive(addresses: string[]): void {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = ZIP_PATH;
  form.hidden = true;
  for (const address of addresses) {
    const field = document.createElement('input');
    [field.type, field.name, field.value] = ['hidden', 'photos', address];
    form.append(field);
  }
  document.body.append(form);
  form.submit();
  form.remove();
}

/** Has the browser fetch one photo. */
export function fetchPhoto(address: string): void {
  const link = document.createElement('a');
  [link.href, link.download] = [address, ''];
  document.body.append(link);
  link.click();
  link.remove();
}
