import { type Scheme, themeOf } from './accent';

/** Paints the page in the event's colour, in light and dark, until the returned function is called. */
export function paint(colour: string): () => void {
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const { style } = document.documentElement;
  const names = ['--accent', '--accent-strong', '--on-accent', '--accent-soft'] as const;

  const apply = () => {
    const scheme: Scheme = dark.matches ? 'dark' : 'light';
    const theme = themeOf(colour, scheme);
    for (const name of names) if (theme !== null) style.setProperty(name, theme[name]);
  };

  apply();
  dark.addEventListener('change', apply);
  return () => {
    dark.removeEventListener('change', apply);
    for (const name of names) style.removeProperty(name);
  };
}
