import { expect, it } from 'vitest';
import { HostedExport } from '#engine/nbd/hosted-export.ts';
import { MemoryAllowance } from '#engine/nbd/memory-allowance.ts';
import { MemoryBackend } from '#engine/nbd/memory-backend.ts';
import { NbdServer } from '#engine/nbd/server.ts';
import { background } from '#engine/nbd/testing/peers.ts';
import { leaveTestParent, testParent } from '#engine/nbd/testing/served.ts';
import { WriteOnceFilter } from './write-once-filter.ts';

/** Tries one after another, and prints the error of each. */
const SCRIPT = `
def attempt(f):
  try:
    f()
    print("ok")
  except nbd.Error as e:
    print(e.errno)
attempt(lambda: h.pwrite(b"a" * 4096, 4096))
attempt(lambda: h.pwrite(b"b" * 4096, 4096))
attempt(lambda: h.pwrite(b"b" * 512, 8191 - 511))
attempt(lambda: h.pwrite(b"b" * 8192, 4096 * 2))
attempt(lambda: h.zero(1 << 20, 0))
attempt(lambda: h.trim(1 << 30, 0))
attempt(lambda: h.trim(4096, 1 << 40))
attempt(lambda: h.zero(4096, 1 << 41))
print(h.pread(4096, 4096) == b"a" * 4096, h.pread(8192, 8192) == b"b" * 8192)
`;

it('lets every block be written once, and no more', async () => {
  const backend = new WriteOnceFilter(new MemoryBackend(1n << 42n, new MemoryAllowance(1 << 30)));
  const server = new NbdServer({ socketParent: testParent() }, null);
  server.addExport(new HostedExport('', 'a write-once disk', backend, null));
  const uri = await server.listen();
  try {
    const client = background('nbdsh', ['-u', uri, '-c', SCRIPT]);
    const said = (await client.said()).trim().split('\n');
    expect(said).toEqual(['ok', 'EPERM', 'EPERM', 'ok', 'EPERM', 'EPERM', 'ok', 'ok', 'True True']);
  } finally {
    await server.close(200);
    await backend.dispose();
    leaveTestParent();
  }
});
