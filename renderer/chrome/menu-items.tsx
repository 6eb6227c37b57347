import { Check } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';
import { type ActionId, actionOf, isAvailable } from './actions.ts';
import { useApp, useAppState } from './app-context.ts';
import { isMac, keyLabel } from './keys.ts';

/** An action of the table, with its key. */
export function ActionItem({ id }: { readonly id: ActionId }): ReactElement {
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

/** Stands before what is chosen or on. */
export function ItemMark(): ReactElement {
  return (
    <DropdownMenu.ItemIndicator className="menu-mark">
      <Check size={14} aria-hidden="true" />
    </DropdownMenu.ItemIndicator>
  );
}

interface ChoiceProps<V extends string> {
  readonly label: string;
  /** Whether the label is shown above, and not only told to who cannot see. */
  readonly titled: boolean;
  readonly value: V;
  readonly options: readonly (readonly [value: V, words: ReactNode])[];
  readonly onChoose: (value: V) => void;
  readonly className?: string;
}

/** One of several, of which exactly one holds. */
export function Choice<V extends string>(props: ChoiceProps<V>): ReactElement {
  const { label, titled, value, options, onChoose, className } = props;
  return (
    <DropdownMenu.RadioGroup
      className={className}
      value={value}
      aria-label={label}
      onValueChange={(chosen) => {
        const option = options.find(([name]) => name === chosen);
        if (option !== undefined) onChoose(option[0]);
      }}
    >
      {titled && <DropdownMenu.Label className="menu-label">{label}</DropdownMenu.Label>}
      {options.map(([option, words]) => (
        <DropdownMenu.RadioItem key={option} value={option} className="menu-item menu-check">
          <ItemMark />
          {words}
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}
