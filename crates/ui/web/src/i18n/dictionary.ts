import { language, type Language } from './language.svelte';

/** One text: fixed, or made from figures and names. */
export type Text = string | ((...values: never[]) => string);
export type Texts = Record<string, Text>;

/** The same keys as `T`, each of the same kind, with the same arguments. TypeScript refuses a missing or an extra one. */
export type SameTexts<T extends Texts> = {
  [K in keyof T]: T[K] extends (...values: infer V) => string ? (...values: V) => string : string;
};

export interface Dictionary<T extends Texts> {
  /** The texts in the current language. Reactive. */
  readonly t: SameTexts<T>;
  readonly all: Record<Language, SameTexts<T>>;
}

/** A set of texts in both languages; English sets the keys. */
export function dictionary<T extends Texts>(en: T, fr: SameTexts<T>): Dictionary<T> {
  const all = { en: en as unknown as SameTexts<T>, fr: withFrenchSpacing(fr) };
  return {
    all,
    get t() {
      return all[language.current];
    },
  };
}

/** French sets high punctuation and guillemets off with a space that must not break the line. */
export function frenchSpacing(text: string): string {
  return text.replace(/ (?=[?!:;»%])/g, '\u00a0').replace(/« /g, '«\u00a0');
}

function withFrenchSpacing<T extends Texts>(texts: SameTexts<T>): SameTexts<T> {
  const spaced = Object.entries<Text>(texts).map(([key, text]) => [
    key,
    typeof text === 'string' ? frenchSpacing(text) : (...values: never[]) => frenchSpacing(text(...values)),
  ]);
  return Object.fromEntries(spaced) as SameTexts<T>;
}
