import { describe, expect, it, vi } from 'vitest';
import type { Answer } from '#shared/channel/answer.ts';
import type { Question } from '#shared/contract/questions.ts';
import { nearTogether, type PickedState, PickedStructure } from './picked-structure.ts';

/** A request of a block each, the n-th at n seconds. */
interface Touch {
  readonly sequence: number;
  readonly block: number;
}

function engine(extents: readonly (readonly [disk: number, first: number, end: number])[], touches: Touch[]) {
  const asked: Question[] = [];
  const ask = async (question: Question): Promise<Answer> => {
    asked.push(question);
    if (question.about === 'structureExtents') {
      return {
        json: { bytes: '8192', leftOut: 0 },
        columns: {
          disk: Uint8Array.from(extents, ([disk]) => disk),
          firstBlock: BigUint64Array.from(extents, ([, first]) => BigInt(first)),
          endBlock: BigUint64Array.from(extents, ([, , end]) => BigInt(end)),
        },
      };
    }
    if (question.about !== 'block') throw new Error(`asked about ${question.about}`);
    const { firstBlock, endBlock, beforeSequence, limit } = question;
    const all = touches
      .filter(
        ({ block, sequence }) =>
          block >= firstBlock && block < endBlock && sequence < (beforeSequence ?? Infinity),
      )
      .toSorted((a, b) => b.sequence - a.sequence);
    const page = all.slice(0, Math.min(limit, 2));
    return {
      json: { total: null, more: page.length < all.length },
      columns: {
        sequence: Float64Array.from(page, ({ sequence }) => sequence),
        arrivalUs: Float64Array.from(page, ({ sequence }) => sequence * 1e6),
        offsetBytes: BigUint64Array.from(page, ({ block }) => BigInt(block) * 4096n),
        lengthBytes: BigUint64Array.from(page, () => 4096n),
      },
    };
  };
  return { asked, ask };
}

const JOURNAL = { disk: 0, path: 'fs/journal', name: 'journal' };

function pickWith(ask: (question: Question) => Promise<Answer>) {
  let state: PickedState | null = null;
  const picked = new PickedStructure(ask, (next) => {
    state = next;
  });
  return { picked, settled: () => vi.waitFor(() => expect(state).toMatchObject({ loading: false })) };
}

describe('PickedStructure', () => {
  it('finds where a structure lies and every request on it, page by page', async () => {
    const touches = [5, 1, 9, 3, 7].map((sequence) => ({ sequence, block: 100 }));
    const { ask } = engine([[0, 100, 102]], [...touches, { sequence: 4, block: 300 }]);
    const { picked, settled } = pickWith(ask);
    picked.pick(JOURNAL, 10);
    await settled();
    expect(picked.state.places.get(0)).toEqual([{ firstBlock: 100, endBlock: 102 }]);
    expect(picked.state.momentsUs).toEqual([1e6, 3e6, 5e6, 7e6, 9e6]);
    expect(picked.state.isAllMoments).toBe(true);
  });

  it('leaves out requests between its pieces, though these are asked about together', async () => {
    const { ask, asked } = engine(
      [
        [0, 100, 101],
        [0, 110, 111],
      ],
      [
        { sequence: 1, block: 100 },
        { sequence: 2, block: 105 },
        { sequence: 3, block: 110 },
      ],
    );
    const { picked, settled } = pickWith(ask);
    picked.pick(JOURNAL, 10);
    await settled();
    expect(picked.state.momentsUs).toEqual([1e6, 3e6]);
    expect(asked.find(({ about }) => about === 'block')).toMatchObject({ firstBlock: 100, endBlock: 111 });
  });

  it('looks only for what came since, when it is looked up again', async () => {
    const touches = [1, 2, 3, 4, 5, 6].map((sequence) => ({ sequence, block: 100 }));
    const { ask, asked } = engine([[0, 100, 101]], touches);
    const { picked, settled } = pickWith(ask);
    picked.pick(JOURNAL, 10);
    await settled();
    const before = asked.filter(({ about }) => about === 'block').length;
    touches.push({ sequence: 7, block: 100 });
    picked.pick(JOURNAL, 11);
    await settled();
    expect(picked.state.momentsUs).toHaveLength(7);
    expect(asked.filter(({ about }) => about === 'block').length).toBe(before + 1);
  });

  it('does not look for requests again at another moment while none have come', async () => {
    const touches = [1, 2].map((sequence) => ({ sequence, block: 100 }));
    const { ask, asked } = engine([[0, 100, 101]], touches);
    const { picked, settled } = pickWith(ask);
    const looks = (): number => asked.filter(({ about }) => about === 'block').length;
    picked.pick(JOURNAL, 10, 2);
    await settled();
    const before = looks();
    picked.pick(JOURNAL, 1, 2);
    await settled();
    expect(looks()).toBe(before);
    expect(picked.state.momentsUs).toEqual([1e6, 2e6]);
    touches.push({ sequence: 3, block: 100 });
    picked.pick(JOURNAL, 1, 3);
    await settled();
    expect(picked.state.momentsUs).toEqual([1e6, 2e6, 3e6]);
  });

  it('says why when nobody can tell, and shows nothing of what was picked before', async () => {
    const { ask } = engine([[0, 100, 101]], []);
    const { picked, settled } = pickWith(async (question) => {
      if (question.about === 'structureExtents' && question.path === 'gone')
        throw new Error('no such structure');
      return ask(question);
    });
    picked.pick(JOURNAL, 10);
    await settled();
    picked.pick({ ...JOURNAL, path: 'gone' }, 10);
    await settled();
    expect(picked.state).toMatchObject({ trouble: 'no such structure', bytes: null });
    expect(picked.state.places.size).toBe(0);
  });
});

describe('nearTogether', () => {
  it('joins what lies close and keeps apart what lies far', () => {
    const stretch = (firstBlock: number, endBlock: number) => ({ firstBlock, endBlock });
    const groups = nearTogether([stretch(0, 1), stretch(30, 31), stretch(5000, 5001)]);
    expect(groups.map(({ firstBlock, endBlock }) => [firstBlock, endBlock])).toEqual([
      [0, 31],
      [5000, 5001],
    ]);
  });
});
