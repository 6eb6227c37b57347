import { describe, expect, it } from 'vitest';
import { APP_ORIGIN } from './own-origin.ts';
import { mayHave } from './permissions.ts';

describe('mayHave', () => {
  it('gives our own page the whole screen and nothing else', () => {
    expect(mayHave('fullscreen', `${APP_ORIGIN}/`)).toBe(true);
    for (const permission of ['media', 'geolocation', 'notifications', 'openExternal', 'fileSystem', '']) {
      expect(mayHave(permission, `${APP_ORIGIN}/`)).toBe(false);
    }
  });

  it('gives others nothing', () => {
    for (const url of ['https://example.org/', 'about:blank', '', 'file:///etc/passwd']) {
      expect(mayHave('fullscreen', url)).toBe(false);
    }
  });
});
