import type { ReactElement } from 'react';
import type { HeatKind } from '#shared/model/heat.ts';
import { AGE_STEPS_MS, COUNT_STEPS } from '../grid/heat.ts';
import { scaleWords } from '../words/heat-words.ts';

/** The scale of heat with what each of its steps stands for, from the least; for ages from the youngest. */
export function HeatScale({ kind }: { readonly kind: HeatKind | 'requests' }): ReactElement {
  const isAge = kind === 'age';
  const steps = isAge ? AGE_STEPS_MS : COUNT_STEPS;
  return (
    <ol className="heat-scale" aria-label={isAge ? 'How long ago, at least' : 'How often, at least'}>
      {steps.map((step, i) => (
        <li key={step}>
          <span
            className="heat-step"
            aria-hidden="true"
            style={{ background: `var(--heat-${isAge ? steps.length - i : i + 1})` }}
          />
          <span className="heat-number mono">{scaleWords(step, isAge)}</span>
        </li>
      ))}
    </ol>
  );
}
