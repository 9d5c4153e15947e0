import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

/** Small modules that nearly every page needs: one file instead of ten, each of which would cost a phone a way to the server. */
const SHARED =
  /\/src\/(session|api\/(accounts|attendee|early)|attendee\/noted|i18n\/(attendee|format)|parts\/(Connection|Field|focus|Header|LanguageSwitch|Mark|ProblemNote|Spinner)|state\/task)\b/;

// `npm run dev` sends API calls to a running server, by default `findme serve` or `npm run mock` on port 8080.
const server = process.env['FINDME_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: fileURLToPath(new URL('../dist', import.meta.url)),
    emptyOutDir: true,
    // Read and removed by scripts/event-page.mjs.
    manifest: true,
    // The content security policy allows no data: fonts or scripts, so small assets stay files.
    assetsInlineLimit: 0,
    // Every browser this page supports knows <link rel="modulepreload">.
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'shared', test: SHARED }] } } },
  },
  server: { proxy: { '/api': server, '/media': server } },
});
