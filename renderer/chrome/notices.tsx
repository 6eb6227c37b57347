import { CircleAlert, Info, TriangleAlert, X } from 'lucide-react';
import { type FormEvent, type ReactElement, useId, useState } from 'react';
import { openPaths, opensInstead } from '../control/log-deeds.ts';
import { useApp, useAppState } from './app-context.ts';
import { CopyButton } from './copy-command.tsx';

interface NoticeProps {
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
  readonly detail: string | null;
  readonly onDismiss: () => void;
  readonly askPathFor?: string | null;
}

const ICONS = { info: Info, warning: TriangleAlert, error: CircleAlert } as const;
const LEVEL_NAMES = { info: 'Note', warning: 'Warning', error: 'Error' } as const;

/** Sentences that a person may act on: of the session, and of the window itself. */
export function Notices(): ReactElement | null {
  const app = useApp();
  const session = useAppState((state) => state.session);
  const local = useAppState((state) => state.notices);
  const link = useAppState((state) => state.link);
  const nameOf = (source: number | null): string | null =>
    session?.sources.find((candidate) => candidate.id === source)?.name ?? null;
  return (
    <section className="notices" aria-label="Notices" aria-live="polite">
      {link === 'lost' && (
        <p className="notice" data-level="warning" data-testid="link-lost">
          <TriangleAlert size={16} aria-hidden="true" />
          The engine has gone; reconnecting. If this stays, start nbdscope again in its terminal.
        </p>
      )}
      {local.map((notice) => (
        <NoticeCard key={`local-${notice.id}`} {...notice} onDismiss={() => app.dismissLocal(notice.id)} />
      ))}
      {session?.notices.map((notice) => {
        const name = nameOf(notice.source);
        return (
          <NoticeCard
            key={notice.id}
            level={notice.level}
            text={name === null || notice.text.includes(name) ? notice.text : `${name}: ${notice.text}`}
            detail={notice.detail}
            onDismiss={() => app.send({ command: 'dismissNotice', notice: notice.id })}
          />
        );
      })}
    </section>
  );
}

function NoticeCard({ level, text, detail, onDismiss, askPathFor = null }: NoticeProps): ReactElement {
  const Icon = ICONS[level];
  return (
    <article className="notice" data-level={level} data-testid="notice">
      <Icon size={16} role="img" aria-label={LEVEL_NAMES[level]} />
      <div className="notice-words">
        <p>{text}</p>
        {askPathFor !== null && <PathForm name={askPathFor} onDone={onDismiss} />}
        {detail !== null && (
          <details>
            <summary>Details</summary>
            <pre className="mono">{detail}</pre>
          </details>
        )}
      </div>
      <CopyButton label="Copy this notice" text={() => (detail === null ? text : `${text}\n${detail}`)} />
      <button type="button" className="button button-quiet" aria-label="Dismiss" onClick={onDismiss}>
        <X size={16} aria-hidden="true" />
      </button>
    </article>
  );
}

/** The web host runs on this machine: given the path of a dropped file, it can follow it live. */
function PathForm({ name, onDone }: { readonly name: string; readonly onDone: () => void }): ReactElement {
  const app = useApp();
  const [path, setPath] = useState(`/${name}`);
  const field = useId();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const copies = (app.state.session?.sources ?? []).filter(
      (source) => source.kind === 'upload' && source.name === name,
    );
    for (const copy of copies) app.send({ command: 'closeSource', source: copy.id });
    openPaths(app, [path], opensInstead(app));
    onDone();
  };
  return (
    <form className="form" onSubmit={submit}>
      <label htmlFor={field}>To follow it live, give its path on this machine</label>
      <div className="form-row">
        <input
          id={field}
          className="field mono"
          value={path}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setPath(event.target.value)}
        />
        <button type="submit" className="button button-main" disabled={path.trim() === ''}>
          Follow
        </button>
      </div>
    </form>
  );
}
