import type { JSHandle, Locator, Page } from '@playwright/test';

/** What a panel said of its disk's state, and when: ms of the page's clock. */
export interface SaidState {
  readonly disk: string;
  readonly words: string;
  readonly atMs: number;
}

/** Notes from now on every state that a panel of the window names, however short a time. */
export function noteStates(page: Page): Promise<JSHandle<SaidState[]>> {
  return page.evaluateHandle(() => {
    const said: SaidState[] = [];
    const latest = new Map<string, string>();
    const note = (): void => {
      for (const panel of document.querySelectorAll('section.panel')) {
        const disk = (panel.getAttribute('aria-label') ?? '').replace(/^Disk /, '');
        const words = panel.querySelector('.state-words')?.textContent ?? '';
        if (latest.get(disk) === words) continue;
        latest.set(disk, words);
        said.push({ disk, words, atMs: performance.now() });
      }
    };
    note();
    new MutationObserver(note).observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
    });
    return said;
  });
}

/** Notes every text that the element has from now on, however short a time. */
export function noteTexts(of: Locator): Promise<JSHandle<(string | null)[]>> {
  return of.evaluateHandle((element) => {
    const texts = [element.textContent];
    new MutationObserver(() => texts.push(element.textContent)).observe(element, {
      subtree: true,
      childList: true,
      characterData: true,
    });
    return texts;
  });
}
