import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SessionState } from '#shared/model/session-state.ts';
import { inOneGo } from '#shared/model/steps.ts';
import { batchesOf, rowStream } from '#shared/testing/streams.ts';
import { OfflineSession } from '../stats/offline-session.ts';
import { BlobStore } from './blob-store.ts';
import { ByteSink, ByteSource } from './byte-stream.ts';
import { Keyframes } from './keyframes.ts';

/** Keyframes as bytes: each what it adds to those before it, and its blobs. */
type Written = { readonly added: Uint8Array; readonly blobs: Uint8Array[] }[];

class Kept {
  readonly store = new BlobStore({
    memoryBytes: 1 << 28,
    directory: null,
    thread: null,
    onTrouble: () => {},
  });
  readonly troubles: string[] = [];
  readonly keyframes = new Keyframes(this.store, (reason) => this.troubles.push(reason));

  /** What the last keyframe adds. */
  last(): Written[number] {
    const to = new ByteSink();
    const blobs = this.keyframes.writeLast(to);
    return { added: to.view().slice(), blobs: blobs.map((blob) => this.store.read(blob)) };
  }

  take({ added, blobs }: Written[number]): void {
    let next = 0;
    this.keyframes.readNext(new ByteSource(added), (length) => {
      const bytes = blobs[next] ?? new Uint8Array(0);
      next += 1;
      expect(bytes.length).toBe(length);
      return this.store.put(bytes);
    });
    expect(next).toBe(blobs.length);
  }
}

describe('keyframes that were written down', () => {
  it('give the same states when they are read again, and are gone on with', async () => {
    const streams = rowStream({ disks: 3, sizeBytes: 64n << 20n, minRows: 100, maxRows: 200 });
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: 9 }), (rows, cut) => {
        const session = new OfflineSession();
        const kept = new Kept();
        kept.keyframes.add(session.state);
        const written = [kept.last()];
        const states = [session.state.snapshot()];
        const batches = batchesOf(rows, [20]);
        for (const batch of batches.slice(0, cut)) {
          session.rows(batch);
          kept.keyframes.add(session.state);
          written.push(kept.last());
          states.push(session.state.snapshot());
        }

        const again = new Kept();
        for (const keyframe of written) again.take(keyframe);
        for (const bytes of states) {
          const { sequence } = SessionState.readSnapshot(bytes);
          const state = again.keyframes.restore(again.keyframes.at(sequence));
          expect(Buffer.compare(state.snapshot(), bytes)).toBe(0);
        }

        const state = again.keyframes.restore(again.keyframes.at(Number.MAX_SAFE_INTEGER));
        inOneGo(again.keyframes.resume(state));
        for (const batch of batches.slice(cut)) {
          state.apply(batch);
          again.keyframes.add(state);
          const sought = again.keyframes.restore(again.keyframes.at(state.sequence));
          expect(Buffer.compare(sought.snapshot(), state.snapshot())).toBe(0);
        }
        expect(again.troubles).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});
