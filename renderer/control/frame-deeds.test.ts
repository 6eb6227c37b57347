import { describe, expect, it } from 'vitest';
import { frameOfAddress } from './frame-deeds.ts';

describe('frameOfAddress', () => {
  it('reads the size that a window was opened for', () => {
    expect(frameOfAddress('#size=1280x720')).toEqual({ widthPx: 1280, heightPx: 720 });
  });

  it.each(['', '#', '#size=1x1', '#size=1280x', '#size=99999x720', '#size=1280x720;'])(
    'takes "%s" for none',
    (hash) => {
      expect(frameOfAddress(hash)).toBeNull();
    },
  );
});
