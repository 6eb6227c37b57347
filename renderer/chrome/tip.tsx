import { Tooltip } from 'radix-ui';
import { type ComponentPropsWithoutRef, type ReactElement, type ReactNode, useRef, useState } from 'react';
import { type ActionId, actionOf, isAvailable } from './actions.ts';
import { useApp, useAppState } from './app-context.ts';
import { isMac, keyLabel } from './keys.ts';

/** A short explanation that comes up beside what it wraps. */
export function Tip(props: { readonly words: ReactNode; readonly children: ReactElement }): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const trigger = useRef<HTMLButtonElement>(null);
  const change = (open: boolean): void => {
    // What takes the keyboard's focus scrolls into sight, which would take its words away again.
    const isScroll = window.event?.type === 'scroll';
    if (!open && isScroll && trigger.current?.matches(':focus-visible') === true) return;
    setOpen(open);
  };
  return (
    <Tooltip.Root open={isOpen} onOpenChange={change}>
      <Tooltip.Trigger asChild ref={trigger}>
        {props.children}
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className="tip" sideOffset={6} collisionPadding={8}>
          {props.words}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

interface ActionButtonProps extends ComponentPropsWithoutRef<'button'> {
  readonly action: ActionId;
  /** Words beside the icon; without them the icon stands alone, named by the action's title. */
  readonly label?: string;
}

/** A button for an action of the table, with its icon, title and key. */
export function ActionButton({ action: id, label, className, ...rest }: ActionButtonProps): ReactElement {
  const app = useApp();
  const action = actionOf(id);
  const available = useAppState((state) => isAvailable(action, state));
  const Icon = action.icon;
  return (
    <Tip words={<TipWords title={action.title} keys={keyLabel(action, isMac())} />}>
      <button
        type="button"
        className={className ?? 'button button-quiet'}
        aria-label={label ?? action.title}
        disabled={!available}
        onClick={() => action.run(app)}
        {...rest}
      >
        {Icon !== undefined && <Icon size={16} aria-hidden="true" />}
        {label}
      </button>
    </Tip>
  );
}

export function TipWords(props: { readonly title: string; readonly keys: string }): ReactElement {
  return (
    <>
      {props.title}
      {props.keys !== '' && <kbd>{props.keys}</kbd>}
    </>
  );
}
