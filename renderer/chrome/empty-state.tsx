import { Boxes, FolderOpen, HardDrive, Play, Terminal } from 'lucide-react';
import type { ReactElement } from 'react';
import { askForHost } from '../control/host-deeds.ts';
import { askForLogs, openPaths, openSample } from '../control/log-deeds.ts';
import { askForNbdkit, askForSet } from '../control/set-deeds.ts';
import { quoteForShell } from '../words/client-commands.ts';
import { useApp, useAppState } from './app-context.ts';
import { CommandLine, NBDKIT_COMMAND } from './copy-command.tsx';

/** What to do when there is no disk to show: nothing is open, or the log is not there yet. */
export function EmptyState(): ReactElement {
  const app = useApp();
  const sources = useAppState((state) => state.session?.sources) ?? [];
  const runsNbdkit = useAppState((state) => state.nbdkit !== null);
  const waiting = sources.filter((source) => source.status === 'waiting');
  const recent = (useAppState((state) => state.session?.recentLogs) ?? []).filter(
    (log) => !sources.some((source) => source.path === log.path),
  );
  const [first] = waiting;
  const logPath = first?.path ?? '/tmp/log';
  const kit = sources.findLast((source) => source.nbdkit?.running === true)?.nbdkit ?? null;
  const reading = sources.some((source) => source.status === 'reading' || source.status === 'live');
  return (
    <div className="empty">
      <div className="card" data-testid="empty">
        <h2>
          {headline(
            waiting.map((source) => source.path ?? source.name),
            reading,
          )}
        </h2>
        <p className="quiet">
          {reading
            ? `${kit === null ? 'The log is open' : 'nbdkit runs'} and has had no request yet. The first shows here as soon as a client sends it.`
            : 'Start nbdkit with its log filter and the picture begins with the first request:'}
        </p>
        {kit !== null && <CommandLine command={`nbdcopy -p ${quoteForShell(kit.uri)} null:`} />}
        {!reading && <CommandLine command={NBDKIT_COMMAND.replace('/tmp/log', quoteForShell(logPath))} />}
        <div className="form-row">
          <button type="button" className="button button-main" onClick={() => void askForLogs(app)}>
            <FolderOpen size={16} aria-hidden="true" /> Open a log…
          </button>
          <button type="button" className="button" onClick={() => openSample(app)}>
            <Play size={16} aria-hidden="true" /> Watch the sample
          </button>
          <button type="button" className="button" onClick={() => askForHost(app)}>
            <HardDrive size={16} aria-hidden="true" /> Host a disk…
          </button>
          <button type="button" className="button" onClick={() => askForSet(app)}>
            <Boxes size={16} aria-hidden="true" /> Host a set…
          </button>
          {runsNbdkit && (
            <button type="button" className="button" onClick={() => askForNbdkit(app)}>
              <Terminal size={16} aria-hidden="true" /> Run nbdkit…
            </button>
          )}
        </div>
        {recent.length > 0 && (
          <>
            <h3>Opened before</h3>
            <ul className="recent">
              {recent.slice(0, 5).map((log) => (
                <li key={log.path}>
                  <button
                    type="button"
                    className="link mono"
                    onClick={() => openPaths(app, [log.path], true)}
                  >
                    {log.path}
                  </button>
                </li>
              ))}
            </ul>
          </>
        )}
        <p className="quiet">Or drop a log on this window.</p>
      </div>
    </div>
  );
}

function headline(waiting: readonly string[], reading: boolean): string {
  if (waiting.length > 0) return `Waiting for ${waiting.join(', ')} to appear`;
  return reading ? 'No requests yet' : 'Nothing is open';
}
