import { dictionary } from './dictionary';
import { number } from './format';

/** Texts of every page: frame, errors, pages that are not there. */
export const common = dictionary(
  {
    skipToContent: 'Skip to content',
    language: 'Language',
    loading: 'One moment…',
    close: 'Close',
    tryAgain: 'Try again',
    networkTitle: 'No connection',
    networkDetail: 'The server cannot be reached. Check that you are online, then try again.',
    unreadableTitle: 'The server answered strangely',
    unreadableDetail: (status: number) => `It sent status ${status} without an explanation. Wait a minute, then try again.`,
    tooLargeTitle: 'This picture is too large',
    tooLargeDetail: 'A selfie may have at most 15 MB. Choose a smaller picture, or take one with the camera.',
    wait: (time: string) => `Wait ${time}, then try again.`,
    minutes: (count: number) => `${number(count)} min`,
    reference: (id: string) => `Reference for the organiser: ${id}`,
    notFoundTitle: 'There is no page here',
    notFoundDetail: 'The address may be mistyped. An event’s link looks like this: /e/name-of-the-event',
    toStart: 'To the start page',
  },
  {
    skipToContent: 'Aller au contenu',
    language: 'Langue',
    loading: 'Un instant…',
    close: 'Fermer',
    tryAgain: 'Réessayer',
    networkTitle: 'Pas de connexion',
    networkDetail: 'Le serveur est injoignable. Vérifiez que vous êtes en ligne, puis réessayez.',
    unreadableTitle: 'Réponse inattendue du serveur',
    unreadableDetail: (status) => `Il a répondu ${status} sans explication. Attendez une minute, puis réessayez.`,
    tooLargeTitle: 'Cette image est trop lourde',
    tooLargeDetail: 'Un selfie pèse au plus 15 Mo. Choisissez une image plus petite, ou prenez-en une avec la caméra.',
    wait: (time) => `Attendez ${time}, puis réessayez.`,
    minutes: (count) => `${number(count)} min`,
    reference: (id) => `Référence pour l’organisateur : ${id}`,
    notFoundTitle: 'Il n’y a pas de page ici',
    notFoundDetail: 'L’adresse est peut-être mal écrite. Le lien d’un événement ressemble à ceci : /e/nom-de-l-evenement',
    toStart: 'Vers la page d’accueil',
  },
);
