// The person's own wishes about the window itself: its theme, and whether single letters are keys. The program keeps
// them; the web view keeps nothing.
import type { Host } from '../host/host';
import type { Prefs as Kept } from '../types/Prefs';

export type Theme = 'system' | 'light' | 'dark';

function themeOf(text: string): Theme {
  return text === 'light' || text === 'dark' ? text : 'system';
}

export class Prefs {
  theme = $state<Theme>('system');
  /** Single-letter keys work (WCAG 2.1.4: they can be turned off). */
  letters = $state(true);
  /** They were asked for, and came or cannot be had. */
  ready = $state(false);

  readonly #host: Host;
  readonly #failed: (thrown: unknown) => void;
  readonly #dark = window.matchMedia('(prefers-color-scheme: dark)');
  #changed = false;
  #saving: Promise<void> = Promise.resolve();

  constructor(host: Host, failed: (thrown: unknown) => void) {
    this.#host = host;
    this.#failed = failed;
    this.#dark.addEventListener('change', () => this.apply());
    if (host.first) this.#take(host.first.prefs);
    else this.apply();
    this.ready = host.first !== null;
  }

  /** Asks for what was chosen before; what the person chose meanwhile stays. */
  async load(): Promise<void> {
    if (this.ready) return;
    try {
      const kept = await this.#host.prefs();
      if (!this.#changed) this.#take(kept);
    } catch {
      // Without an answer the usual ones hold; the window works with them.
    }
    this.ready = true;
  }

  /** Shows the theme and has the wishes kept, one change after the other. */
  set(change: Partial<Kept>): void {
    this.#changed = true;
    const prefs = { theme: this.theme, letters: this.letters, ...change };
    this.#take(prefs);
    this.#saving = this.#saving.then(() => this.#host.save_prefs({ prefs })).catch(this.#failed);
  }

  #take(prefs: Kept): void {
    this.theme = themeOf(prefs.theme);
    this.letters = prefs.letters;
    this.apply();
  }

  apply(): void {
    const dark = this.theme === 'dark' || (this.theme === 'system' && this.#dark.matches);
    document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
  }
}
