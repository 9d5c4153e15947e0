import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// `npm run dev` sends API calls to a running server, by default `findme serve` or `npm run mock` on port 8080.
const server = process.env['FINDME_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: fileURLToPath(new URL('../dist', import.meta.url)),
    emptyOutDir: true,
    // The content security policy allows no data: fonts or scripts, so small assets stay files.
    assetsInlineLimit: 0,
    // Every browser this page supports knows <link rel="modulepreload">.
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/api': server, '/media': server } },
});
