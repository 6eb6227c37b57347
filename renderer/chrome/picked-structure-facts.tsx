import { Crosshair, List, X } from 'lucide-react';
import { type ReactElement, useSyncExternalStore } from 'react';
import { formatBytes, thousands } from '#shared/bytes/size.ts';
import { listPicked, showPicked } from '../control/structure-deeds.ts';
import type { PickedState } from '../structures/picked-structure.ts';
import { keyOf } from '../structures/structure-tree.ts';
import { plural } from '../words/format.ts';
import { useApp, useAppState } from './app-context.ts';
import { Tip } from './tip.tsx';

/** What is known of the structure that is picked, where it lies and how often it was touched. */
export function PickedStructureFacts(): ReactElement | null {
  const app = useApp();
  const state = useAppState((whole) => whole.picked);
  const { picked } = state;
  const facts = useSyncExternalStore(app.structures.onTree, () =>
    picked === null ? NO_FACTS : app.structures.tree.factsOf(keyOf(picked.disk, picked.path)),
  );
  if (picked === null) return null;
  return (
    <section className="picked-structure" aria-label="Picked" data-testid="picked-structure">
      <div className="picked-head">
        <h3 className="clip" title={picked.name}>
          {picked.name}
        </h3>
        <Tip words="Show where it begins">
          <button
            type="button"
            className="button button-quiet"
            aria-label="Show where it begins"
            onClick={() => showPicked(app)}
          >
            <Crosshair size={14} aria-hidden="true" />
          </button>
        </Tip>
        <Tip words="List the requests on it">
          <button
            type="button"
            className="button button-quiet"
            aria-label="List the requests on it"
            onClick={() => listPicked(app)}
          >
            <List size={14} aria-hidden="true" />
          </button>
        </Tip>
        <Tip words="Let it go">
          <button
            type="button"
            className="button button-quiet"
            aria-label="Let it go"
            onClick={() => app.structures.picked.pick(null, 0)}
          >
            <X size={14} aria-hidden="true" />
          </button>
        </Tip>
      </div>
      <p className="quiet picked-words" role="status">
        {state.trouble ?? placeWords(state)}
      </p>
      <dl className="picked-facts">
        {facts.map(([label, value]) => (
          <div key={`${label}: ${value}`}>
            <dt className="quiet">{label}</dt>
            <dd className="mono">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

const NO_FACTS: readonly (readonly [string, string])[] = [];

function placeWords({ bytes, places, leftOut, momentsUs, isAllMoments, loading }: PickedState): string {
  if (bytes === null) return 'Looking where it lies…';
  const stretches = [...places.values()].reduce((sum, list) => sum + list.length, 0);
  const onDisks = places.size > 1 ? ` on ${thousands(places.size)} disks` : '';
  const pieces = stretches > 1 || leftOut > 0 ? ` in ${thousands(stretches + leftOut)} pieces` : '';
  const requests = `${isAllMoments ? '' : 'more than '}${plural(momentsUs.length, 'request')}`;
  return `${formatBytes(BigInt(bytes))}${pieces}${onDisks}; ${loading && momentsUs.length === 0 ? 'looking for requests…' : requests}.`;
}
