import { dictionary } from './dictionary';
import { number } from './format';

/** Texts of the photo viewer and of downloads, which attendees and staff share. */
export const viewer = dictionary(
  {
    viewer: 'Photo viewer',
    previous: 'Previous photo',
    next: 'Next photo',
    download: 'Download',
    downloadAll: (count: number) => `Download all ${number(count)} (ZIP)`,
    position: (index: number, total: number) => `${index} of ${total}`,
    expired: 'This photo cannot be shown: you are offline, or its link has expired. Load the page again to see it.',
  },
  {
    viewer: 'Visionneuse',
    previous: 'Photo précédente',
    next: 'Photo suivante',
    download: 'Télécharger',
    downloadAll: (count) => `Tout télécharger : ${number(count)} (ZIP)`,
    position: (index, total) => `${index} sur ${total}`,
    expired: 'Cette photo ne peut être affichée : vous êtes hors ligne, ou son lien a expiré. Rechargez la page pour la revoir.',
  },
);
