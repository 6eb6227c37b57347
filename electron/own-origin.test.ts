import { describe, expect, it } from 'vitest';
import { appFile, isExternalLink, isOwnPage } from './own-origin.ts';

describe("the shell's own page", () => {
  it('is of app://nbdscope and of nothing else', () => {
    for (const url of ['app://nbdscope/', 'app://nbdscope/index.html?x#y']) expect(isOwnPage(url)).toBe(true);
    for (const url of [
      undefined,
      '',
      'about:blank',
      'app://other/',
      'app://nbdscope.evil.example/',
      'app://evil@other/',
      'https://nbdscope/',
      'file:///app://nbdscope/',
      'data:text/html,app://nbdscope/',
      'http://127.0.0.1/',
    ]) {
      expect([url, isOwnPage(url)]).toEqual([url, false]);
    }
  });

  it('gets the files of the built window and none above them', () => {
    expect(appFile('app://nbdscope/')?.path).toBe('index.html');
    expect(appFile('app://nbdscope/assets/main-abc.js')).toMatchObject({
      path: 'assets/main-abc.js',
      contentType: 'text/javascript; charset=utf-8',
    });
    for (const url of [
      'app://other/index.html',
      'app://nbdscope/..%2fpackage.json',
      'app://nbdscope/%2e%2e%2f%2e%2e/etc/passwd.html',
      'app://nbdscope/.git/config.json',
      'app://nbdscope/assets/',
      'app://nbdscope/main',
      'app://nbdscope//etc/hosts.html',
      'not an address',
    ]) {
      expect([url, appFile(url)]).toEqual([url, null]);
    }
    // The URL parser itself resolves plain dots; what is left stays below the folder.
    expect(appFile('app://nbdscope/../../index.html')?.path).toBe('index.html');
  });

  it('opens outside only the few addresses that it names', () => {
    expect(isExternalLink('https://libguestfs.org/nbdkit.1.html#SIZES')).toBe(true);
    for (const url of [
      'https://libguestfs.org/',
      'http://libguestfs.org/nbdkit.1.html',
      'https://evil.example/https://libguestfs.org/nbdkit.1.html',
      'https://libguestfs.org.evil.example/nbdkit.1.html',
      'file:///etc/passwd',
      'javascript:alert(1)',
    ]) {
      expect([url, isExternalLink(url)]).toEqual([url, false]);
    }
  });
});
