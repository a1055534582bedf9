// How the window's page is built: to plain files that need nothing from outside, so that a strict content policy
// holds. With `--mode pretend` the same page talks to a stand-in for the program and runs in any browser.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig(({ mode }) => ({
  base: './',
  plugins: [svelte()],
  define: { __PRETEND__: JSON.stringify(mode === 'pretend') },
  build: {
    target: ['es2022', 'safari16.4'],
    // No inline script and no inline picture: the content policy knows only files of the page itself.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    emptyOutDir: true,
  },
  test: {
    include: ['tests/model/**/*.test.ts', 'tests/rules/**/*.test.ts'],
    benchmark: { include: ['tests/model/**/*.bench.ts'] },
    environment: 'node',
  },
}));
