import type { ReactElement } from 'react';
import { countersInHand } from '../store/app-store.ts';
import { useAppState } from './app-context.ts';

const WIDTH = 60;
const HEIGHT = 16;

/** Requests of `op` in each of the last sixty seconds, as bars; the largest of them is as high as the line. */
export function Sparkline(props: { readonly op: number; readonly layer: string }): ReactElement {
  const path = useAppState((state) => barsPath(countersInHand(state)?.sparks[props.op] ?? []));
  return (
    <svg className="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path className="spark-bars" data-layer={props.layer} d={path} />
    </svg>
  );
}

const paths = new WeakMap<readonly number[], string>();

/** The bars as an SVG path; made once for each list of values. */
function barsPath(values: readonly number[]): string {
  const known = paths.get(values);
  if (known !== undefined) return known;
  let most = 1;
  for (const value of values) most = Math.max(most, value);
  let path = '';
  for (const [i, value] of values.entries()) {
    if (value === 0) continue;
    // Whatever happened at all shows: at least one px.
    const height = Math.max(1, Math.round((value / most) * HEIGHT));
    path += `M${i} ${HEIGHT}v${-height}h1V${HEIGHT}z`;
  }
  paths.set(values, path);
  return path;
}
