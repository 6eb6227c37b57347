import { X } from 'lucide-react';
import type { ReactElement } from 'react';
import { closeTree } from '../control/structure-deeds.ts';
import { useApp, useAppState } from './app-context.ts';
import { PickedStructureFacts } from './picked-structure-facts.tsx';
import { StructureLegend } from './structure-legend.tsx';
import { StructureTreeView } from './structure-tree-view.tsx';
import { Tip } from './tip.tsx';

/** The tree of what lies on the disks, beside the picture, and below it what is known of the structure that is picked. */
export function StructurePanel(): ReactElement | null {
  const app = useApp();
  const open = useAppState((state) => state.treeOpen);
  const isTold = useAppState((state) => (state.session?.structures.length ?? 0) > 0);
  const isKnown = useAppState(
    (state) => state.session?.structures.some(({ version }) => version > 0) ?? false,
  );
  if (!open || !isTold) return null;
  return (
    <aside className="structure-panel" aria-label="What lies on the disks" tabIndex={-1} data-structure-panel>
      <div className="marks-head">
        <h2>What lies on the disks</h2>
        <Tip words="Close the tree">
          <button
            type="button"
            className="button button-quiet"
            aria-label="Close the tree"
            onClick={() => closeTree(app)}
          >
            <X size={16} aria-hidden="true" />
          </button>
        </Tip>
      </div>
      {isKnown ? (
        <StructureTreeView />
      ) : (
        <p className="quiet structure-none">
          Nothing is known yet. A disk that is hosted here is read by itself; of another, say where it can be
          read.
        </p>
      )}
      <PickedStructureFacts />
      <StructureLegend />
    </aside>
  );
}
