import { HEAT_RAMPS } from '#shared/theme/heat.ts';
import { PANEL_HEADER_PX, type PictureLook } from '../picture/picture.ts';
import type { AppState } from '../store/app-store.ts';
import { shownDisks } from '../store/arrangement.ts';
import type { ThemeControl } from './theme-control.ts';

/** In presenter mode: height of panels' headers where there are several, as in style/presenter.css; CSS px. */
const PRESENTER_HEADER_PX = 40;
/** And the least side of a cell: smaller ones are not seen from far. */
const PRESENTER_CELL_PX = 4;

/** How the picture looks by what a person has chosen. */
export function lookOf(
  state: AppState,
  { theme, reducedMotion }: Pick<ThemeControl, 'theme' | 'reducedMotion'>,
): PictureLook {
  const { filter, heat, layout, cellShift, rowCells, presenting } = state;
  const presenterHeaderPx = shownDisks(state).length > 1 ? PRESENTER_HEADER_PX : 0;
  return {
    theme: theme.grid,
    filter,
    heat: heat === null ? null : { kind: heat, ramp: HEAT_RAMPS[theme.name] },
    reducedMotion,
    layout,
    cellShift,
    rowCells,
    headerPx: presenting ? presenterHeaderPx : PANEL_HEADER_PX,
    minCellPx: presenting ? PRESENTER_CELL_PX : 0,
  };
}
