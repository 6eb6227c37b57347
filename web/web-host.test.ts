import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Channel } from '#shared/channel/channel.ts';
import { MAX_FRAME_FROM_WINDOW_BYTES } from '#shared/channel/frame.ts';
import { ask, enter, openSocket } from './testing/web-client.ts';
import { MAX_WINDOWS, WebHost } from './web-host.ts';

let folder: string;
let host: WebHost;
let attached: Channel[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nbdscope-web-'));
  mkdirSync(join(folder, 'window/assets'), { recursive: true });
  writeFileSync(join(folder, 'window/index.html'), '<!doctype html><title>window</title>');
  writeFileSync(join(folder, 'window/assets/main-abc123.js'), 'export {};');
  writeFileSync(join(folder, 'window/.hidden.html'), 'hidden');
  writeFileSync(join(folder, 'secret.html'), 'secret');
  attached = [];
  host = await WebHost.listen({
    port: 0,
    rendererDir: join(folder, 'window'),
    attach: (channel) => attached.push(channel),
  });
});

afterEach(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
});

const tokenPath = () => host.mintUrl().slice(host.origin.length);

describe('getting in', () => {
  it('exchanges the token once for an HttpOnly, SameSite=Strict cookie and leads to an address without it', async () => {
    const path = tokenPath();
    const first = await ask(host.port, path);
    expect(first.status).toBe(303);
    expect(first.headers.location).toBe('/');
    expect(first.headers['set-cookie']).toEqual([
      expect.stringMatching(
        new RegExp(`^nbdscope-${host.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`),
      ),
    ]);
    const second = await ask(host.port, path);
    expect(second.status).toBe(403);
    expect(second.headers['set-cookie']).toBeUndefined();
    expect(second.body).toContain('works once');
    expect(second.body).toContain('--no-open');
  });

  it('lets the cookie in again and again: a reload, a second tab', async () => {
    const cookie = await enter(host.mintUrl());
    for (const _visit of ['reload', 'second tab']) {
      const page = await ask(host.port, '/', { headers: { cookie } });
      expect(page.status).toBe(200);
      expect(page.body).toContain('<title>window</title>');
    }
  });

  it('shows the window to whoever is in already and opens the used link again', async () => {
    const path = tokenPath();
    const cookie = await enter(`${host.origin}${path}`);
    const again = await ask(host.port, path, { headers: { cookie } });
    expect(again.status).toBe(303);
  });

  it('refuses who has no token, a wrong one, an empty one or a foreign cookie, and says how to get in', async () => {
    for (const path of ['/', '/?token=', `/?token=${'A'.repeat(43)}`, '/assets/main-abc123.js']) {
      const answer = await ask(host.port, path, {
        headers: { cookie: `nbdscope-${host.port}=${'A'.repeat(43)}` },
      });
      expect(answer.status).toBe(403);
      expect(answer.body).toContain('To get in');
    }
  });

  it('keeps the token through the HEAD request of a link preview', async () => {
    const path = tokenPath();
    expect((await ask(host.port, path, { method: 'HEAD' })).status).toBe(403);
    expect((await ask(host.port, path)).status).toBe(303);
  });

  it('leads on by a page of its own when the link was followed from another site, so that the cookie comes along', async () => {
    const answer = await ask(host.port, tokenPath(), {
      headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers['set-cookie']).toHaveLength(1);
    expect(answer.body).toContain('http-equiv="refresh"');
  });

  it('keeps two hosts apart: the cookie of one does not open the other', async () => {
    const other = await WebHost.listen({ port: 0, rendererDir: folder, attach: () => {} });
    const cookie = await enter(other.mintUrl());
    expect((await ask(host.port, '/', { headers: { cookie } })).status).toBe(403);
    await other.close();
  });
});

describe('what pages elsewhere can do', () => {
  it('refuses every Host but its own, which keeps DNS rebinding out', async () => {
    const cookie = await enter(host.mintUrl());
    for (const foreign of [
      'evil.example',
      `evil.example:${host.port}`,
      '127.0.0.1',
      `127.0.0.1:1`,
      `[::1]:${host.port}`,
    ]) {
      expect((await ask(host.port, '/', { headers: { cookie, host: foreign } })).status).toBe(421);
    }
    const local = await ask(host.port, '/', { headers: { cookie, host: `localhost:${host.port}` } });
    expect(local.status).toBe(200);
  });

  it('refuses what another site fetches, though a person may follow a link to it', async () => {
    const cookie = await enter(host.mintUrl());
    const from = (site: string, mode: string, dest: string) =>
      ask(host.port, '/', {
        headers: { cookie, 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest },
      });
    expect((await from('cross-site', 'no-cors', 'script')).status).toBe(403);
    expect((await from('same-site', 'cors', 'empty')).status).toBe(403);
    expect((await from('cross-site', 'navigate', 'iframe')).status).toBe(403);
    expect((await from('cross-site', 'navigate', 'document')).status).toBe(200);
    expect((await from('none', 'navigate', 'document')).status).toBe(200);
    expect((await from('same-origin', 'cors', 'empty')).status).toBe(200);
  });

  it('answers GET and HEAD alone', async () => {
    const cookie = await enter(host.mintUrl());
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const answer = await ask(host.port, '/', { method, headers: { cookie } });
      expect(answer.status).toBe(405);
      expect(answer.headers.allow).toBe('GET, HEAD');
    }
    const head = await ask(host.port, '/', { method: 'HEAD', headers: { cookie } });
    expect([head.status, head.body]).toEqual([200, '']);
  });

  it('sends a policy without inline code, eval or frames with every answer, refusals too', async () => {
    const cookie = await enter(host.mintUrl());
    const answers = await Promise.all([
      ask(host.port, '/', { headers: { cookie } }),
      ask(host.port, '/assets/main-abc123.js', { headers: { cookie } }),
      ask(host.port, '/missing.js', { headers: { cookie } }),
      ask(host.port, '/'),
      ask(host.port, '/', { headers: { host: 'evil.example' } }),
    ]);
    for (const { headers } of answers) {
      const policy = headers['content-security-policy'] ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*|http/);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['cross-origin-opener-policy']).toBe('same-origin');
      expect(headers['cross-origin-resource-policy']).toBe('same-origin');
      expect(headers['cache-control']).toBeDefined();
    }
  });
});

describe('the files', () => {
  it('serves the built window with its types; what is named after its content may be cached', async () => {
    const cookie = await enter(host.mintUrl());
    const page = await ask(host.port, '/index.html', { headers: { cookie } });
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.headers['cache-control']).toBe('no-store');
    const script = await ask(host.port, '/assets/main-abc123.js', { headers: { cookie } });
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(script.headers['cache-control']).toContain('immutable');
  });

  it('serves nothing outside the built window, however the path is written', async () => {
    const cookie = await enter(host.mintUrl());
    const paths = [
      '/../secret.html',
      '/assets/../../secret.html',
      '/%2e%2e/secret.html',
      '/..%2fsecret.html',
      '/assets/..%5c..%5csecret.html',
      '//secret.html',
      '/.hidden.html',
      '/assets/',
      '/assets',
      '/index.html%00.js',
      '/etc/passwd',
      '/index.html/',
    ];
    for (const path of paths) {
      const answer = await ask(host.port, path, { headers: { cookie } });
      expect([path, answer.status < 500 && answer.status >= 400]).toEqual([path, true]);
      expect(answer.body).not.toBe('secret');
    }
    const absolute = await ask(host.port, `http://evil.example/`, { headers: { cookie } });
    expect(absolute.status).toBe(400);
  });

  it('serves no folder, even one that is named like a file', async () => {
    mkdirSync(join(folder, 'window/folder.html'));
    symlinkSync('folder.html', join(folder, 'window/link.html'));
    const cookie = await enter(host.mintUrl());
    expect((await ask(host.port, '/folder.html', { headers: { cookie } })).status).toBe(404);
    expect((await ask(host.port, '/link.html', { headers: { cookie } })).status).toBe(404);
  });

  it('says what to do when the window is not built', async () => {
    rmSync(join(folder, 'window/index.html'));
    const cookie = await enter(host.mintUrl());
    const page = await ask(host.port, '/', { headers: { cookie } });
    expect(page.status).toBe(503);
    expect(page.body).toContain('npm run build');
  });
});

describe('the channel', () => {
  it('takes a window that carries the cookie and comes from its own page', async () => {
    const cookie = await enter(host.mintUrl());
    const socket = await openSocket(host.port, { cookie, 'sec-fetch-site': 'same-origin' });
    expect([host.windowCount, attached.length]).toEqual([1, 1]);
    socket.close();
    await once(socket, 'close');
  });

  it('refuses upgrades without cookie, from another origin, host, site or path', async () => {
    const cookie = await enter(host.mintUrl());
    const { port } = host;
    await expect(openSocket(port, {})).rejects.toThrow('401');
    await expect(openSocket(port, { cookie, origin: 'http://evil.example' })).rejects.toThrow('403');
    await expect(openSocket(port, { cookie, origin: `http://127.0.0.1:${port + 1}` })).rejects.toThrow('403');
    await expect(openSocket(port, { cookie, origin: `https://127.0.0.1:${port}` })).rejects.toThrow('403');
    await expect(openSocket(port, { cookie, origin: 'null' })).rejects.toThrow('403');
    await expect(openSocket(port, { cookie, origin: `http://localhost:${port}` })).rejects.toThrow('403');
    await expect(openSocket(port, { cookie, host: `evil.example:${port}` })).rejects.toThrow('403');
    await expect(openSocket(port, { cookie, 'sec-fetch-site': 'same-site' })).rejects.toThrow('403');
    await expect(openSocket(port, { cookie }, '/other')).rejects.toThrow('404');
    expect(attached).toHaveLength(0);
  });

  it('refuses an upgrade that names no origin at all', async () => {
    const cookie = await enter(host.mintUrl());
    const answer = await ask(host.port, '/channel', {
      headers: {
        cookie,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      },
    });
    expect(answer.status).toBe(403);
  });

  it(`takes ${MAX_WINDOWS} windows and no more, and another once one has gone`, async () => {
    const cookie = await enter(host.mintUrl());
    const sockets = await Promise.all(
      Array.from({ length: MAX_WINDOWS }, () => openSocket(host.port, { cookie })),
    );
    await expect(openSocket(host.port, { cookie })).rejects.toThrow('503');
    const gone = new Promise<void>((resolve) => {
      host.onWindowsChanged = resolve;
    });
    sockets[0]?.close();
    await gone;
    await openSocket(host.port, { cookie });
    expect(host.windowCount).toBe(MAX_WINDOWS);
  });

  it('ends a window that sends more than a frame may hold, and only that one', async () => {
    const cookie = await enter(host.mintUrl());
    const [bad, good] = await Promise.all([
      openSocket(host.port, { cookie }),
      openSocket(host.port, { cookie }),
    ]);
    bad.on('error', () => {});
    bad.send(new Uint8Array(MAX_FRAME_FROM_WINDOW_BYTES + 1));
    const [code] = await once(bad, 'close');
    expect(code).toBe(1009);
    expect(good.readyState).toBe(good.OPEN);
  });
});

it('listens on loopback alone, and says when its port is taken', async () => {
  const taken = await WebHost.listen({ port: host.port, rendererDir: folder, attach: () => {} }).catch(
    (error: NodeJS.ErrnoException) => error.code,
  );
  expect(taken).toBe('EADDRINUSE');
  // Another address of this machine is still free at the same port, so the host does not hold them all.
  const neighbour = createServer().listen(host.port, '127.0.0.2');
  await once(neighbour, 'listening');
  neighbour.close();
});

describe('a browser that breaks off', () => {
  it('leaves no file of ours open', async () => {
    writeFileSync(join(folder, 'window/assets/large-abc123.js'), Buffer.alloc(16 << 20, ' '));
    const cookie = await enter(host.mintUrl());
    const openFiles = (): number =>
      readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).endsWith('large-abc123.js');
        } catch {
          return false;
        }
      }).length;
    for (let i = 0; i < 5; i += 1) {
      const sent = request({
        host: '127.0.0.1',
        port: host.port,
        path: '/assets/large-abc123.js',
        headers: { cookie },
      });
      sent.on('error', () => {}).end();
      const [response] = await once(sent, 'response');
      response.on('error', () => {});
      await once(response, 'readable');
      sent.destroy();
    }
    const endMs = performance.now() + 30_000;
    while (openFiles() > 0 && performance.now() < endMs) await new Promise((wait) => setTimeout(wait, 20));
    expect(openFiles()).toBe(0);
  });
});
