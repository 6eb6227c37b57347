import { CircleAlert } from 'lucide-react';
import { Popover } from 'radix-ui';
import type { ReactElement } from 'react';
import type { DiskFaults } from '#shared/contract/faults.ts';
import type { DiskInfo } from '#shared/contract/messages.ts';
import { CommandLine } from './copy-command.tsx';

/** Beside the Error switch: why the failures it makes cannot be seen, and the command that lets them be. */
export function OrderHint({ disk }: { readonly disk: DiskInfo }): ReactElement | null {
  const { hint } = disk.faults;
  if (hint === null) return null;
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <button type="button" className="panel-menu order-hint" aria-label={`Note about ${disk.name}`}>
          <CircleAlert size={14} aria-hidden="true" />
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="menu hint-card"
          align="end"
          sideOffset={4}
          collisionPadding={8}
          aria-label={`Note about ${disk.name}`}
        >
          <HintWords hint={hint} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

export function HintWords({ hint }: { readonly hint: NonNullable<DiskFaults['hint']> }): ReactElement {
  return (
    <>
      <p>{hint.text}</p>
      {hint.command !== null && <CommandLine command={hint.command} />}
    </>
  );
}
