import type { ReactElement } from 'react';
import type { StructureAtAnswer, StructureChain } from '#shared/contract/structures.ts';
import { structuresOf } from '../control/structure-control.ts';
import { pickStructure } from '../control/structure-deeds.ts';
import { NOW_SEQUENCE } from '../structures/region-feeds.ts';
import { chainWords } from '../words/structure-words.ts';
import { useApp, useAppState } from './app-context.ts';
import { useQuestion } from './use-question.ts';

const readChains = (
  { json }: { readonly json: unknown },
  { disk, block }: { readonly disk: number; readonly block: number },
) => ({ chains: (json as StructureAtAnswer).chains, disk, block });

/** Structures of one block that are told; small ones may share it in greater numbers. */
const MOST_TOLD = 3;

/** What the block in hand belongs to: `inode table of group 3`, and where that lies. Each is picked with a press. */
export function BlockStructures(props: {
  readonly disk: number;
  readonly block: number;
}): ReactElement | null {
  const { disk, block } = props;
  const app = useApp();
  const version = useAppState((state) => structuresOf(state, disk)?.version ?? 0);
  const past = useAppState(({ view }) => (view.mode === 'past' ? view.sequence : null));
  const atSequence = past ?? NOW_SEQUENCE;
  const question = version === 0 ? null : { about: 'structureAt' as const, disk, block, atSequence };
  const { data } = useQuestion(question, `${disk}/${block}/${version}/${past ?? 'now'}`, readChains);
  if (version === 0) return null;
  // The place is kept while the next answer is on its way, so that nothing below it jumps.
  const isThis = data?.disk === disk && data.block === block;
  const chains = data?.chains ?? [];
  return (
    <ul
      className="block-structures"
      aria-label="What it belongs to"
      data-testid="block-structures"
      data-block={isThis ? block : ''}
    >
      {chains.slice(0, MOST_TOLD).map((chain) => (
        <Chain key={chain.fromBytes} chain={chain} onPick={(line) => pickStructure(app, line)} />
      ))}
      {chains.length > MOST_TOLD && <li className="quiet">and {chains.length - MOST_TOLD} more</li>}
      {chains.length === 0 && <li className="quiet">{isThis ? 'nothing known lies here' : '…'}</li>}
    </ul>
  );
}

function Chain(props: {
  readonly chain: StructureChain;
  readonly onPick: (line: StructureChain['chain'][number]) => void;
}): ReactElement | null {
  const words = chainWords(props.chain);
  const inner = props.chain.chain.at(-1);
  if (words === null || inner === undefined) return null;
  return (
    <li>
      <button type="button" onClick={() => props.onPick(inner)}>
        {words.what}
        {words.where !== '' && <span className="quiet"> · {words.where}</span>}
      </button>
    </li>
  );
}
