// The person's own wishes about the window itself: its theme, and whether single letters are keys. They stay in the
// web view's own store; nothing else does.

export type Theme = 'system' | 'light' | 'dark';

const PLACE = 'bowline.window';

interface Kept {
  theme: Theme;
  letters: boolean;
}

function read(): Kept {
  const usual: Kept = { theme: 'system', letters: true };
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) ?? '{}') as Partial<Kept>;
    const theme = kept.theme === 'light' || kept.theme === 'dark' ? kept.theme : 'system';
    return { theme, letters: kept.letters !== false };
  } catch {
    return usual;
  }
}

export class Prefs {
  theme = $state<Theme>('system');
  /** Single-letter keys work (WCAG 2.1.4: they can be turned off). */
  letters = $state(true);

  readonly #dark = window.matchMedia('(prefers-color-scheme: dark)');

  constructor() {
    const kept = read();
    this.theme = kept.theme;
    this.letters = kept.letters;
    this.#dark.addEventListener('change', () => this.apply());
    this.apply();
  }

  /** Shows the theme and keeps the wishes. */
  set(change: Partial<Kept>): void {
    if (change.theme) this.theme = change.theme;
    if (change.letters !== undefined) this.letters = change.letters;
    try {
      localStorage.setItem(PLACE, JSON.stringify({ theme: this.theme, letters: this.letters }));
    } catch {
      // A web view without a store forgets at the next start, and that is all.
    }
    this.apply();
  }

  apply(): void {
    const dark = this.theme === 'dark' || (this.theme === 'system' && this.#dark.matches);
    document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
  }
}
