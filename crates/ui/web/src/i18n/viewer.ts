import { dictionary } from './dictionary';
import { number } from './format';

/** Texts of the photo viewer, which attendees and staff share. */
export const viewer = dictionary(
  {
    viewer: 'Photo viewer',
    previous: 'Previous photo',
    next: 'Next photo',
    download: 'Download',
    downloadAll: (count: number) => `Download all ${number(count)} (ZIP)`,
    position: (index: number, total: number) => `${index} of ${total}`,
    expiredTitle: 'This photo cannot be shown',
    expiredDetail: 'You are offline, or its link has expired: links are short-lived for privacy. Load the page again to see it.',
  },
  {
    viewer: 'Visionneuse',
    previous: 'Photo précédente',
    next: 'Photo suivante',
    download: 'Télécharger',
    downloadAll: (count) => `Tout télécharger : ${number(count)} (ZIP)`,
    position: (index, total) => `${index} sur ${total}`,
    expiredTitle: 'Cette photo ne peut être affichée',
    expiredDetail: 'Vous êtes hors ligne, ou son lien a expiré : les liens durent peu, par discrétion. Rechargez la page pour la revoir.',
  },
);
