import type { Disposable } from '#shared/channel/channel.ts';
import { THEMES } from '#shared/theme/palettes.ts';
import { cssCustomProperties, type Theme } from '#shared/theme/theme.ts';
import type { ThemeChoice } from '../store/preferences.ts';

/** Keeps the document's colours to the chosen theme and follows the system where that is the choice. */
export class ThemeControl implements Disposable {
  readonly #light = matchMedia('(prefers-color-scheme: light)');
  readonly #stillness = matchMedia('(prefers-reduced-motion: reduce)');
  readonly #stop = new AbortController();
  #choice: ThemeChoice;

  /** @param onChange told when the theme or the wish for less motion has changed. */
  constructor(choice: ThemeChoice, onChange: () => void) {
    this.#choice = choice;
    const { signal } = this.#stop;
    const changed = (): void => {
      this.#apply();
      onChange();
    };
    this.#light.addEventListener('change', changed, { signal });
    this.#stillness.addEventListener('change', changed, { signal });
    this.#apply();
  }

  get theme(): Theme {
    if (this.#choice !== 'system') return THEMES[this.#choice];
    return this.#light.matches ? THEMES.light : THEMES.dark;
  }

  get reducedMotion(): boolean {
    return this.#stillness.matches;
  }

  choose(choice: ThemeChoice): void {
    this.#choice = choice;
    this.#apply();
  }

  dispose(): void {
    this.#stop.abort();
  }

  #apply(): void {
    const root = document.documentElement;
    const theme = this.theme;
    root.dataset['theme'] = theme.name;
    root.style.colorScheme = theme.scheme;
    for (const [name, value] of Object.entries(cssCustomProperties(theme)))
      root.style.setProperty(name, value);
  }
}
