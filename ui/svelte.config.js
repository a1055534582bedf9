// Runes everywhere; markup from outside never enters, so the compiler's own checks are all that is needed.
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

export default {
  preprocess: vitePreprocess(),
  compilerOptions: { runes: true },
};
