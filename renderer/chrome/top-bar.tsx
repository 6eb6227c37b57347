import {
  HardDrive,
  type LucideIcon,
  Menu as MenuIcon,
  Moon,
  Plus,
  Search,
  Settings2,
  Sun,
  X,
} from 'lucide-react';
import type { ReactElement } from 'react';
import { shortSize } from '#shared/bytes/size.ts';
import type { SourceInfo } from '#shared/contract/messages.ts';
import { closeSource } from '../control/host-deeds.ts';
import { stopSet } from '../control/set-deeds.ts';
import { showsSide } from '../store/app-store.ts';
import { hostedSet } from '../store/hosted-set.ts';
import { formatClock, formatCount, plural } from '../words/format.ts';
import { sourceBadge, statusWords } from '../words/status.ts';
import { type Action, actionOf } from './actions.ts';
import { useApp, useAppState } from './app-context.ts';
import { FilmButton } from './film-button.tsx';
import { isMac, keyLabel } from './keys.ts';
import { LogName } from './log-name.tsx';
import { MainMenu } from './main-menu.tsx';
import { RecordButton } from './record-button.tsx';
import { ThemeMenu } from './theme-menu.tsx';
import { ActionButton, Tip, TipWords } from './tip.tsx';
import { ViewMenu } from './view-menu.tsx';

/** What is open, how it stands, and the few actions that are always at hand. */
export function TopBar(): ReactElement {
  return (
    <header className="top-bar">
      <MainMenu
        trigger={
          <button type="button" className="brand" aria-label="nbdscope menu">
            <span className="brand-mark" aria-hidden="true" />
            <span className="brand-name">nbdscope</span>
            <MenuIcon size={14} aria-hidden="true" />
          </button>
        }
      />
      <OpenSources />
      <SessionStatus />
      <div className="top-actions">
        <RecordButton />
        <FilmButton />
        <ViewMenu
          trigger={
            <button type="button" className="button button-quiet" aria-label="View">
              <Settings2 size={16} aria-hidden="true" />
            </button>
          }
        />
        <SideButton />
        <PaletteButton />
        <ThemeMenu
          trigger={
            <button type="button" className="button button-quiet" aria-label="Theme">
              <ThemeIcon />
            </button>
          }
        />
      </div>
    </header>
  );
}

function ThemeIcon(): ReactElement {
  const app = useApp();
  useAppState((state) => state.theme);
  return app.theme.theme.scheme === 'dark' ? (
    <Moon size={16} aria-hidden="true" />
  ) : (
    <Sun size={16} aria-hidden="true" />
  );
}

function SideButton(): ReactElement {
  const shown = useAppState(showsSide);
  return <ActionButton action="window.side" aria-pressed={shown} />;
}

function PaletteButton(): ReactElement {
  const app = useApp();
  const action = actionOf('window.palette');
  const keys = keyLabel(action, isMac());
  return (
    <Tip words={<TipWords title={action.title} keys={keys} />}>
      <button
        type="button"
        className="button palette-button"
        aria-label={`${action.title} ${keys}`}
        onClick={() => action.run(app)}
      >
        <Search size={14} aria-hidden="true" />
        <kbd>{keys}</kbd>
      </button>
    </Tip>
  );
}

function OpenSources(): ReactElement {
  const sources = useAppState((state) => state.session?.sources);
  return (
    <nav className="sources" aria-label="What is open">
      <ul className="source-list">
        {sources === undefined
          ? null
          : chipsOf(sources).map((chip) =>
              chip.set === null ? (
                <SourceChip key={chip.source.id} source={chip.source} />
              ) : (
                <SetChip key={chip.source.id} source={chip.source} set={chip.set} />
              ),
            )}
      </ul>
      <BarButton action={actionOf('logs.open')} label="Open a log" word="Open" icon={Plus} />
      <BarButton action={actionOf('host.new')} label="Host a disk" word="Host" icon={HardDrive} />
    </nav>
  );
}

interface BarButtonProps {
  readonly action: Action;
  /** What a screen reader says. */
  readonly label: string;
  /** Shown where there is room for it. */
  readonly word: string;
  readonly icon: LucideIcon;
}

function BarButton({ action, label, word, icon: Icon }: BarButtonProps): ReactElement {
  const app = useApp();
  return (
    <Tip words={<TipWords title={action.title} keys={keyLabel(action, isMac())} />}>
      <button
        type="button"
        className="button button-quiet open-button"
        aria-label={label}
        onClick={() => action.run(app)}
      >
        <Icon size={16} aria-hidden="true" />
        <span className="wide-only">{word}</span>
      </button>
    </Tip>
  );
}

/** What a chip stands for: a source, or all disks of a set that was hosted at once. */
interface Chip {
  /** Of a set, the first that is still served. */
  readonly source: SourceInfo;
  readonly set: number | null;
}

function chipsOf(sources: readonly SourceInfo[]): readonly Chip[] {
  const seen = new Set<number>();
  return sources.flatMap((source): readonly Chip[] => {
    const set = source.host?.set?.id ?? null;
    if (set === null) return [{ source, set }];
    if (seen.has(set)) return [];
    seen.add(set);
    return [{ source, set }];
  });
}

function SetChip({ source, set }: { readonly source: SourceInfo; readonly set: number }): ReactElement {
  const app = useApp();
  const session = useAppState((state) => state.session);
  const disks = hostedSet(session, set)?.sources ?? [];
  const first = session?.disks.find((disk) => disk.source === source.id);
  const size = first?.sizeBytes ? shortSize(BigInt(first.sizeBytes)) : null;
  const name = `Set of ${plural(disks.length, 'disk')}`;
  return (
    <li className="source-chip" data-status={source.status}>
      <Tip words={`${name} of ${size ?? 'unknown size'}, hosted here`}>
        <button
          type="button"
          className="source-name"
          onClick={() => first !== undefined && app.activate(first.id)}
        >
          <span className="clip">{name}</span>
          {size !== null && <span className="source-size mono">{size}</span>}
        </button>
      </Tip>
      <button
        type="button"
        className="source-close"
        aria-label={`Close the ${name.toLowerCase()}`}
        onClick={() => stopSet(app, set)}
      >
        <X size={12} aria-hidden="true" />
      </button>
    </li>
  );
}

function SourceChip({ source }: { readonly source: SourceInfo }): ReactElement {
  const app = useApp();
  const disks = useAppState((state) => state.session?.disks);
  const own = disks?.filter((disk) => disk.source === source.id) ?? [];
  const [only] = own;
  const size = own.length === 1 && only?.sizeBytes ? shortSize(BigInt(only.sizeBytes)) : null;
  const what = own.length > 1 ? `${own.length} disks` : size;
  const where = source.path ?? source.name;
  return (
    <li className="source-chip" data-status={source.status}>
      <Tip words={`${where}: ${source.statusText || sourceBadge(source)}`}>
        <button
          type="button"
          className="source-name"
          onClick={() => only !== undefined && app.activate(only.id)}
        >
          <LogName name={source.name} />
          {what !== null && <span className="source-size mono">{what}</span>}
          <span className="sr-only">{sourceBadge(source)}</span>
        </button>
      </Tip>
      <button
        type="button"
        className="source-close"
        aria-label={`Close ${source.name}`}
        onClick={() => closeSource(app, source.id)}
      >
        <X size={12} aria-hidden="true" />
      </button>
    </li>
  );
}

function SessionStatus(): ReactElement {
  const link = useAppState((state) => state.link);
  const session = useAppState((state) => state.session);
  const paused = useAppState((state) => state.paused);
  const missed = useAppState((state) => state.missedRequests);
  const app = useApp();
  const view = useAppState((state) => state.view);
  const status = statusWords(link, session, view, paused);
  return (
    <div className="status" data-tone={status.tone}>
      <span className="status-dot" aria-hidden="true" />
      <span className="status-words">{status.words}</span>
      {paused && (
        <button type="button" className="button status-resume" onClick={() => app.setPaused(false)}>
          <span className="mono">{formatCount(missed)}</span> more recorded · Resume
        </button>
      )}
      <Clock />
    </div>
  );
}

function Clock(): ReactElement {
  const words = useAppState((state) => formatClock(state.counters.clockUs, state.zone));
  return (
    <time className="mono clock" data-testid="clock">
      {words}
    </time>
  );
}
