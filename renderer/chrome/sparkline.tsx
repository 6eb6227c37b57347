import type { ReactElement } from 'react';

const WIDTH = 60;
const HEIGHT = 16;

/** Requests in each of the last sixty seconds, as a line of bars; its height is the largest of them. */
export function Sparkline(props: {
  readonly values: readonly number[];
  readonly layer: string;
}): ReactElement {
  const most = Math.max(1, ...props.values);
  const step = WIDTH / Math.max(1, props.values.length);
  const path = props.values
    .map((value, i) => {
      if (value === 0) return '';
      // Whatever happened at all shows: at least one px.
      const height = Math.max(1, (value / most) * HEIGHT);
      return `M${(i * step).toFixed(2)} ${HEIGHT}v${(-height).toFixed(2)}h${step.toFixed(2)}V${HEIGHT}z`;
    })
    .join('');
  return (
    <svg className="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path className="spark-bars" data-layer={props.layer} d={path} />
    </svg>
  );
}
