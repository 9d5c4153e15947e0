import { dictionary } from './dictionary';

/** Texts of the wall on the venue's screen. */
export const wall = dictionary(
  {
    title: 'Live wall',
    find: 'Find your photos',
    emptyTitle: 'The first photos appear here in a moment',
    pause: 'Pause',
    play: 'Go on',
    paused: 'Paused',
    fullScreen: 'Full screen',
    leave: 'Leave the wall',
    keys: 'Space pauses, F fills the screen, Esc leaves.',
    reconnecting: 'Connecting again…',
    photoAlt: 'A photo of the event',
  },
  {
    title: 'Mur en direct',
    find: 'Retrouvez vos photos',
    emptyTitle: 'Les premières photos apparaîtront ici dans un instant',
    pause: 'Suspendre',
    play: 'Continuer',
    paused: 'En pause',
    fullScreen: 'Plein écran',
    leave: 'Quitter le mur',
    keys: 'Espace met en pause, F remplit l’écran, Échap quitte.',
    reconnecting: 'Reconnexion…',
    photoAlt: 'Une photo de l’événement',
  },
);
