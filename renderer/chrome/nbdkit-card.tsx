import { Square } from 'lucide-react';
import type { ReactElement } from 'react';
import type { SourceInfo } from '#shared/contract/messages.ts';
import { useApp, useAppState } from './app-context.ts';
import { CommandLine, CopyButton } from './copy-command.tsx';

/**
 * The nbdkit that runs for this window behind the disk in hand; without such a disk, the last one that was started. One whose
 * disk is not known yet, as its log tells of it with the first client, has no panel: its address stands here meanwhile.
 */
export function NbdkitCard(): ReactElement | null {
  const inHand = useAppState((state) => {
    const sources = state.session?.sources ?? [];
    const disk = state.session?.disks.find((one) => one.id === state.activeDisk);
    return disk === undefined
      ? sources.findLast((one) => one.nbdkit !== null)
      : sources.find((one) => one.id === disk.source);
  });
  const awaited = useAppState((state) =>
    state.session?.sources.findLast(
      ({ id, nbdkit }) =>
        nbdkit?.running === true && state.session?.disks.every((disk) => disk.source !== id) === true,
    ),
  );
  return (
    <>
      {awaited?.nbdkit && awaited !== inHand && (
        <Card title={awaited.name} source={awaited} nbdkit={awaited.nbdkit} />
      )}
      {inHand?.nbdkit && <Card title="nbdkit" source={inHand} nbdkit={inHand.nbdkit} />}
    </>
  );
}

interface CardProps {
  readonly title: string;
  readonly source: SourceInfo;
  readonly nbdkit: NonNullable<SourceInfo['nbdkit']>;
}

function Card({ title, source, nbdkit }: CardProps): ReactElement {
  const app = useApp();
  return (
    <section className="side-section disk-card" aria-label="nbdkit" data-testid="nbdkit-card">
      <div className="disk-card-head">
        <h2>
          {title}{' '}
          <span className="quiet mono nbdkit-pid">
            {nbdkit.running && nbdkit.pid !== null ? `pid ${nbdkit.pid}` : ''}
          </span>
        </h2>
        {nbdkit.running && (
          <button
            type="button"
            className="button button-small"
            onClick={() => app.send({ command: 'stopNbdkit', source: source.id })}
          >
            <Square size={12} aria-hidden="true" /> Stop
          </button>
        )}
      </div>
      <div className="disk-card-uri">
        <code className="mono clip" data-testid="nbdkit-uri" title={nbdkit.uri}>
          {nbdkit.uri}
        </code>
        <CopyButton text={() => nbdkit.uri} label="Copy the address" />
      </div>
      <CommandLine command={nbdkit.command} />
      {nbdkit.ended !== null && (
        <p className="warning faults-note" role="status">
          {nbdkit.ended}
        </p>
      )}
      {nbdkit.stderr !== '' && (
        <section className="stderr" aria-label="What nbdkit said" ref={reachableByKeys}>
          <pre className="mono">{nbdkit.stderr}</pre>
        </section>
      )}
    </section>
  );
}

/** What scrolls must be reachable by keyboard in every browser. */
function reachableByKeys(element: HTMLElement | null): void {
  if (element !== null) element.tabIndex = 0;
}
