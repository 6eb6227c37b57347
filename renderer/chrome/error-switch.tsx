import { TriangleAlert } from 'lucide-react';
import type { ReactElement } from 'react';
import type { DiskInfo } from '#shared/contract/messages.ts';
import { turnError } from '../control/fault-deeds.ts';
import { errorSwitchWords } from '../words/fault-words.ts';
import { useApp, useAppState } from './app-context.ts';
import { Tip } from './tip.tsx';

/** The original's Error checkbox. It shows how things are, not what was asked: between the two it waits. */
export function ErrorSwitch({ disk }: { readonly disk: DiskInfo }): ReactElement | null {
  const app = useApp();
  const asked = useAppState((state) => state.askedErrors.get(disk.id));
  const { errorSwitch } = disk.faults;
  if (errorSwitch === null) return null;
  const { on, problem } = errorSwitch;
  return (
    <Tip words={errorSwitchWords(errorSwitch, asked !== undefined)}>
      <button
        type="button"
        role="switch"
        className="error-switch"
        aria-checked={on}
        aria-busy={asked !== undefined}
        aria-label={`Error on ${disk.name}`}
        onClick={() => turnError(app, disk.id, !(asked ?? on))}
      >
        {problem !== null && <TriangleAlert size={12} className="warning" aria-hidden="true" />}
        <span className="switch-words">Error</span>
        <SwitchTrack />
      </button>
    </Tip>
  );
}

/** The part of a switch that moves; how it stands comes from the button around it. */
export function SwitchTrack(): ReactElement {
  return (
    <span className="switch-track" aria-hidden="true">
      <span className="switch-thumb" />
    </span>
  );
}
