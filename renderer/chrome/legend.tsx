import type { ReactElement } from 'react';
import { OP_NAMES, Op } from '#shared/events/vocabulary.ts';
import { type LayerName, toggleLayer } from '../control/picture-deeds.ts';
import { countersInHand } from '../store/app-store.ts';
import { type DiskCountersView, sum } from '../store/counters.ts';
import { hostInHand } from '../store/hosted.ts';
import { formatCount, formatRate } from '../words/format.ts';
import { actionOf } from './actions.ts';
import { useApp, useAppState } from './app-context.ts';
import { HeatLegend } from './heat-legend.tsx';
import { isMac, keyLabel } from './keys.ts';
import { MarkLegend } from './mark-legend.tsx';
import { Sparkline } from './sparkline.tsx';
import { StructureLegend } from './structure-legend.tsx';
import { Tip, TipWords } from './tip.tsx';

interface LegendEntry {
  readonly layer: LayerName;
  readonly name: string;
  readonly count: (counters: DiskCountersView) => number;
  /** Null where a rate says nothing. */
  readonly op: number | null;
}

const ENTRIES: readonly LegendEntry[] = [
  { layer: 'read', name: 'read', count: (c) => c.requests[Op.Read] ?? 0, op: Op.Read },
  { layer: 'write', name: 'write', count: (c) => c.requests[Op.Write] ?? 0, op: Op.Write },
  { layer: 'trim', name: 'trim', count: (c) => c.requests[Op.Trim] ?? 0, op: Op.Trim },
  { layer: 'zero', name: 'zero', count: (c) => c.requests[Op.Zero] ?? 0, op: Op.Zero },
  { layer: 'error', name: 'error', count: (c) => sum(c.errors), op: null },
  { layer: 'inFlight', name: 'in flight', count: (c) => c.inFlight, op: null },
];

/** Operations that leave no colour on the blocks but are counted; a flush shows as an edge round the disk. */
const COUNTED_ONLY = [Op.Flush, Op.Cache, Op.Extents] as const;

/** What the colours mean, how often each came, and a switch for each. Counts are true whatever is hidden. */
export function Legend(): ReactElement {
  // A word rather than a list: it is the same as long as the same operations were seen. A hosted disk has all of them
  // from the start: its card stands below, and must not move when its first client flushes.
  const seen = useAppState((state) => {
    const requests = countersInHand(state)?.requests;
    const hosted = hostInHand(state) !== null;
    return COUNTED_ONLY.filter((op) => hosted || (requests?.[op] ?? 0) > 0).join(' ');
  });
  const treeOpen = useAppState((state) => state.treeOpen);
  const others = seen === '' ? [] : seen.split(' ').map(Number);
  return (
    <section className="side-section" aria-label="Legend">
      <div className="legend-head">
        <h2>Legend</h2>
        <span className="quiet legend-count">count</span>
        <span className="quiet legend-rate">per s</span>
        <span className="quiet legend-spark">60 s</span>
      </div>
      <ul className="legend">
        {ENTRIES.map((entry) => (
          <LegendRow key={entry.layer} entry={entry} />
        ))}
        {others.map((op) => (
          <li key={op} className="legend-row legend-plain" data-testid={`legend-${OP_NAMES[op]}`}>
            <span className="legend-name">
              {op === Op.Flush && <span className="swatch" data-layer="flush" aria-hidden="true" />}
              {OP_NAMES[op]}
            </span>
            <Count of={(counters) => counters.requests[op] ?? 0} />
            <Rate op={op} />
            <Sparkline op={op} layer="other" />
          </li>
        ))}
      </ul>
      <HeatLegend />
      <MarkLegend />
      {!treeOpen && <StructureLegend />}
    </section>
  );
}

function LegendRow({ entry }: { readonly entry: LegendEntry }): ReactElement {
  const app = useApp();
  const shown = useAppState((state) => state.filter[entry.layer]);
  const byState = useAppState((state) => state.heat === null);
  const action = actionOf(`layer.${entry.layer}`);
  return (
    <li className="legend-row" data-testid={`legend-${entry.layer}`}>
      {byState ? (
        <Tip
          words={
            <TipWords title={`${shown ? 'Hide' : 'Show'} ${entry.name}`} keys={keyLabel(action, isMac())} />
          }
        >
          <button
            type="button"
            className="legend-toggle"
            aria-pressed={shown}
            onClick={() => toggleLayer(app, entry.layer)}
          >
            <span className="swatch" data-layer={entry.layer} aria-hidden="true" />
            <span className="legend-name">{entry.name}</span>
          </button>
        </Tip>
      ) : (
        // No block has this colour now: there is nothing to hide.
        <span className="legend-name legend-uncoloured">{entry.name}</span>
      )}
      <Count of={entry.count} />
      {entry.op !== null && (
        <>
          <Rate op={entry.op} />
          <Sparkline op={entry.op} layer={entry.layer} />
        </>
      )}
    </li>
  );
}

function Count({ of }: { readonly of: (counters: DiskCountersView) => number }): ReactElement {
  const count = useAppState((state) => {
    const counters = countersInHand(state);
    return counters === undefined ? 0 : of(counters);
  });
  return (
    <span className="legend-count mono" data-count={count}>
      {formatCount(count)}
    </span>
  );
}

function Rate({ op }: { readonly op: number }): ReactElement {
  const rate = useAppState((state) => formatRate(countersInHand(state)?.ratePerSecond[op] ?? 0));
  return <span className="legend-rate mono quiet">{rate}</span>;
}
