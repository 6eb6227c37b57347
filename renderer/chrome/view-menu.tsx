import { Check } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';
import { formatBytes, thousands } from '#shared/bytes/size.ts';
import { setCellShift, setRowCells } from '../control/picture-deeds.ts';
import type { CellOrder } from '../grid/plane.ts';
import { type ActionId, actionOf, isAvailable } from './actions.ts';
import { useApp, useAppState } from './app-context.ts';
import { isMac, keyLabel } from './keys.ts';

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
            label="Layout"
            value={layout}
            onChoose={(value) => {
              const chosen = LAYOUTS.find(([name]) => name === value);
              if (chosen !== undefined) app.prefer({ layout: chosen[0] });
            }}
            options={LAYOUTS}
          />
          <Choice
            label="A cell shows"
            value={String(cellShift)}
            onChoose={(value) => setCellShift(app, Number(value))}
            options={CELL_SHIFTS.map((shift) => [String(shift), formatBytes(2 ** shift)])}
          />
          <Choice
            label="Cells in a row"
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

function ActionItem({ id }: { readonly id: ActionId }): ReactElement {
  const app = useApp();
  const action = actionOf(id);
  const available = useAppState((state) => isAvailable(action, state));
  return (
    <DropdownMenu.Item className="menu-item" disabled={!available} onSelect={() => action.run(app)}>
      {action.title}
      <kbd>{keyLabel(action, isMac())}</kbd>
    </DropdownMenu.Item>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly onChoose: (value: string) => void;
  readonly options: readonly (readonly [value: string, words: ReactNode])[];
}

function Choice({ label, value, onChoose, options }: ChoiceProps): ReactElement {
  return (
    <DropdownMenu.RadioGroup
      className="menu-column"
      value={value}
      onValueChange={onChoose}
      aria-label={label}
    >
      <DropdownMenu.Label className="menu-label">{label}</DropdownMenu.Label>
      {options.map(([option, words]) => (
        <DropdownMenu.RadioItem key={option} value={option} className="menu-item menu-check">
          <DropdownMenu.ItemIndicator className="menu-mark">
            <Check size={14} aria-hidden="true" />
          </DropdownMenu.ItemIndicator>
          {words}
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}
