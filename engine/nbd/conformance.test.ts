import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HostedExport } from './hosted-export.ts';
import { MemoryAllowance } from './memory-allowance.ts';
import { MemoryBackend } from './memory-backend.ts';
import { NbdServer } from './server.ts';
import { NOT_OFFERED, PROBE_DISK_BYTES } from './testing/probe.ts';
import { ask, isAllowed, PROBES } from './testing/probes.ts';
import { leaveTestParent, socketPath, testParent } from './testing/served.ts';

/** Only a server that hangs says nothing for so long. */
const HANG_MS = 30_000;

describe('the protocol, probe by probe', () => {
  const server = new NbdServer({ socketParent: testParent() });
  let socket = '';

  beforeAll(async () => {
    const disk = new MemoryBackend(BigInt(PROBE_DISK_BYTES), new MemoryAllowance(1 << 30));
    server.addExport(new HostedExport('', 'a disk', disk, null));
    socket = socketPath(await server.listen());
  });
  afterAll(async () => {
    await server.close();
    leaveTestParent();
  });

  it.each(PROBES.map((probe) => [probe.name, probe] as const))('%s', async (_name, probe) => {
    const answer = await ask(probe, socket, '', HANG_MS);
    expect(answer).not.toBe(NOT_OFFERED);
    expect(isAllowed(probe, answer), `answered "${answer}"`).toBe(true);
  });
});
