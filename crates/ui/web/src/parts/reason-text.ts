import { bytes } from '../i18n/format';
import { upload } from '../i18n/upload';
import type { Reason } from '../upload/entry';
import { FILE_BYTES_MAX } from '../upload/limits';

/** Why a file was not taken, in words. */
export function reasonText(reason: Reason): string {
  const t = upload.t;
  switch (reason.kind) {
    case 'server':
      return reason.text === '' ? t.reasonUnknown : reason.text;
    case 'tooLarge':
      return t.reasonTooLarge(bytes(reason.bytes), bytes(FILE_BYTES_MAX));
    case 'empty':
      return t.reasonEmpty;
    case 'hidden':
      return t.reasonHidden;
    case 'video':
      return t.reasonVideo;
    case 'unreadable':
      return t.reasonUnreadable;
    case 'network':
      return t.reasonNetwork;
  }
}
