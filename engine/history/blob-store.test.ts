import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { BlobStore } from './blob-store.ts';
import { EncodingThread } from './encoding-thread.ts';
import { encoded } from './encodings.ts';
import type { Unencoded } from './unencoded.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** As what is copied out of a picture is: it keeps what it was copied to. */
class UnencodedBytes implements Unencoded {
  readonly kind = 'plain';
  readonly rawBytes = 1 << 20;
  readonly #bytes = new Uint8Array(1 << 20);

  copy(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice();
  }

  encode(): Uint8Array {
    return encoded(this.kind, this.#bytes);
  }
}

it('keeps nothing of what was encoded, whoever encoded it and whoever was told of its length', async () => {
  const thread = new EncodingThread();
  const store = new BlobStore({ memoryBytes: 1 << 30, directory: null, thread, onTrouble: () => {} });
  const refs: WeakRef<Unencoded>[] = [];
  const put = (isTold: boolean) => {
    const what = new UnencodedBytes();
    refs.push(new WeakRef(what));
    return isTold ? store.putLater(what, (change) => void [change, what]) : store.putLater(what);
  };
  const blobs = [put(true), put(false), put(true), put(false)];
  // One is asked for before the thread has come to it.
  store.read(blobs[3] ?? put(false));
  while (!thread.isIdle) await pause(1);
  await expect
    .poll(() => {
      collectGarbage();
      return refs.filter((ref) => ref.deref() !== undefined).length;
    })
    .toBe(0);
  expect(blobs.map((blob) => store.read(blob).length > 0)).toEqual([true, true, true, true]);
  thread.dispose();
});
