import type { Disposable } from '#shared/channel/channel.ts';
import { THEMES } from '#shared/theme/palettes.ts';
import { cssCustomProperties, type Theme } from '#shared/theme/theme.ts';
import type { ThemeChoice } from '../store/preferences.ts';

/** Keeps the document's colours to the chosen theme and follows the system where that is the choice. */
export class ThemeControl implements Disposable {
  readonly #light: () => boolean;
  readonly #stillness: () => boolean;
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
    this.#light = followQuery('(prefers-color-scheme: light)', changed, signal);
    this.#stillness = followQuery('(prefers-reduced-motion: reduce)', changed, signal);
    this.#apply();
  }

  get theme(): Theme {
    if (this.#choice !== 'system') return THEMES[this.#choice];
    return this.#light() ? THEMES.light : THEMES.dark;
  }

  get reducedMotion(): boolean {
    return this.#stillness();
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

/**
 * Whether a media query matches, kept by its events. Chromium sends none for a change that somebody has seen in `matches` before
 * it came to send it: asked in every frame, a list would swallow its own events.
 */
function followQuery(query: string, onChange: () => void, signal: AbortSignal): () => boolean {
  const list = matchMedia(query);
  let matches = list.matches;
  list.addEventListener(
    'change',
    (event) => {
      matches = event.matches;
      onChange();
    },
    { signal },
  );
  return () => matches;
}
