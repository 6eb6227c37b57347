import type { ReactElement } from 'react';
import { OP_NAMES } from '#shared/events/vocabulary.ts';
import { countersInHand } from '../store/app-store.ts';
import { formatDuration } from '../words/format.ts';
import { useAppState } from './app-context.ts';

/** Latency by operation, and how deep the disk's queue is. */
export function Latencies(): ReactElement {
  const seen = useAppState((state) => {
    const requests = countersInHand(state)?.requests;
    return OP_NAMES.filter((_, op) => (requests?.[op] ?? 0) > 0).join(' ');
  });
  const inFlight = useAppState((state) => countersInHand(state)?.inFlight ?? 0);
  const mostInFlight = useAppState((state) => countersInHand(state)?.mostInFlight ?? 0);
  return (
    <section className="side-section" aria-label="Latency">
      <table className="latencies">
        <thead>
          <tr>
            <th scope="col">Latency</th>
            <th scope="col">p50</th>
            <th scope="col">p99</th>
          </tr>
        </thead>
        <tbody>
          {OP_NAMES.map((name, op) =>
            seen.split(' ').includes(name) ? <LatencyRow key={name} name={name} op={op} /> : null,
          )}
        </tbody>
      </table>
      <p className="quiet side-line">
        <span className="mono">{inFlight}</span> in flight, at most{' '}
        <span className="mono">{mostInFlight}</span>
      </p>
    </section>
  );
}

function LatencyRow({ name, op }: { readonly name: string; readonly op: number }): ReactElement {
  const p50 = useAppState((state) => formatDuration(countersInHand(state)?.p50Us[op] ?? Number.NaN));
  const p99 = useAppState((state) => formatDuration(countersInHand(state)?.p99Us[op] ?? Number.NaN));
  return (
    <tr>
      <th scope="row">{name}</th>
      <td className="mono">{p50}</td>
      <td className="mono">{p99}</td>
    </tr>
  );
}
