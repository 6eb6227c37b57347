import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Command, CommandFlag } from './protocol.ts';
import { random } from './testing/random.ts';
import { RawClient } from './testing/raw-client.ts';
import { type Served, type ServeOptions, serve } from './testing/served.ts';

const SIZE = 6 << 20;
const CONNECTIONS = 4;
const ROUNDS = 25;
const IN_FLIGHT = 12;
/** Regions of one round never overlap, so the order in which the server takes them does not matter. */
const REGION = Math.floor(SIZE / (CONNECTIONS * IN_FLIGHT));

const LATE = [
  ['rdelay', '1ms'],
  ['delay-write', '3ms'],
  ['delay-trim', '2ms'],
] as const;

let served: Served | null = null;
let origin: Served | null = null;
afterEach(async () => {
  await served?.close();
  await origin?.close();
  origin = null;
});

const directory = mkdtempSync(join(tmpdir(), 'nbdscope-consistency-'));
afterAll(() => rmSync(directory, { recursive: true }));

function inFile(filters: string[], parameters: [string, string][] = []): Promise<Served> {
  const path = join(directory, 'disk.img');
  writeFileSync(path, '');
  truncateSync(path, SIZE);
  return serve({ plugin: 'file', filters, parameters: [['file', path], ...parameters] });
}

const local = (parameters: ServeOptions['parameters'] = []): Promise<Served> =>
  serve({ parameters: [['size', `${SIZE}`], ...parameters] });

async function remote(parameters: ServeOptions['parameters'] = []): Promise<Served> {
  origin = await local(parameters);
  return serve({ plugin: 'remote', parameters: [['uri', origin.uri]] });
}

describe('several connections at once', () => {
  it.each([
    ['answered at once', () => local()],
    ['answered late and out of order', () => local(LATE)],
    ['in a file', () => inFile([])],
    ['in an overlay over memory', () => serve({ filters: ['cow'], parameters: [['size', `${SIZE}`]] })],
    ['in an overlay of small blocks over a file', () => inFile(['cow'], [['cow-block-size', '4K']])],
    ['passed on to another server', () => remote()],
    ['passed on to another server that answers late and out of order', () => remote(LATE)],
  ] as const)('leave what a plain array would hold, %s', async (_name, start) => {
    served = await start();
    const { socket } = served;
    const draw = random(20_261);
    const model = Buffer.alloc(SIZE);
    const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => RawClient.connect(socket)));
    for (const [i, client] of clients.entries()) await client.enter({ structured: i % 2 === 0 });
    for (let round = 0; round < ROUNDS; round += 1) {
      const regions = Array.from({ length: CONNECTIONS * IN_FLIGHT }, (_, i) => i).sort(() => draw(2) - 0.5);
      for (const [i, region] of regions.entries()) {
        const client = clients[i % CONNECTIONS];
        const at = region * REGION + draw(REGION / 2);
        const length = 1 + draw(REGION / 2);
        const offset = BigInt(at);
        const kind = draw(4);
        if (kind <= 1) {
          const bytes = Buffer.alloc(length, 1 + draw(255));
          client?.send(Command.Write, { offset, flags: draw(2) }, bytes);
          bytes.copy(model, at);
        } else {
          const flags = kind === 2 && draw(2) === 1 ? CommandFlag.NoHole : 0;
          client?.send(kind === 2 ? Command.WriteZeroes : Command.Trim, { offset, length, flags });
          model.fill(0, at, at + length);
        }
      }
      for (const client of clients) {
        for (let i = 0; i < IN_FLIGHT; i += 1) expect((await client.chunk()).errno).toBe(0);
      }
      for (const client of clients) {
        const at = draw(SIZE - 1);
        const length = 1 + draw(Math.min(300_000, SIZE - at));
        const bytes = await client.readDisk(BigInt(at), length);
        expect(bytes.equals(model.subarray(at, at + length)), `round ${round}, ${length} at ${at}`).toBe(
          true,
        );
      }
    }
    const [first] = clients;
    expect((await first?.readDisk(0n, SIZE))?.equals(model)).toBe(true);
    for (const client of clients) client.close();
  });
});
