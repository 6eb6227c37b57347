import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FAULT_ERRORS } from '#shared/contract/faults.ts';
import { OP_NAMES } from '#shared/events/vocabulary.ts';
import { FAULT_PRESETS, type FaultPreset } from '#shared/faults/presets.ts';
import { byteRange, faultRule } from '../nbd/testing/fault-rules.ts';
import { background, peer, runPeer } from '../nbd/testing/peers.ts';
import { pause, type Served, type ServeOptions, Stage } from '../nbd/testing/served.ts';

const MIB = 1 << 20;
const DISK_BYTES = 64n << 20n;

const stage = new Stage();
afterEach(() => stage.end());

/** Python for nbdsh: `attempt(f)` gives the name of the error, or "ok". */
const PRELUDE = `
import time, sys
def attempt(f):
    try:
        f()
        return "ok"
    except nbd.Error as e:
        return e.errno or "lost"
`;

async function nbdsh(served: Served, script: string): Promise<string> {
  const contexts = ['--base-allocation', '-u', served.uri];
  return (await peer('nbdsh', ...contexts, '-c', PRELUDE + script)).trim();
}

function preset(id: FaultPreset['id']): FaultPreset {
  const found = FAULT_PRESETS.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no preset ${id}`);
  return found;
}

async function withRules(...rules: Parameters<Served['disk']['faults']['setRules']>[0]): Promise<Served> {
  const served = await stage.serve();
  served.disk.faults.setRules(rules);
  return served;
}

async function until(test: () => boolean): Promise<void> {
  const endMs = performance.now() + 30_000;
  while (!test()) {
    if (performance.now() > endMs) throw new Error('waited in vain');
    await pause(5);
  }
}

const frozenIn = (served: Served): number =>
  served.disk.faults.standings().reduce((sum, { frozen }) => sum + frozen, 0);
const hitsIn = (served: Served): number[] => served.disk.faults.standings().map(({ hits }) => hits);

describe('what libnbd sees of a rule', () => {
  it('is its error, whichever it is', async () => {
    const rules = FAULT_ERRORS.map((error, i) =>
      faultRule({
        ops: ['read'],
        range: byteRange(i * 4096, i * 4096 + 4096),
        action: { do: 'fail', error },
      }),
    );
    const served = await withRules(...rules);
    const seen = await nbdsh(
      served,
      `print(*[attempt(lambda: h.pread(512, i * 4096)) for i in range(${FAULT_ERRORS.length + 1})])`,
    );
    const names = FAULT_ERRORS.map((error) => (error === 'ENOTSUP' ? 'EOPNOTSUPP' : error));
    expect(seen.replaceAll('ENOTSUP', 'EOPNOTSUPP').split(' ')).toEqual([...names, 'ok']);
  });

  it('is the operations it names and no other, flush too', async () => {
    const served = await withRules();
    const script = `print(*[attempt(f) for f in (
      lambda: h.pread(512, 0), lambda: h.pwrite(bytes(512), 0), lambda: h.trim(512, 0), lambda: h.zero(512, 0),
      lambda: h.flush(), lambda: h.cache(512, 0), lambda: h.block_status(512, 0, lambda *a: 0))])`;
    for (const op of OP_NAMES) {
      served.disk.faults.setRules([faultRule({ ops: [op] })]);
      const expected = OP_NAMES.map((name) => (name === op ? 'EIO' : 'ok'));
      expect((await nbdsh(served, script)).split(' '), op).toEqual(expected);
    }
  });

  it('ends at its bytes', async () => {
    const served = await withRules(faultRule({ range: byteRange(MIB, MIB + 100) }));
    const places = '[(-1, 1), (-1, 2), (0, 1), (99, 1), (100, 1), (99, 2), (-5, 200), (-5, 5)]';
    const seen = await nbdsh(
      served,
      `print(*[attempt(lambda: h.pread(n, ${MIB} + at)) for at, n in ${places}])`,
    );
    expect(seen).toBe('ok EIO EIO EIO ok EIO EIO ok');
    expect(hitsIn(served)).toEqual([5]);
  });

  it('is counted exactly, over many requests at once and over clients', async () => {
    const served = await withRules(faultRule({ ops: ['read'], times: 7 }));
    const script = `
bad = 0
cookies = [h.aio_pread(nbd.Buffer(4096), i * 4096) for i in range(200)]
for c in cookies:
    while True:
        try:
            if h.aio_command_completed(c): break
        except nbd.Error: bad += 1; break
        h.poll(-1)
print(bad)`;
    const seen = await Promise.all([nbdsh(served, script), nbdsh(served, script)]);
    expect(seen.map(Number).reduce((a, b) => a + b)).toBe(7);
    expect(served.disk.faults.standings()[0]).toMatchObject({ state: 'over', hits: 7 });
  });

  it('is about the share it asks for, and the hits are what failed', async () => {
    const served = await withRules(faultRule({ ops: ['read'], percent: 30 }));
    const seen = await nbdsh(
      served,
      'print(sum(attempt(lambda: h.pread(512, 0)) == "EIO" for _ in range(3000)))',
    );
    expect(hitsIn(served)).toEqual([Number(seen)]);
    // 3000 draws at 0.3: mean 900, standard deviation 25; six of them.
    expect(Math.abs(Number(seen) - 900)).toBeLessThan(150);
  });

  it('begins and ends in its time', async () => {
    const served = await stage.serve();
    const script = `
seen = []
while not (seen and seen[-1][2] == "ok" and any(r == "EIO" for a, b, r in seen)):
    a = time.time(); r = attempt(lambda: h.pread(512, 0)); seen.append((a, time.time(), r)); time.sleep(0.002)
for a, b, r in seen: print(a * 1000, b * 1000, r)`;
    const running = nbdsh(served, script);
    await until(() => (served.server.connections[0]?.transactions ?? 0) > 5);
    const beforeMs = Date.now();
    served.disk.faults.setRules([faultRule({ ops: ['read'], afterMs: 300, forMs: 2000 })]);
    const afterMs = Date.now();
    const seen = (await running).split('\n').map((line) => {
      const [sent = '', answered = '', word = ''] = line.split(' ');
      return { sentMs: Number(sent), answeredMs: Number(answered), word };
    });
    expect(seen.map(({ word }) => (word === 'EIO' ? 'x' : '.')).join('')).toMatch(/^\.+x+\.$/);
    // The server decides between the two times, whatever else the machine does; clocks are read to 2 ms.
    for (const { sentMs, answeredMs, word } of seen.slice(0, -1)) {
      if (word === 'EIO') {
        expect(answeredMs).toBeGreaterThan(beforeMs + 298);
        expect(sentMs).toBeLessThan(afterMs + 2302);
      } else {
        expect(sentMs).toBeLessThan(afterMs + 302);
      }
    }
    expect(seen.at(-1)?.answeredMs).toBeGreaterThan(beforeMs + 2298);
  });

  it('is slowness of what it delays, many as soon as one, and of nothing else', async () => {
    const served = await withRules(
      faultRule({ ops: ['read'], action: { do: 'delay', ms: 150, jitterMs: 0 } }),
      faultRule({ ops: ['read'], range: byteRange(0, 512), action: { do: 'delay', ms: 100, jitterMs: 50 } }),
    );
    const seen = await nbdsh(
      served,
      `
def took(f):
    t = time.monotonic(); f(); return round((time.monotonic() - t) * 1000)
def many():
    cookies = [h.aio_pread(nbd.Buffer(512), 4096) for i in range(400)]
    while any(not h.aio_command_completed(c) for c in cookies[-1:]): h.poll(-1)
print(took(lambda: h.pread(512, 4096)), took(lambda: h.pread(512, 0)), took(many))`,
    );
    const [read = 0, both = 0, many = 0] = seen.split(' ').map(Number);
    expect(read).toBeGreaterThanOrEqual(149);
    expect(both).toBeGreaterThanOrEqual(249);
    expect(many).toBeGreaterThanOrEqual(149);
    // One after another they would take a minute.
    expect(many).toBeLessThan(30_000);
  });

  it('is no slowness of what it does not delay', async () => {
    const served = await withRules(
      faultRule({ ops: ['read'], action: { do: 'delay', ms: 600_000, jitterMs: 0 } }),
    );
    const seen = await nbdsh(
      served,
      `
slow = h.aio_pread(nbd.Buffer(512), 0)
print(attempt(lambda: h.pwrite(bytes(512), 0)), attempt(lambda: h.flush()), h.aio_command_completed(slow))`,
    );
    expect(seen).toBe('ok ok False');
  });

  it('is a disk that turns read-only in use: reads go on, changes are refused where it says, and work again after', async () => {
    const served = await withRules(
      faultRule({ ops: [...OP_NAMES], range: byteRange(MIB, 2 * MIB), action: { do: 'readonly' } }),
    );
    const script = `print(h.is_read_only(), *[attempt(f) for f in (
      lambda: h.pread(512, ${MIB}), lambda: h.pwrite(bytes(512), ${MIB}), lambda: h.trim(512, ${MIB}),
      lambda: h.zero(512, ${MIB}), lambda: h.flush(), lambda: h.cache(512, ${MIB}),
      lambda: h.block_status(512, ${MIB}, lambda *a: 0), lambda: h.pwrite(bytes(512), 0))])`;
    expect(await nbdsh(served, script)).toBe('False ok EPERM EPERM EPERM ok ok ok ok');
    expect(hitsIn(served)).toEqual([3]);
    served.disk.faults.setRules([]);
    expect(await nbdsh(served, script)).toBe(`False${' ok'.repeat(8)}`);
  });

  it('comes and goes under a client that stays connected', async () => {
    const served = await stage.serve();
    const running = nbdsh(
      served,
      `
seen = []
while not (seen[-1:] == ["ok"] and "EIO" in seen and "ENOSPC" in seen): seen.append(attempt(lambda: h.pwrite(bytes(512), 0)))
print(*[r for i, r in enumerate(seen) if i == 0 or seen[i - 1] != r])`,
    );
    const requests = (): number => served.server.connections[0]?.transactions ?? 0;
    for (const rules of [[faultRule()], [faultRule({ action: { do: 'fail', error: 'ENOSPC' } })], []]) {
      const before = requests();
      await until(() => requests() > before + 3);
      served.disk.faults.setRules(rules);
    }
    expect(await running).toBe('ok EIO ENOSPC ok');
  });
});

describe('a freeze', () => {
  const FREEZE = faultRule({ ops: ['read', 'write'], action: { do: 'freeze' } });

  it('answers nothing until it is released, then carries out', async () => {
    const served = await withRules(FREEZE, faultRule({ ops: ['trim'] }));
    // The trim tells that the flush has been answered.
    const running = nbdsh(
      served,
      `
t = time.monotonic()
w = h.aio_pwrite(nbd.Buffer.from_bytearray(bytearray(b"x" * 65536)), 4096)
h.flush()
print(attempt(lambda: h.trim(512, 0)), h.aio_command_completed(w))
while not h.aio_command_completed(w): h.poll(-1)
print(round((time.monotonic() - t) * 1000), h.pread(2, 4096 + 65534).decode())`,
    );
    await until(() => hitsIn(served)[1] === 1);
    await pause(300);
    expect(frozenIn(served)).toBe(1);
    served.disk.faults.setRules([]);
    const [first, second = ''] = (await running).split('\n');
    expect(first).toBe('EIO False');
    const [written, bytes] = second.split(' ');
    expect(Number(written)).toBeGreaterThanOrEqual(295);
    expect(bytes).toBe('xx');
  });

  it.each([1, 600])('leaves nothing of a client that is killed with %i requests frozen', async (requests) => {
    const served = await withRules(FREEZE);
    const client = background('nbdsh', [
      '-u',
      served.uri,
      '-c',
      `
for i in range(${requests}): h.aio_pwrite(nbd.Buffer(512), i * 4096)
while True: h.poll(-1)`,
    ]);
    await until(() => frozenIn(served) === Math.min(requests, 512));
    client.kill();
    await client.said();
    await until(() => served.server.connections.length === 0);
    await until(() => frozenIn(served) === 0);
    served.disk.faults.setRules([]);
    expect(await nbdsh(served, 'print(any(h.pread(1 << 20, 0)))')).toBe('False');
  });

  it('holds no more of a client than a connection may, and lets others in', async () => {
    const served = await withRules(FREEZE);
    const client = background('nbdsh', [
      '-u',
      served.uri,
      '-c',
      `
big = nbd.Buffer(8 << 20)
for i in range(40): h.aio_pwrite(big, (i % 8) << 23)
while True: h.poll(-1)`,
    ]);
    await until(() => frozenIn(served) === 16);
    await pause(200);
    expect(frozenIn(served)).toBe(16);
    expect(await nbdsh(served, 'print(attempt(lambda: h.flush()))')).toBe('ok');
    client.kill();
    await client.said();
    await until(() => served.server.connections.length === 0);
    expect(frozenIn(served)).toBe(0);
  });
});

describe('a disconnect', () => {
  it('hangs up on who asks, again and again, until the rule is off; others stay', async () => {
    const served = await withRules(faultRule({ ops: ['trim'], action: { do: 'disconnect' } }));
    const seen = await nbdsh(
      served,
      `
def again():
    other = nbd.NBD(); other.connect_uri("${served.uri}"); return other
print(*[attempt(lambda: again().trim(512, 0)) for _ in range(3)], attempt(lambda: h.pread(512, 0)))`,
    );
    const words = seen.split(' ');
    expect(words.at(-1)).toBe('ok');
    for (const word of words.slice(0, 3))
      expect(['ENOTCONN', 'ECONNRESET', 'EPIPE', 'lost', 'ESHUTDOWN']).toContain(word);
    expect(hitsIn(served)).toEqual([3]);
    await until(() => served.server.connections.length === 0);
    served.disk.faults.setRules([]);
    expect(await nbdsh(served, 'print(attempt(lambda: h.trim(512, 0)))')).toBe('ok');
  });
});

describe('a preset', () => {
  async function qemuIo(served: Served, command: string): Promise<string> {
    const { stdout, stderr } = await runPeer('qemu-io', ['-f', 'raw', '-c', command, served.uri]);
    return stdout + stderr;
  }

  it('bad sector: its block cannot be read, and everything else can be done', async () => {
    const served = await withRules(...preset('bad-sector').rules(DISK_BYTES));
    expect(await qemuIo(served, 'read 0 32M')).toContain('read 33554432/33554432');
    expect(await qemuIo(served, 'read 32M 4k')).toContain('Input/output error');
    expect(await qemuIo(served, 'read 32772k 4k')).toContain('read 4096/4096');
    expect(await qemuIo(served, 'write 32M 4k')).toContain('wrote 4096/4096');
    expect((await runPeer('nbdcopy', [served.uri, 'null:'])).stderr).toContain('Input/output error');
  });

  it('one slow disk: every request takes 40 ms and more, and none fails', async () => {
    const served = await withRules(...preset('slow-disk').rules(DISK_BYTES));
    const text = await peer(
      'fio',
      ...['--name=slow', '--ioengine=nbd', `--uri=${served.uri}`, '--rw=randrw', '--bs=4k', '--iodepth=4'],
      ...['--size=8m', '--number_ios=100', '--output-format=json'],
    );
    const report: { jobs: { error: number; read: { clat_ns: { min: number } } }[] } = JSON.parse(
      text.slice(text.indexOf('{')),
    );
    expect(report.jobs[0]?.error).toBe(0);
    expect(report.jobs[0]?.read.clat_ns.min).toBeGreaterThanOrEqual(39e6);
  });

  it('disk pulled out: nothing is answered any more', async () => {
    const served = await withRules(...preset('pulled-out').rules(DISK_BYTES));
    expect((await runPeer('nbdcopy', [served.uri, 'null:'])).code).not.toBe(0);
    expect(await nbdsh(served, 'print(attempt(lambda: h.flush()))')).not.toBe('ok');
    expect(served.disk.faults.standings()[0]?.hits).toBeGreaterThanOrEqual(2);
  });

  it('full disk: writing fails with ENOSPC, reading and trimming do not', async () => {
    const served = await withRules(...preset('full-disk').rules(DISK_BYTES));
    expect(await qemuIo(served, 'write 0 4k')).toContain('No space left on device');
    expect(await qemuIo(served, 'discard 0 1M')).toContain('discard 1048576/1048576');
    expect(await qemuIo(served, 'read 0 1M')).toContain('read 1048576/1048576');
  });
});

describe('a log of the disk', () => {
  it('shows what clients got, wherever its filter stands', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nbdscope-faults-'));
    stage.after(() => rmSync(folder, { recursive: true }));
    const orders: ServeOptions['filters'][] = [undefined, ['log', 'delay'], ['delay', 'log']];
    for (const [i, filters] of orders.entries()) {
      const logfile = join(folder, `${i}.log`);
      const served = await stage.serve({
        parameters: [['logfile', logfile]],
        ...(filters === undefined ? {} : { filters }),
      });
      served.disk.faults.error = true;
      expect(await nbdsh(served, 'print(attempt(lambda: h.pread(512, 0)))')).toBe('EIO');
      await until(() => readFileSync(logfile, 'utf8').includes('Disconnect'));
      expect(readFileSync(logfile, 'utf8')).toMatch(/\.\.\.Read id=\d+ return=-1 error=EIO/);
    }
  });
});
