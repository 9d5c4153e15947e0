import type { Language } from '../i18n/language.svelte';

/** Each language in its own words. */
export const NAMES: Record<Language, string> = { en: 'English', fr: 'Français' };
