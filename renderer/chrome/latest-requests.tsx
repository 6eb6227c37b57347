import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { formatBytes, joinHalves, thousands } from '#shared/bytes/size.ts';
import { OP_NAMES, opName } from '#shared/events/vocabulary.ts';
import type { RecentRequests } from '#shared/model/recent-requests.ts';
import { listConnections, listRequests, requestsAsText } from '../store/latest-requests.ts';
import { outcomeWords } from '../words/block-words.ts';
import { formatClock, formatDuration, formatHex } from '../words/format.ts';
import { touchedWords } from '../words/structure-words.ts';
import { useApp, useAppState } from './app-context.ts';
import { CopyButton } from './copy-command.tsx';
import { type NamedRequest, useRequestNames } from './use-request-names.ts';

const ROW_PX = 24;
/** A list that changes oftener cannot be read. */
const LIST_MS = 250;

/** The latest requests of the disk in hand. Only the rows in sight are made, a few times a second. */
export function LatestRequests(): ReactElement {
  const app = useApp();
  const disk = useAppState((state) => state.activeDisk);
  const recent = useRecentRequests();
  const [connection, setConnection] = useState<number | null>(null);
  const [op, setOp] = useState<number | null>(null);
  const scroller = useRef<HTMLElement>(null);
  const connections = listConnections(recent, disk);
  const chosen = connection !== null && connections.includes(connection) ? connection : null;
  const indexes = listRequests(recent, { disk, connection: chosen, op });
  // What scrolls must be reachable by keyboard in every browser.
  useEffect(() => {
    if (scroller.current !== null) scroller.current.tabIndex = 0;
  }, []);
  const rows = useVirtualizer({
    count: indexes.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 4,
  });
  const seen = rows.getVirtualItems().flatMap(({ index }) => indexes[index] ?? []);
  const names = useRequestNames(seen.map((at) => requestAt(recent, at)));
  const diskName = (id: number): string =>
    app.state.session?.disks.find((candidate) => candidate.id === id)?.name ?? String(id);
  return (
    <section className="side-section latest" aria-label="Latest requests">
      <div className="latest-head">
        <h2>Latest</h2>
        <select
          className="select"
          aria-label="Operation"
          value={op ?? 'all'}
          onChange={(event) => setOp(event.target.value === 'all' ? null : Number(event.target.value))}
        >
          <option value="all">any op</option>
          {OP_NAMES.map((name, number) => (
            <option key={name} value={number}>
              {name}
            </option>
          ))}
        </select>
        <select
          className="select"
          aria-label="Connection"
          value={chosen ?? 'all'}
          onChange={(event) =>
            setConnection(event.target.value === 'all' ? null : Number(event.target.value))
          }
        >
          <option value="all">any conn.</option>
          {connections.map((number) => (
            <option key={number} value={number}>
              conn. {number}
            </option>
          ))}
        </select>
        <CopyButton
          label="Copy these requests as text"
          text={() =>
            requestsAsText(recent, listRequests(recent, { disk, connection: chosen, op }), diskName)
          }
        />
      </div>
      {indexes.length === 0 && recent.length > 0 && (
        <p className="quiet latest-none">
          None such among the latest {thousands(recent.length)} of all disks.
        </p>
      )}
      <section className="latest-list" ref={scroller} aria-label="Requests" data-own-arrows>
        <ol className="latest-rows" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((item) => (
            <li key={item.index} className="request" style={{ top: item.start }}>
              <RequestCells
                recent={recent}
                at={indexes[item.index] ?? 0}
                name={names.get(recent.sequence[indexes[item.index] ?? 0] ?? -1)?.text ?? null}
              />
            </li>
          ))}
        </ol>
      </section>
    </section>
  );
}

/** The list of latest requests, and again {@link LIST_MS} after it grew. */
function useRecentRequests(): RecentRequests {
  const app = useApp();
  const [shown, show] = useState(() => ({ recent: app.session.state.recent, sequence: 0 }));
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const update = (): void => {
      timer = null;
      const { recent, sequence } = app.session.state;
      show((before) =>
        before.recent === recent && before.sequence === sequence ? before : { recent, sequence },
      );
    };
    const unsubscribe = app.store.subscribe((state, before) => {
      if (state.counters !== before.counters && timer === null) timer = setTimeout(update, LIST_MS);
    });
    update();
    return () => {
      unsubscribe();
      if (timer !== null) clearTimeout(timer);
    };
  }, [app]);
  return shown.recent;
}

const LAYERS = ['read', 'write', 'trim', 'zero'] as const;

function requestAt(recent: RecentRequests, at: number): NamedRequest {
  return {
    disk: recent.disk[at] ?? 0,
    sequence: recent.sequence[at] ?? 0,
    op: recent.op[at] ?? 0,
    offsetBytes: joinHalves(recent.offsetHigh[at] ?? 0, recent.offsetLow[at] ?? 0),
    lengthBytes: joinHalves(recent.lengthHigh[at] ?? 0, recent.lengthLow[at] ?? 0),
  };
}

function RequestCells(props: {
  readonly recent: RecentRequests;
  readonly at: number;
  /** What it touched; null where that is not known. */
  readonly name: string | null;
}): ReactElement {
  const { recent, at, name } = props;
  const zone = useAppState((state) => state.zone);
  const { op, offsetBytes: offset, lengthBytes: length } = requestAt(recent, at);
  const errno = recent.errno[at] ?? 0;
  const failed = errno !== 0 && errno < 0xff00;
  return (
    <>
      <span className="swatch swatch-small" data-layer={LAYERS[op] ?? 'none'} aria-hidden="true" />
      <span className="request-op">{opName(op)}</span>
      {/* A flush is of the whole disk: it has no place. */}
      {length === 0n || name === null ? (
        <span className="request-where mono">{length === 0n ? '' : formatHex(offset)}</span>
      ) : (
        <span className="request-where" title={`${name}, at ${formatHex(offset)}`} data-testid="request-name">
          {touchedWords(name)}
        </span>
      )}
      <span className="request-size mono">{length === 0n ? '' : formatBytes(length)}</span>
      <span className={failed ? 'request-end mono danger' : 'request-end mono'}>
        {errno === 0 ? formatDuration(recent.latencyUs[at] ?? Number.NaN) : outcomeWords(errno)}
      </span>
      <span className="sr-only">at {formatClock(recent.clockUs[at] ?? Number.NaN, zone)}</span>
    </>
  );
}
