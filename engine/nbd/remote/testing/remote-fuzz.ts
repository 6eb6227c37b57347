import { Errno } from '../../protocol.ts';
import {
  type Draw,
  drawsOf,
  expectWords,
  type FuzzPart,
  mustBecome,
  mustEnd,
  once,
} from '../../testing/fuzz-part.ts';
import { extentsOf, readBackend, request, writeBackend } from '../../testing/requests.ts';
import { parseNbdUri, type RemoteAddress } from '../nbd-uri.ts';
import { RemoteBackend } from '../remote-backend.ts';
import { openRemote } from '../remote-handshake.ts';
import { DISK_BYTES, diskBytes, HostileNbd } from './hostile-nbd.ts';

const TIMEOUT_MS = 400;
const ROUNDS = 6;
const AT_ONCE = 5;
/** All that a server can do, but for read-only. */
const ALL_FLAGS = 0x1dfd;
const KNOWN_ERRNOS: ReadonlySet<number> = new Set(Object.values(Errno));

/**
 * NBD servers that lie. Each is refused in words or made a disk; every request ends within its time, with an error that
 * the protocol knows or with what the disk holds, and once the server is honest reads succeed.
 */
export class RemoteFuzz implements FuzzPart {
  readonly atOnce = 8;

  static begin(): RemoteFuzz {
    return new RemoteFuzz();
  }

  async once(seed: number): Promise<void> {
    const draw = drawsOf(seed);
    const handshake = {
      lies: once(draw, 2),
      structured: !once(draw, 4),
      flags: once(draw, 3) ? draw(0x1_0000) : ALL_FLAGS,
    };
    const server = await HostileNbd.start(draw, handshake);
    const address = parseNbdUri(`nbd+unix:///?socket=${server.path}`);
    try {
      if (handshake.lies) {
        for (let i = 1 + draw(6); i > 0; i -= 1) await mustEnd('shaking hands', shake(address));
        await mustBecome('no connection left', () => server.connections === 0);
      }
      server.honest = true;
      await this.#use(draw, address, server);
      await mustBecome('no connection left', () => server.connections === 0);
    } finally {
      server.close();
    }
  }

  close(): void {}

  async #use(draw: Draw, address: RemoteAddress, server: HostileNbd): Promise<void> {
    const options = { connections: 1 + draw(3), timeoutMs: TIMEOUT_MS };
    const backend = await mustEnd('connecting', RemoteBackend.connect(address, options));
    backend.onState = (state) => {
      if (state.kind !== 'connected') expectWords(state.reason);
    };
    try {
      server.honest = false;
      for (let i = 0; i < ROUNDS; i += 1) {
        const asked = Array.from({ length: AT_ONCE }, () => ask(draw, backend, server));
        await mustEnd('a request', Promise.all(asked));
      }
      server.honest = true;
      for (let tries = 0; !(await mustEnd('a read', readRightly(draw, backend, server))); tries += 1) {
        if (tries > 200) throw new Error(`an honest server is not read from: ${backend.state.kind}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    } finally {
      backend.dispose();
    }
  }
}

/** Shakes hands and hangs up. */
async function shake(address: RemoteAddress): Promise<void> {
  try {
    const { socket, facts } = await openRemote(address, TIMEOUT_MS, null);
    socket.destroy();
    if (facts.sizeBytes < 1n || facts.sizeBytes >= 1n << 63n) throw new Error('a size that cannot be');
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    expectWords(error.message);
  }
}

function placeOf(draw: Draw): { at: number; length: number } {
  const at = draw(DISK_BYTES - 1);
  return { at, length: Math.min(DISK_BYTES - at, 1 + draw(once(draw, 4) ? 200_000 : 5000)) };
}

async function ask(draw: Draw, backend: RemoteBackend, server: HostileNbd): Promise<void> {
  const { at, length } = placeOf(draw);
  const offset = BigInt(at);
  switch (draw(8)) {
    case 0:
      return expectErrno(await writeBackend(backend, offset, Buffer.alloc(length, 1)));
    case 1:
      return expectErrno(await backend.flush(request(0n, 0)));
    case 2:
      return expectErrno(await backend.zero(request(offset, length)));
    case 3:
    case 4: {
      const extents = await extentsOf(backend, offset, length).catch(errnoOf);
      if (typeof extents === 'number') return;
      if (extents.some(([bytes]) => bytes < 1) || extents.length === 0) throw new Error('an empty extent');
      return;
    }
    default:
      await readRightly(draw, backend, server);
  }
}

/** Returns whether the read succeeded. @throws Error when it did with bytes that the server cannot have sent for it. */
async function readRightly(draw: Draw, backend: RemoteBackend, server: HostileNbd): Promise<boolean> {
  const { at, length } = placeOf(draw);
  const bytes = await readBackend(backend, BigInt(at), length).catch(errnoOf);
  if (typeof bytes === 'number') return false;
  if (bytes.length !== length) throw new Error(`${bytes.length} bytes for ${length}`);
  if (server.hasSwapped) return true;
  const there = diskBytes(at, length);
  for (let i = 0; i < length; i += 1) {
    if (bytes[i] !== there[i] && bytes[i] !== 0) throw new Error(`byte ${at + i} is ${bytes[i]}`);
  }
  return true;
}

function errnoOf(error: unknown): number {
  const errno = error instanceof Error ? Number(/^errno (\d+)$/.exec(error.message)?.[1] ?? Number.NaN) : NaN;
  if (Number.isNaN(errno)) throw error;
  expectErrno(errno);
  return errno;
}

function expectErrno(errno: number): void {
  if (!KNOWN_ERRNOS.has(errno)) throw new Error(`an error ${errno} that the protocol does not know`);
}
