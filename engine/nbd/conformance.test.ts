import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HostedExport } from './hosted-export.ts';
import { MemoryAllowance } from './memory-allowance.ts';
import { MemoryBackend } from './memory-backend.ts';
import { NbdServer } from './server.ts';
import { ask, isAllowed, NOT_OFFERED, PROBE_DISK_BYTES, PROBES } from './testing/probes.ts';
import { socketPath } from './testing/served.ts';

describe('the protocol, probe by probe', () => {
  const server = new NbdServer();
  let socket = '';

  beforeAll(async () => {
    const disk = new MemoryBackend(BigInt(PROBE_DISK_BYTES), new MemoryAllowance(1 << 30));
    server.addExport(new HostedExport('', 'a disk', disk, null));
    socket = socketPath(await server.listen());
  });
  afterAll(() => server.close());

  it.each(PROBES.map((probe) => [probe.name, probe] as const))('%s', async (_name, probe) => {
    const answer = await ask(probe, socket);
    expect(answer).not.toBe(NOT_OFFERED);
    expect(isAllowed(probe, answer), `answered "${answer}"`).toBe(true);
  });
});
