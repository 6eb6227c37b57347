import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactElement, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { formatBytes, thousands } from '#shared/bytes/size.ts';
import { opName } from '#shared/events/vocabulary.ts';
import { blocksInHand } from '../control/ask-deeds.ts';
import { BlockList, type ListedRequest, MOST_LISTED } from '../store/block-list.ts';
import { outcomeWords } from '../words/block-words.ts';
import { formatClockPrecise, formatDay, formatDuration, formatHex, plural } from '../words/format.ts';
import { blocksWords, requestsAsTsv } from '../words/request-words.ts';
import { touchedWords } from '../words/structure-words.ts';
import type { Zone } from '../words/zone.ts';
import { zoneName } from '../words/zone.ts';
import { useApp, useAppState } from './app-context.ts';
import { CopyButton } from './copy-command.tsx';
import { type NamedRequest, useRequestNames } from './use-request-names.ts';

const ROW_PX = 24;
/** So many rows before the end the next page is asked for. */
const AHEAD = 20;
const LAYERS = ['read', 'write', 'trim', 'zero'] as const;

/** Every request that touched the blocks in hand, latest first; pages are asked for as somebody scrolls to them. */
export function BlockRequests(): ReactElement {
  const app = useApp();
  const zone = useAppState((state) => state.zone);
  const blocks = useFollowedBlocks();
  const [list, state] = useBlockList();
  const scroller = useRef<HTMLElement>(null);
  const names = useAppState((whole) => whole.session?.disks);
  const shownSequence = useAppState((whole) => (whole.view.mode === 'past' ? whole.view.sequence : null));
  useEffect(() => list.show(blocks), [list, blocks]);
  const rows = useVirtualizer({
    count: state.requests.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
  });
  const disk = state.blocks?.disk ?? 0;
  const touched = useRequestNames(
    rows.getVirtualItems().flatMap(({ index }) => {
      const request = state.requests[index];
      return request === undefined ? [] : [{ ...pickNamed(request), disk }];
    }),
  );
  const isNamed = useAppState((whole) =>
    (whole.session?.structures ?? []).some((known) => known.disk === blocks?.disk && known.version > 0),
  );
  const lastSeen = rows.getVirtualItems().at(-1)?.index ?? 0;
  useEffect(() => {
    if (state.more && lastSeen >= state.requests.length - AHEAD) list.loadMore();
  }, [list, lastSeen, state.more, state.requests.length]);
  const name = names?.find(({ id }) => id === blocks?.disk)?.name ?? '';
  // The latest at or before the moment shown is where the window stands.
  const current =
    shownSequence === null ? -1 : state.requests.findIndex(({ sequence }) => sequence <= shownSequence);
  if (blocks === null) {
    return (
      <p className="drawer-none quiet">
        Take a block in hand with a click, or select some with Shift and a drag: every request that touched
        them is listed here.
      </p>
    );
  }
  return (
    <div className="asked-block" data-named={isNamed}>
      <div className="plot-head">
        <p className="plot-words" data-testid="asked-words">
          {state.trouble ?? `${headWords(state)} on ${blocksWords(blocks)} of ${name}`}
        </p>
        <CopyButton
          label={`Copy the ${thousands(state.requests.length)} listed as TSV`}
          text={() => requestsAsTsv(state.requests, zone)}
        />
      </div>
      <div className="asked-row asked-names quiet" aria-hidden="true">
        <span>time ({zoneName(state.requests[0]?.arrivalUs ?? 0, zone)})</span>
        <span>operation</span>
        <span className="asked-number">offset</span>
        <span className="asked-number">length</span>
        <span className="asked-number">latency</span>
        <span className="asked-number">connection</span>
        <span>result</span>
        {isNamed && <span>touched</span>}
      </div>
      <section
        className="asked-list"
        ref={scroller}
        aria-label={`Requests on ${blocksWords(blocks)}`}
        data-own-arrows
        data-testid="asked-list"
      >
        <ol className="latest-rows" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((item) => {
            const request = state.requests[item.index];
            return request === undefined ? null : (
              <li key={item.key} className="asked-item" style={{ top: item.start }}>
                <button
                  type="button"
                  className="asked-row mono"
                  data-testid="asked-request"
                  aria-current={item.index === current ? 'true' : undefined}
                  title={rowWords(request, zone)}
                  onClick={() => app.time.seek({ sequence: request.sequence })}
                >
                  <RequestCells request={request} zone={zone} />
                  {isNamed && (
                    <span className="asked-touched" data-testid="request-name">
                      {touchedWords(touched.get(request.sequence)?.text ?? '')}
                    </span>
                  )}
                </button>
              </li>
            );
          })}
        </ol>
      </section>
    </div>
  );
}

/** The blocks that are listed: those in hand, which change when others are kept or selected. */
function useFollowedBlocks() {
  const app = useApp();
  const asked = useAppState((state) => state.askedBlocks);
  const selection = useAppState((state) => state.selection);
  const kept = useAppState(({ readout }) =>
    readout?.kept === true ? `${readout.disk}/${readout.block}` : null,
  );
  useEffect(() => {
    if (selection === null && kept === null) return;
    const askedBlocks = blocksInHand(app);
    if (askedBlocks !== null) app.store.setState({ askedBlocks });
  }, [app, selection, kept]);
  return asked;
}

function useBlockList() {
  const app = useApp();
  const [list, subscribe] = useMemo(() => {
    const listeners = new Set<() => void>();
    const made = new BlockList(
      (question, signal) => app.session.ask(question, signal),
      () => {
        for (const listener of listeners) listener();
      },
    );
    const listen = (listener: () => void): (() => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    };
    return [made, listen] as const;
  }, [app]);
  const recorded = useAppState((state) => state.session?.history.lastSequence ?? 0);
  const applied = useAppState((state) => (state.view.mode === 'live' ? state.counters.sequence : 0));
  const end = Math.max(recorded, applied);
  const known = useRef(end);
  useEffect(() => {
    if (known.current === end) return;
    known.current = end;
    list.grown();
  }, [list, end]);
  useEffect(() => () => list.dispose(), [list]);
  return [list, useSyncExternalStore(subscribe, () => list.state)] as const;
}

/** The parts of a request that its name follows from. */
function pickNamed({ sequence, op, offsetBytes, lengthBytes }: ListedRequest): Omit<NamedRequest, 'disk'> {
  return { sequence, op, offsetBytes, lengthBytes };
}

function headWords(state: BlockList['state']): string {
  const { total, requests, more, loading } = state;
  if (requests.length === 0) return loading ? 'Looking for requests' : 'No requests';
  if (total !== null) {
    const listed = requests.length >= MOST_LISTED ? `, the latest ${thousands(requests.length)} listed` : '';
    return `${plural(total, 'request')}${listed}`;
  }
  return `${more ? 'More than ' : ''}${plural(requests.length, 'request')}`;
}

function RequestCells({
  request,
  zone,
}: {
  readonly request: ListedRequest;
  readonly zone: Zone;
}): ReactElement {
  const { op, errno, latencyUs, offsetBytes, lengthBytes } = request;
  const failed = errno !== 0 && errno < 0xff00;
  return (
    <>
      <span>
        <span className="quiet asked-day">{formatDay(request.arrivalUs, zone)} </span>
        {formatClockPrecise(request.arrivalUs, zone, 6)}
      </span>
      <span className="asked-op">
        <span className="swatch swatch-small" data-layer={LAYERS[op] ?? 'none'} aria-hidden="true" />
        {opName(op)}
      </span>
      <span className="asked-number">{formatHex(offsetBytes)}</span>
      <span className="asked-number">{formatBytes(lengthBytes)}</span>
      <span className="asked-number">{formatDuration(latencyUs)}</span>
      <span className="asked-number">{request.connection}</span>
      <span className={failed ? 'danger' : undefined}>{outcomeWords(errno)}</span>
    </>
  );
}

/** A request in a sentence, for screen readers. */
function rowWords(request: ListedRequest, zone: Zone): string {
  const took = Number.isNaN(request.latencyUs) ? '' : `, took ${formatDuration(request.latencyUs)}`;
  const time = formatClockPrecise(request.arrivalUs, zone, 6);
  const what = `${opName(request.op)} of ${formatBytes(request.lengthBytes)} at ${formatHex(request.offsetBytes)}`;
  return `${time}: ${what}${took}, ${outcomeWords(request.errno)}; show this moment`;
}
