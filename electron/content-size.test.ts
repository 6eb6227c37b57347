import { describe, expect, it } from 'vitest';
import { resizeContent, type SizedWindow } from './content-size.ts';

/** A window that notes what is done to it. */
function noted(options: { readonly full?: boolean; readonly maximized?: boolean } = {}) {
  const deeds: string[] = [];
  let left = (): void => {};
  const window: SizedWindow = {
    isFullScreen: () => options.full === true,
    setFullScreen: (on) => {
      deeds.push(`full screen ${on}`);
      setImmediate(left);
    },
    once: (_event, listener) => {
      left = listener;
    },
    isMaximized: () => options.maximized === true,
    unmaximize: () => deeds.push('unmaximize'),
    setContentSize: (width, height) => deeds.push(`${width}x${height}`),
  };
  return { window, deeds };
}

describe('resizeContent', () => {
  it('sets the size once the window is neither full-screen nor maximized', async () => {
    const { window, deeds } = noted({ full: true, maximized: true });
    await resizeContent(window, [1280, 720]);
    expect(deeds).toEqual(['full screen false', 'unmaximize', '1280x720']);
  });

  it.each([[[]], [[1280]], [['1280', '720']], [[1e9, 720]], [[1280.5, 720]], [[Number.NaN, 1]], [[1, 1]]])(
    'does nothing for %j, which is no size',
    async (asked) => {
      const { window, deeds } = noted({ maximized: true });
      await resizeContent(window, asked);
      expect(deeds).toEqual([]);
    },
  );
});
