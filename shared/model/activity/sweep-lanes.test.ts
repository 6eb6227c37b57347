import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Sweep, SweepLanes } from './sweep-lanes.ts';

const MIB = 2048;
const SECOND = 1_000_000;

/** Requests as [first sector, sectors], one every `everyUs`. */
function swept(requests: readonly (readonly [number, number])[], everyUs = 10_000): Sweep[] {
  const lanes = new SweepLanes();
  requests.forEach(([first, sectors], i) => {
    lanes.note(first, first + sectors, i * everyUs);
  });
  return lanes.sweeps(0, 'read');
}

function inSequence(from: number, to: number, sectors: number): [number, number][] {
  return Array.from({ length: Math.floor((to - from) / sectors) }, (_, i) => [from + i * sectors, sectors]);
}

/**
 * A number in [0, 1) that follows from `seed` and `i`. Mixed until no bit of them shows in the order of the numbers
 * (MurmurHash3's finalizer): with less, some seeds give requests that nearly go in sequence.
 */
function scattered(seed: number, i: number): number {
  let x = Math.imul(i + 1, 0x9e37_79b1) ^ (seed + 1);
  x = Math.imul(x ^ (x >>> 16), 0x85eb_ca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2_ae35);
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
}

/** Each request changes places with one of the `depth` after it. */
function disordered<T>(requests: readonly T[], depth: number, seed: number): T[] {
  const order = requests.map((request, i) => ({ request, key: i + scattered(seed, i) * depth }));
  return order.sort((a, b) => a.key - b.key).map(({ request }) => request);
}

describe('SweepLanes', () => {
  it('tells start and end of a pass by its requests', () => {
    expect(swept(inSequence(2176, 32 * MIB, 2032), 36_000)).toMatchObject([
      { startSector: 2176, headSector: 2176 + 31 * 2032, startUs: 0, lastUs: 30 * 36_000 },
    ]);
  });

  it('follows requests of any size that clients with several in flight send out of order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 2048 }), fc.nat(3), fc.nat(), (sectors, depth, seed) => {
        const to = sectors * 300;
        const [sweep, ...others] = swept(disordered(inSequence(0, to, sectors), depth, seed));
        expect(others).toEqual([]);
        expect(sweep).toMatchObject({ startSector: 0, headSector: to });
      }),
    );
  });

  it('follows requests of uneven sizes, as md sends them', () => {
    const sizes = [2032, 24, 2032, 1896, 2016, 16, 2000];
    let at = 2176;
    const requests = Array.from({ length: 60 }, (_, i): [number, number] => {
      const sectors = sizes[i % sizes.length] ?? 8;
      at += sectors;
      return [at - sectors, sectors];
    });
    expect(swept(disordered(requests, 2, 5))).toMatchObject([{ headSector: at }]);
  });

  it('is not disturbed by what else is read meanwhile', () => {
    const requests = inSequence(0, 64 * MIB, 256).flatMap((request, i): [number, number][] => [
      request,
      [Math.floor(scattered(1, i) * 2 ** 30), 8],
      [136, 1],
      [Math.floor(scattered(2, i) * 2 ** 30), 64],
    ]);
    expect(swept(requests)).toMatchObject([{ startSector: 0, headSector: 64 * MIB }]);
  });

  it('tells several passes at once apart', () => {
    const [a, b, c] = [0, 2 ** 28, 2 ** 30].map((from) => inSequence(from, from + 16 * MIB, 128));
    const requests = (a ?? []).flatMap((request, i) => [request, b?.[i] ?? request, c?.[i] ?? request]);
    expect(swept(requests).map(({ startSector }) => startSector)).toEqual([0, 2 ** 28, 2 ** 30]);
  });

  it('begins a pass with its first request, not with one nearby long before', () => {
    const lanes = new SweepLanes();
    lanes.note(2048, 2056, 0);
    for (const [first, sectors] of inSequence(2056, 16 * MIB, 64)) {
      lanes.note(first, first + sectors, 20 * SECOND + first);
    }
    expect(lanes.sweeps(0, 'read')).toMatchObject([{ startUs: 20 * SECOND + 2056, startSector: 2056 }]);
  });

  it('ends a pass with the last request that took it further', () => {
    const lanes = new SweepLanes();
    for (const [first, sectors] of inSequence(0, 16 * MIB, 64)) lanes.note(first, first + sectors, first);
    for (let i = 0; i < 100; i += 1) lanes.note(15 * MIB, 15 * MIB + 8, 40_000 + i * SECOND);
    expect(lanes.sweeps(0, 'read')).toMatchObject([{ lastUs: 16 * MIB - 64, headSector: 16 * MIB }]);
  });

  it('tells a second pass over the same place from the first', () => {
    const once = inSequence(0, 16 * MIB, 64);
    const found = swept([...once, ...once]);
    expect(found.map(({ startUs, headSector }) => [startUs, headSector])).toEqual([
      [0, 16 * MIB],
      [once.length * 10_000, 16 * MIB],
    ]);
  });

  it('takes random requests for no orderly pass, however many on however small a disk', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(256, 2048, 20_480, 131_072, 2 ** 31),
        fc.constantFrom(8, 16, 128, 512),
        fc.nat(),
        (disk, sectors, seed) => {
          const requests = Array.from({ length: 3000 }, (_, i): [number, number] => {
            return [Math.floor((scattered(seed, i) * disk) / sectors) * sectors, sectors];
          });
          // Of a few large pieces a disk is soon read from end to end, whatever their order.
          fc.pre(disk >= sectors * 32);
          expect(swept(requests, 500).filter(({ isOrderly }) => isOrderly)).toEqual([]);
        },
      ),
    );
  });

  it('takes every block once, in random order, for no orderly pass', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 32, max: 3000 }),
        fc.constantFrom(8, 128, 2048),
        fc.nat(),
        (n, sectors, seed) => {
          const requests = disordered(inSequence(0, n * sectors, sectors), n * 100, seed);
          expect(swept(requests, 500).filter(({ isOrderly }) => isOrderly)).toEqual([]);
        },
      ),
    );
  });

  it('remembers the longest of many passes', () => {
    const lanes = new SweepLanes();
    for (let pass = 0; pass < 100; pass += 1) {
      const length = pass === 3 ? 64 * MIB : MIB;
      for (const [first, sectors] of inSequence(0, length, 64)) {
        lanes.note(first, first + sectors, pass * 100 * SECOND + first);
      }
    }
    const found = lanes.sweeps(0, 'read');
    expect(found.length).toBeLessThan(32);
    expect(found.some(({ headSector }) => headSector === 64 * MIB)).toBe(true);
    expect(found.some(({ startUs }) => startUs === 98 * 100 * SECOND)).toBe(true);
  });
});
