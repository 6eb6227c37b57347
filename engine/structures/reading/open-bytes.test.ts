import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FalseServer } from '../../nbd/remote/testing/false-server.ts';
import { openBytes } from './open-bytes.ts';

it('leaves a server that does not answer its goodbye', async () => {
  const real = await FalseServer.start({});
  const realPath = decodeURIComponent(new URL(real.uri).searchParams.get('socket') ?? '');
  const folder = mkdtempSync(join(tmpdir(), 'nbdscope-goodbye-'));
  const sockets = new Set<Socket>();
  // Passes on what is said, but never that the client has ended.
  const deaf = createServer({ allowHalfOpen: true }, (socket) => {
    const behind = connect(realPath);
    for (const each of [socket, behind]) sockets.add(each.on('error', () => undefined));
    socket.pipe(behind, { end: false });
    behind.pipe(socket, { end: false });
  });
  const path = join(folder, 's');
  await new Promise<void>((resolve) => deaf.listen(path, resolve));
  try {
    const bytes = await openBytes(`nbd+unix:///?socket=${path}`);
    expect(bytes.sizeBytes).toBe(1n << 20n);
    await bytes.close();
    await expect(bytes.readAt(0n, 512)).rejects.toThrow('it is read no longer');
  } finally {
    for (const socket of sockets) socket.destroy();
    deaf.close();
    real.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

it('says what will not do for an image, and what would', async () => {
  const wanted = 'give the path of a raw image of the disk, a block device or an NBD URI';
  await expect(openBytes('/nowhere/disk.img')).rejects.toThrow(
    `/nowhere/disk.img cannot be read: no such file; ${wanted}`,
  );
  await expect(openBytes(tmpdir())).rejects.toThrow('neither a file nor a block device');
});
