import { DropdownMenu } from 'radix-ui';
import type { ReactElement } from 'react';
import { formatBytes, thousands } from '#shared/bytes/size.ts';
import { setCellShift, setRowCells } from '../control/picture-deeds.ts';
import type { CellOrder } from '../grid/plane.ts';
import type { ActionId } from './actions.ts';
import { useApp, useAppState } from './app-context.ts';
import { ActionItem, Choice } from './menu-items.tsx';

const CELL_SHIFTS = [9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20] as const;
const ROW_WIDTHS = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096] as const;
const LAYOUTS = [
  ['rows', 'Rows'],
  ['serpentine', 'Rows there and back'],
  ['hilbert', 'Hilbert curve'],
] as const satisfies readonly (readonly [CellOrder, string])[];
const ACTIONS_HERE: readonly ActionId[] = [
  'picture.fit',
  'picture.zoomIn',
  'picture.zoomOut',
  'move.goTo',
  'picture.clear',
  'picture.hold',
  'structures.show',
  'picture.save',
  'film.export',
  'film.record',
  'window.side',
  'window.footer',
  'window.keys',
];

/** How the picture is laid out: what a cell stands for, how long a row is. */
export function ViewMenu({ trigger }: { readonly trigger: ReactElement }): ReactElement {
  const app = useApp();
  const layout = useAppState((state) => state.layout);
  const cellShift = useAppState((state) => state.cellShift);
  const rowCells = useAppState((state) => state.rowCells);
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu menu-columns" align="end" sideOffset={4} collisionPadding={8}>
          <div className="menu-column">
            {ACTIONS_HERE.map((id) => (
              <ActionItem key={id} id={id} />
            ))}
          </div>
          <Choice
            className="menu-column"
            label="Layout"
            titled
            value={layout}
            onChoose={(chosen) => app.prefer({ layout: chosen })}
            options={LAYOUTS}
          />
          <Choice
            className="menu-column"
            label="A cell shows"
            titled
            value={String(cellShift)}
            onChoose={(value) => setCellShift(app, Number(value))}
            options={CELL_SHIFTS.map((shift) => [String(shift), formatBytes(2 ** shift)])}
          />
          <Choice
            className="menu-column"
            label="Cells in a row"
            titled
            value={rowCells === null ? 'auto' : String(rowCells)}
            onChoose={(value) => setRowCells(app, value === 'auto' ? null : Number(value))}
            options={[
              ['auto', 'Automatic'],
              ...ROW_WIDTHS.map((n): [string, string] => [String(n), thousands(n)]),
            ]}
          />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
