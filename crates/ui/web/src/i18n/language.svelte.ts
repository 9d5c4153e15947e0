/** The languages of the interface. The browser's choice counts until the reader makes one, which is then kept. */
export const LANGUAGES = ['en', 'fr'] as const;
export type Language = (typeof LANGUAGES)[number];

const STORAGE_KEY = 'findme.language';

/** The first of `tags` (most wanted first) that we speak, else English. */
export function preferred(tags: readonly string[]): Language {
  for (const tag of tags) {
    const spoken = LANGUAGES.find((language) => tag.toLowerCase().split('-')[0] === language);
    if (spoken !== undefined) return spoken;
  }
  return 'en';
}

function kept(): Language | null {
  try {
    const value = localStorage.getItem(STORAGE_KEY);
    return LANGUAGES.find((language) => language === value) ?? null;
  } catch {
    return null; // Storage is blocked: the browser's language serves.
  }
}

class LanguageChoice {
  current: Language = $state('en');

  /** Takes the kept or the browser's language and marks the document with it. */
  start(): void {
    this.#apply(kept() ?? preferred(navigator.languages));
  }

  choose(language: Language): void {
    this.#apply(language);
    try {
      localStorage.setItem(STORAGE_KEY, language);
    } catch {
      // Storage is blocked: the choice holds for this page only.
    }
  }

  #apply(language: Language): void {
    this.current = language;
    document.documentElement.lang = language;
  }
}

export const language = new LanguageChoice();
