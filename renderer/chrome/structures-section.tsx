import type { ReactElement } from 'react';
import type { DiskStructures } from '#shared/contract/structures.ts';
import { structuresOf } from '../control/structure-control.ts';
import { askForImage, toggleExplain } from '../control/structure-deeds.ts';
import { useApp, useAppState } from './app-context.ts';
import { FoldHeading } from './fold.tsx';
import { PickedStructureFacts } from './picked-structure-facts.tsx';
import { ActionButton } from './tip.tsx';

/** How much is known of what lies on the disk in hand, and what is picked of it where no tree is open to tell. */
export function StructuresSection(): ReactElement | null {
  const app = useApp();
  const open = useAppState((state) => state.structuresOpen);
  const known = useAppState((state) => structuresOf(state, state.activeDisk));
  const treeOpen = useAppState((state) => state.treeOpen);
  if (known === null) return null;
  return (
    <section className="side-section structures" aria-label="What lies here" data-testid="structures">
      <div className="marks-head">
        <FoldHeading
          title="What lies here"
          open={open}
          onToggle={() => app.store.setState({ structuresOpen: !open })}
        />
        <ActionButton action="structures.tree" aria-pressed={treeOpen} />
        <ShowSwitch />
        <ActionButton action="structures.image" />
      </div>
      {open && (
        <>
          <Knowledge known={known} />
          {!treeOpen && <PickedStructureFacts />}
        </>
      )}
    </section>
  );
}

function ShowSwitch(): ReactElement {
  const isOn = useAppState((state) => state.structuresOn);
  return <ActionButton action="structures.show" aria-pressed={isOn} />;
}

/** How the disk in hand stands: read, being read, not read and what to do about it. */
function Knowledge({ known }: { readonly known: DiskStructures }): ReactElement {
  const app = useApp();
  const { state, words, source } = known;
  const isFrom = state === 'known' && source !== null && source.kind !== 'host';
  return (
    <div className="structures-state" data-testid="structures-state" data-state={state}>
      <p className={state === 'failed' ? 'danger' : 'quiet'} role="status">
        {words}
        {isFrom && <span className="structures-source"> Read from {source.name}.</span>}
      </p>
      {(state === 'nowhere' || (state === 'failed' && source?.kind !== 'host')) && (
        <button type="button" className="link" onClick={() => askForImage(app)}>
          Read it from an image or URI…
        </button>
      )}
      {state !== 'nowhere' && state !== 'recorded' && (
        <button type="button" className="link" onClick={() => toggleExplain(app)}>
          {state === 'off' ? 'Read what lies here' : 'Stop reading'}
        </button>
      )}
    </div>
  );
}
