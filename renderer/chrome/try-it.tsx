import { FlaskConical, Square } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactElement } from 'react';
import { tryWorkload } from '../control/host-deeds.ts';
import type { HostedSource } from '../store/hosted.ts';
import { WORKLOAD_WORDS, workloadTitle } from '../words/workloads.ts';
import { actionOf } from './actions.ts';
import { useApp } from './app-context.ts';
import { isMac, keyLabel } from './keys.ts';

/** Workloads of the built-in client, and how far the one that runs has come. */
export function TryIt({ hosted }: { readonly hosted: HostedSource }): ReactElement {
  const app = useApp();
  const { workload } = hosted.host;
  const percent = workload === null ? 0 : Math.floor(workload.done * 100);
  return (
    <div className="try-it" data-testid="try-it">
      <TryItMenu hosted={hosted} />
      <div className="try-progress">
        {workload === null ? (
          <span className="quiet">See something at once</span>
        ) : (
          <>
            <span className="try-doing">
              <span className="clip">{workloadTitle(workload.name)}</span>
              <span className="mono">{percent} %</span>
            </span>
            <progress aria-label={workloadTitle(workload.name)} max={100} value={percent} />
          </>
        )}
      </div>
      {workload !== null && (
        <button
          type="button"
          className="button button-small"
          aria-label={`Stop: ${workloadTitle(workload.name)}`}
          onClick={() => app.send({ command: 'stopWorkload', source: hosted.id })}
        >
          <Square size={12} aria-hidden="true" />
        </button>
      )}
    </div>
  );
}

/** The workloads, a sentence each of what will be seen. */
export function TryItMenu({ hosted }: { readonly hosted: HostedSource }): ReactElement {
  const app = useApp();
  const { workload: running, readOnly } = hosted.host;
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <button type="button" className="button">
          <FlaskConical size={14} aria-hidden="true" /> Try it
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu try-menu" align="start" sideOffset={4} collisionPadding={8}>
          {running !== null && (
            <DropdownMenu.Label className="menu-label">
              “{workloadTitle(running.name)}” is running; stop it to try another.
            </DropdownMenu.Label>
          )}
          {readOnly && (
            <DropdownMenu.Label className="menu-label">
              The disk is read-only: what writes has to wait until it is not.
            </DropdownMenu.Label>
          )}
          {WORKLOAD_WORDS.map(({ workload, title, sentence, writes }) => (
            <DropdownMenu.Item
              key={workload}
              className="menu-item try-item"
              disabled={running !== null || (writes && readOnly)}
              onSelect={() => tryWorkload(app, workload)}
            >
              <span className="try-words">
                <span className="try-title">{title}</span>
                <span className="quiet">{sentence}</span>
              </span>
              <kbd>{keyLabel(actionOf(`host.try.${workload}`), isMac())}</kbd>
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
