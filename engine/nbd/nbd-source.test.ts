import { afterEach, describe, expect, it } from 'vitest';
import { Session } from '#engine/session/session.ts';
import type { SourceDisk, SourceSink } from '#engine/session/source.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { errnoName, Op, opName, RowFlag, RowKind } from '#shared/events/vocabulary.ts';
import { NbdSource } from './nbd-source.ts';
import { Command, CommandFlag } from './protocol.ts';
import { RawClient } from './testing/raw-client.ts';
import { type Served, serve } from './testing/served.ts';

const KIND_NAMES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(RowKind).map(([name, kind]) => [kind, name]),
);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** As much as steps of the system's clock may put times off, and the clock's own grain. */
const CLOCK_STEP_MS = 25;

/** Rows as words, and the disks they are about. */
class Collected implements SourceSink {
  readonly rowsSeen: string[] = [];
  readonly disks: SourceDisk[] = [];
  readonly times: number[] = [];
  batches = 0;
  wait: Promise<void> | undefined = undefined;

  rows(batch: EventBatch): Promise<void> | undefined {
    this.batches += 1;
    for (let i = 0; i < batch.count; i += 1) {
      const kind = batch.kind[i] ?? 0;
      const words = [KIND_NAMES[kind], `${batch.connection[i]}`];
      if (kind <= RowKind.Unanswered) {
        words.push(opName(batch.op[i] ?? 0), `${batch.offsetLow[i]}+${batch.lengthLow[i]}`);
        if (kind === RowKind.Completion) words.push(errnoName(batch.errno[i] ?? 0));
      }
      this.rowsSeen.push(words.join(' '));
      this.times.push(batch.timeUs[i] ?? Number.NaN);
    }
    return this.wait;
  }

  disk(disk: SourceDisk): void {
    this.disks.push(disk);
  }

  progress(): void {}

  notice(): void {}
}

let served: Served | null = null;
afterEach(() => served?.close());

async function watched(
  sink: SourceSink,
  parameters: readonly (readonly [string, string])[] = [],
): Promise<{ source: NbdSource; raw: RawClient }> {
  const source = new NbdSource('hosted');
  source.start(sink);
  served = await serve({ parameters, observer: (sizeBytes) => source.addDisk('', sizeBytes) });
  source.onRelieved = () => served?.server.relieved();
  const raw = await RawClient.connect(served.socket);
  await raw.enter();
  return { source, raw };
}

describe('NbdSource', () => {
  it('tells every request and what the client got, refusals and injected errors included', async () => {
    const sink = new Collected();
    const beforeMs = Date.now();
    const { source, raw } = await watched(sink, [['error-trim-rate', '1']]);
    await raw.request(Command.Write, { offset: 4096n }, Buffer.alloc(512));
    await raw.request(Command.Read, { offset: 1n, length: 3 });
    await raw.request(Command.Trim, { length: 4096 });
    await raw.request(Command.WriteZeroes, { length: 4096 });
    await raw.request(Command.Flush);
    await raw.request(Command.Cache, { length: 1 });
    await raw.request(Command.BlockStatus, { length: 1 });
    await raw.request(Command.Write, { offset: 64n << 20n }, Buffer.alloc(512));
    await raw.request(Command.Read, { offset: (64n << 20n) - 512n, length: 1024 });
    await raw.request(Command.Read, { offset: (1n << 64n) - 1n, length: 1024 });
    await raw.request(99);
    raw.send(Command.Disconnect);
    await raw.readToEnd();
    await source.stop();
    expect(sink.disks).toEqual([{ index: 0, exportName: '', sizeBytes: 64n << 20n, highestByte: 0n }]);
    const expected: [string, string][] = [
      ['write 1 4096+512', 'ok'],
      ['read 1 1+3', 'ok'],
      ['trim 1 0+4096', 'EIO'],
      ['zero 1 0+4096', 'ok'],
      ['flush 1 0+0', 'ok'],
      ['cache 1 0+1', 'ok'],
      ['extents 1 0+1', 'EINVAL'],
      ['write 1 67108864+0', 'ENOSPC'],
      ['read 1 67108352+512', 'EINVAL'],
      ['read 1 4294967295+0', 'EINVAL'],
    ];
    const rows = expected.flatMap(([what, errno]) => {
      const [op, connection, range] = what.split(' ');
      return [`Request ${connection} ${op} ${range}`, `Completion ${connection} ${op} ${range} ${errno}`];
    });
    expect(sink.rowsSeen).toEqual(['Connect 1', ...rows, 'Disconnect 1']);
    expect(sink.times.every((time, i) => i === 0 || time >= (sink.times[i - 1] ?? 0))).toBe(true);
    const [firstMs = 0] = sink.times.map((timeUs) => timeUs / 1000);
    expect(firstMs).toBeGreaterThan(beforeMs - CLOCK_STEP_MS);
    expect(firstMs).toBeLessThan(Date.now() + CLOCK_STEP_MS);
  });

  it('says which requests were never answered when a client vanishes', async () => {
    const sink = new Collected();
    const { source, raw } = await watched(sink, [['rdelay', '60']]);
    raw.send(Command.Read, { length: 512 });
    await expect.poll(() => served?.server.connections[0]?.requestsInFlight).toBe(1);
    raw.close();
    await expect.poll(() => served?.server.connections).toEqual([]);
    await source.stop();
    const rows = ['Connect 1', 'Request 1 read 0+512', 'Unanswered 1 read 0+512', 'Disconnect 1'];
    expect(sink.rowsSeen).toEqual(rows);
  });

  it('gives requests in flight slots of their own, and latencies that are true', async () => {
    let session: Session | null = null;
    const slots = new Set<number>();
    const latencies: number[] = [];
    let flags = 0;
    const made = new Session({
      rows: (batch) => {
        for (let i = 0; i < batch.count; i += 1) {
          if (batch.kind[i] === RowKind.Request) slots.add(batch.slot[i] ?? -1);
          if (batch.kind[i] === RowKind.Completion) latencies.push(batch.latencyUs[i] ?? Number.NaN);
          if (batch.op[i] === Op.Zero) flags = batch.flags[i] ?? 0;
        }
      },
      reset: () => undefined,
      infoChanged: () => undefined,
      diskCame: () => undefined,
      sourceGone: () => undefined,
      diskGone: () => undefined,
    });
    session = made;
    const source = new NbdSource('hosted');
    session.add(source);
    source.tell('live', 'serving');
    const serving = await serve({
      parameters: [['rdelay', '300ms']],
      observer: (sizeBytes) => source.addDisk('', sizeBytes),
    });
    served = serving;
    const raw = await RawClient.connect(serving.socket);
    await raw.enter();
    for (let i = 0; i < 10; i += 1) raw.send(Command.Read, { offset: BigInt(i * 4096), length: 4096 });
    await expect.poll(() => made.state.disk(0).inFlight.count, { interval: 5 }).toBe(10);
    for (let i = 0; i < 10; i += 1) await raw.chunk();
    const flagged = CommandFlag.NoHole | CommandFlag.Fua | CommandFlag.FastZero;
    await raw.request(Command.WriteZeroes, { flags: flagged, length: 512 });
    raw.close();
    await expect.poll(() => flags).toBe(RowFlag.Fua | RowFlag.Fast);
    await expect.poll(() => made.state.disk(0).inFlight.count).toBe(0);
    expect(slots.size).toBe(10);
    expect(Math.min(...latencies.slice(0, 10))).toBeGreaterThanOrEqual(299_000);
    expect(session.diskInfos()[0]).toMatchObject({ sizeBytes: `${64 << 20}` });
    await session.dispose();
  });

  it('has clients wait while the session cannot keep up, and loses no row', async () => {
    const sink = new Collected();
    const { source, raw } = await watched(sink);
    let release = (): void => undefined;
    sink.wait = new Promise((resolve) => {
      release = resolve;
    });
    const count = 400_000;
    const block = Buffer.concat(
      Array.from({ length: 1000 }, () => {
        const header = Buffer.alloc(28);
        header.writeUInt32BE(0x25609513, 0);
        header.writeUInt16BE(Command.Flush, 6);
        return header;
      }),
    );
    for (let i = 0; i < count / 1000; i += 1) raw.write(block);
    while (!source.congested) await pause(5);
    const before = sink.rowsSeen.length;
    await pause(50);
    expect(sink.rowsSeen.length).toBe(before);
    sink.wait = undefined;
    release();
    for (let i = 0; i < count / 1000; i += 1) await raw.read(16_000);
    await source.stop();
    expect(sink.rowsSeen.filter((row) => row === 'Completion 1 flush 0+0 ok').length).toBe(count);
  });
});
