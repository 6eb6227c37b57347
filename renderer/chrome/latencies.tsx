import type { ReactElement } from 'react';
import { OP_NAMES } from '#shared/events/vocabulary.ts';
import { formatDuration } from '../words/format.ts';
import { useAppState } from './app-context.ts';

/** Latency by operation, and how deep the disk's queue is. */
export function Latencies(): ReactElement {
  const counters = useAppState((state) =>
    state.activeDisk === null ? undefined : state.counters.disks.get(state.activeDisk),
  );
  const ops = OP_NAMES.map((name, op) => ({ name, op })).filter(
    ({ op }) => (counters?.requests[op] ?? 0) > 0,
  );
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
          {ops.map(({ name, op }) => (
            <tr key={op}>
              <th scope="row">{name}</th>
              <td className="mono">{formatDuration(counters?.p50Us[op] ?? Number.NaN)}</td>
              <td className="mono">{formatDuration(counters?.p99Us[op] ?? Number.NaN)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="quiet side-line">
        <span className="mono">{counters?.inFlight ?? 0}</span> in flight, at most{' '}
        <span className="mono">{counters?.mostInFlight ?? 0}</span>
      </p>
    </section>
  );
}
