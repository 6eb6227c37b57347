import { constants, type FileHandle, open } from 'node:fs/promises';
import { errnoName } from '#shared/events/vocabulary.ts';
import { whyUnreadable } from '../../log/why-unreadable.ts';
import { NbdClient } from '../../nbd/client/nbd-client.ts';
import { deviceSize } from '../../nbd/file/open-file.ts';
import { isNbdUri, parseNbdUri, type RemoteAddress } from '../../nbd/remote/nbd-uri.ts';
import { credentialsFor } from '../../nbd/remote/remote-tls.ts';
import { RefusedError } from '../../refused-error.ts';
import type { ByteSource } from '../cached-reader.ts';

/** Where a disk is read that is not hosted here. */
export interface OpenBytes extends ByteSource {
  readonly kind: 'image' | 'uri';
  /** The path, or the URI without what is secret. */
  readonly name: string;
  close(): Promise<void>;
}

/** What an image can be, as advice. */
const WANTED = 'a raw image of the disk, a block device or an NBD URI';

/** How long a server may take to answer before the connection is given up, ms. */
const ANSWER_MS = 15_000;
/** How long it may take to hang up in good order before that is done at once, ms. */
const GOODBYE_MS = 1_000;

/**
 * Opens an image file or block device, or an export of an NBD server, to be read.
 * @throws RefusedError saying what will not do.
 */
export async function openBytes(from: string): Promise<OpenBytes> {
  try {
    return isNbdUri(from) ? await RemoteBytes.open(from) : await ImageBytes.open(from);
  } catch (error) {
    throw new RefusedError(error instanceof Error ? error.message : String(error));
  }
}

class ImageBytes implements OpenBytes {
  readonly kind = 'image';
  readonly name: string;
  readonly sizeBytes: bigint;
  readonly #file: FileHandle;

  private constructor(name: string, sizeBytes: bigint, file: FileHandle) {
    this.name = name;
    this.sizeBytes = sizeBytes;
    this.#file = file;
  }

  static async open(path: string): Promise<ImageBytes> {
    // A FIFO must not have us wait for its other end.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
      throw new Error(`${path} cannot be read: ${whyUnreadable(error, WANTED)}`);
    });
    try {
      const status = await file.stat({ bigint: true });
      if (!status.isFile() && !status.isBlockDevice()) {
        throw new Error(`${path} is neither a file nor a block device; give a raw image of the disk`);
      }
      const sizeBytes = status.isBlockDevice() ? deviceSize(path, status.rdev) : status.size;
      if (sizeBytes === 0n) throw new Error(`${path} is empty; give a raw image of the disk`);
      return new ImageBytes(path, sizeBytes, file);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async readAt(offsetBytes: bigint, lengthBytes: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(lengthBytes);
    let done = 0;
    while (done < lengthBytes) {
      const { bytesRead } = await this.#file.read(
        bytes,
        done,
        lengthBytes - done,
        offsetBytes + BigInt(done),
      );
      if (bytesRead === 0) throw new Error('the image has become shorter');
      done += bytesRead;
    }
    return bytes;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** An export of an NBD server. A connection that is lost is made anew for the next read. */
class RemoteBytes implements OpenBytes {
  readonly kind = 'uri';
  readonly name: string;
  readonly sizeBytes: bigint;
  readonly #address: RemoteAddress;
  #client: NbdClient | null;
  #isClosed = false;

  private constructor(address: RemoteAddress, client: NbdClient) {
    this.#address = address;
    this.name = address.uri;
    this.sizeBytes = client.sizeBytes;
    this.#client = client;
  }

  static async open(uri: string): Promise<RemoteBytes> {
    const address = parseNbdUri(uri);
    return new RemoteBytes(address, await connectTo(address));
  }

  async readAt(offsetBytes: bigint, lengthBytes: number): Promise<Uint8Array> {
    const client = this.#client ?? (await this.#connect());
    const timer = setTimeout(() => void client.abandon(), ANSWER_MS);
    const result = await client
      .read(offsetBytes, lengthBytes)
      .catch((error: unknown) => {
        if (this.#client === client) this.#client = null;
        throw error;
      })
      .finally(() => clearTimeout(timer));
    if (result.errno !== 0) throw new Error(`the server failed with ${errnoName(result.errno)}`);
    return result.data;
  }

  async #connect(): Promise<NbdClient> {
    const client = this.#isClosed ? null : await connectTo(this.#address);
    // It may have been closed meanwhile, when there was nothing to hang up yet.
    if (client === null || this.#isClosed) {
      await client?.abandon();
      throw new Error('it is read no longer');
    }
    this.#client = client;
    return client;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const client = this.#client;
    this.#client = null;
    if (client === null) return;
    // A server that does not answer would have us wait for its goodbye for ever.
    const timer = setTimeout(() => void client.abandon(), GOODBYE_MS);
    await client.disconnect();
    clearTimeout(timer);
  }
}

async function connectTo({ place, exportName, tls }: RemoteAddress): Promise<NbdClient> {
  if (tls === null) return NbdClient.connect(place, exportName);
  return NbdClient.connect(place, exportName, { tls: await credentialsFor(tls) });
}
