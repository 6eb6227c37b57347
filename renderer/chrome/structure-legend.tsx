import { type ReactElement, useEffect, useRef } from 'react';
import { THEMES } from '#shared/theme/palettes.ts';
import type { ThemeName } from '#shared/theme/theme.ts';
import { FAMILIES, type StructureFamily } from '../structures/kind-look.ts';
import { paintSwatch } from '../structures/overlay-painter.ts';
import { useAppState } from './app-context.ts';

/** CSS px of a swatch's side; drawn twice as fine. */
const SWATCH_PX = 14;

/** What outlines and tints over the grids mean: those that are in view, and no others. */
export function StructureLegend(): ReactElement | null {
  const isOn = useAppState((state) => state.structuresOn);
  const { families: inView, isCoarse } = useAppState((state) => state.structureLegend);
  // What looks like nothing needs no explanation.
  const families = inView.filter((family) => family !== 'free');
  const theme = useAppState((state) => state.shownTheme);
  const isPicked = useAppState((state) => state.picked.picked !== null);
  if (!isPicked && (!isOn || families.length === 0)) return null;
  return (
    <>
      <ul className="structure-legend" aria-label="What lies where" data-testid="structure-legend">
        {isOn &&
          families.map((family) => (
            <li key={family} data-family={family}>
              <span aria-hidden="true">
                <Swatch family={family} theme={theme} />
              </span>
              {FAMILIES[family].words}
            </li>
          ))}
        {isPicked && (
          <li data-family="picked">
            <span className="structure-swatch structure-picked" aria-hidden="true" />
            picked
          </li>
        )}
      </ul>
      {isOn && isCoarse && (
        <p className="quiet structure-coarse">Zoom in for more: neighbours stand as one from here.</p>
      )}
    </>
  );
}

/** A swatch as the overlay draws it. */
function Swatch({
  family,
  theme,
}: {
  readonly family: StructureFamily;
  readonly theme: ThemeName;
}): ReactElement {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d') ?? null;
    if (context !== null) paintSwatch(context, SWATCH_PX * 2, family, THEMES[theme]);
  }, [family, theme]);
  return <canvas ref={canvas} className="structure-swatch" width={SWATCH_PX * 2} height={SWATCH_PX * 2} />;
}
