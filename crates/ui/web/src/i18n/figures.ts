import { dictionary } from './dictionary';
import { language } from './language.svelte';

const tag = () => (language.current === 'fr' ? 'fr-FR' : 'en-GB');
/** "Sat 20" */
export const dayShort = (at: Date): string => at.toLocaleDateString(tag(), { weekday: 'short', day: 'numeric' });
/** "21:00" */
export const hourShort = (at: Date): string => at.toLocaleTimeString(tag(), { hour: '2-digit', minute: '2-digit' });
/** "Saturday 20 June", "Sat 20 June, 21:00" */
export const dayLong = (at: Date): string => at.toLocaleDateString(tag(), { weekday: 'long', day: 'numeric', month: 'long' });
export const hourLong = (at: Date): string => at.toLocaleString(tag(), { weekday: 'short', day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit' });

/** Texts of an event's figures. */
export const figures = dictionary(
  {
    title: 'At a glance',
    photos: 'Photos',
    published: 'Published',
    faces: 'Faces',
    visitors: 'Visitors',
    searches: 'Searches',
    downloads: 'Downloads',
    favourites: 'Favourites',
    attendees: 'Accounts',
    templates: 'Told of new photos',
    photosUploaded: 'Photos uploaded',
    refresh: 'Refresh',

    states: 'Photos by state',
    ready: 'With faces',
    withoutFaces: 'Without a face',
    waiting: 'In preparation',
    failed: 'Unreadable',
    noPhotos: 'No photos yet: add some under “Photos”.',

    overTime: 'Over time',
    by: 'Bars for each',
    byDay: 'Day',
    byHour: 'Hour',
    days: 'last 14 days',
    hours: 'last 48 hours',
    nothing: 'Nothing happened in this time.',
    chartOf: (what: string, sum: string, most: string) => `${what}: ${sum} in all, at most ${most} at once.`,
    asTable: 'As a table',
    when: 'When',
    exports: 'Take it with you',
    csvFigures: 'Figures by the hour (CSV)',
    csvAttendees: 'Attendees (CSV)',
  },
  {
    title: 'En un coup d’œil',
    photos: 'Photos',
    published: 'Publiées',
    faces: 'Visages',
    visitors: 'Visiteurs',
    searches: 'Recherches',
    downloads: 'Téléchargements',
    favourites: 'Favoris',
    attendees: 'Comptes',
    templates: 'Prévenus des nouvelles photos',
    photosUploaded: 'Photos envoyées',
    refresh: 'Actualiser',

    states: 'Photos par état',
    ready: 'Avec visages',
    withoutFaces: 'Sans visage',
    waiting: 'En préparation',
    failed: 'Illisibles',
    noPhotos: 'Pas encore de photos : ajoutez-en sous « Photos ».',

    overTime: 'Au fil du temps',
    by: 'Une barre par',
    byDay: 'Jour',
    byHour: 'Heure',
    days: '14 derniers jours',
    hours: '48 dernières heures',
    nothing: 'Il ne s’est rien passé pendant ce temps.',
    chartOf: (what, sum, most) => `${what} : ${sum} en tout, ${most} au plus à la fois.`,
    asTable: 'En tableau',
    when: 'Quand',
    exports: 'À emporter',
    csvFigures: 'Chiffres par heure (CSV)',
    csvAttendees: 'Participants (CSV)',
  },
);
