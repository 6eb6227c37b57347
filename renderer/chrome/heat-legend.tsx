import type { ReactElement } from 'react';
import { HEAT_KINDS } from '#shared/model/heat.ts';
import { setHeat } from '../control/ask-deeds.ts';
import { HEAT_SENTENCES, HEAT_TITLES } from '../words/heat-words.ts';
import { useApp, useAppState } from './app-context.ts';
import { HeatScale } from './heat-scale.tsx';

/** Chooses what the colours of blocks tell, and says what they mean when that is not the state. */
export function HeatLegend(): ReactElement {
  const app = useApp();
  const heat = useAppState((state) => state.heat);
  return (
    <div className="heat-legend" data-testid="heat-legend" data-heat={heat ?? 'state'}>
      <label className="heat-choice">
        <span className="quiet">Colours by</span>
        <select
          className="select"
          value={heat ?? 'state'}
          onChange={({ target }) => setHeat(app, HEAT_KINDS.find((kind) => kind === target.value) ?? null)}
        >
          {(['state', ...HEAT_KINDS] as const).map((kind) => (
            <option key={kind} value={kind}>
              {HEAT_TITLES[kind]}
            </option>
          ))}
        </select>
      </label>
      {heat !== null && (
        <>
          <p className="quiet heat-words">{HEAT_SENTENCES[heat]}:</p>
          <HeatScale kind={heat} />
          <ul className="mark-legend">
            <li>
              <span className="swatch swatch-small heat-never" aria-hidden="true" />
              never
            </li>
            <li>
              <span className="swatch swatch-small heat-unknown" aria-hidden="true" />
              not counted: memory was full
            </li>
          </ul>
        </>
      )}
    </div>
  );
}
