import type { ReactElement, ReactNode } from 'react';
import { formatBytes } from '#shared/bytes/size.ts';
import type { HotRange, LongWait, SpanTotals } from '#shared/contract/questions.ts';
import { OP_NAMES, opName } from '#shared/events/vocabulary.ts';
import { ERRNO_PENDING } from '#shared/model/recent-requests.ts';
import { goToBlocks } from '../control/ask-deeds.ts';
import { shownDisks } from '../store/arrangement.ts';
import { outcomeWords } from '../words/block-words.ts';
import { formatClockPrecise, formatCount, formatDuration, formatHex, plural } from '../words/format.ts';
import { blocksWords } from '../words/request-words.ts';
import { AccountPart } from './account-part.tsx';
import { useApp, useAppState } from './app-context.ts';
import { useAskedWindow } from './use-asked-window.ts';
import { useQuestion } from './use-question.ts';

/** Hot ranges and long waits that are listed; the answer may have more. */
const LISTED = 8;
const LAYERS = ['read', 'write', 'trim', 'zero'] as const;

const readTotals = ({ json }: { readonly json: unknown }): SpanTotals => json as SpanTotals;

/** What the span of the timeline held, or the whole history: of the disks that are shown, in numbers. */
export function SpanTotalsView(): ReactElement {
  const { window, key, isSpan } = useAskedWindow();
  const session = useAppState((state) => state.session);
  const hidden = useAppState((state) => state.hidden);
  const zone = useAppState((state) => state.zone);
  const disks = shownDisks({ session, hidden }).map(({ id }) => id);
  const isAll = disks.length === session?.disks.length;
  const question =
    window === null ? null : { about: 'span' as const, span: { ...window }, disks: isAll ? null : disks };
  const { data, trouble } = useQuestion(question, `${key}/${isAll ? 'all' : disks}`, readTotals);
  if (data === null) return <p className="drawer-none quiet">{trouble ?? 'Adding up…'}</p>;
  const requests = data.ops.reduce((sum, op) => sum + op.requests, 0);
  const time = (us: number): string => formatClockPrecise(us, zone, 3);
  const what = isSpan ? `From ${time(data.fromUs)} to ${time(data.toUs)}` : 'The whole history';
  return (
    <div className="span-totals" data-testid="span-totals">
      <p className="plot-words span-words">
        {trouble ??
          `${what}: ${plural(requests, 'request')}, ${plural(data.mostInFlight, 'request')} in flight at most, ${sequentialWords(data.sequentialShare)}.`}
      </p>
      <AccountPart
        span={{ fromUs: data.fromUs, toUs: data.toUs }}
        disks={isAll ? null : disks}
        askedKey={`${key}/${disks}`}
      />
      <Part title="Operations">
        <OpTable totals={data} />
      </Part>
      <Part title="Sizes">
        <Sizes totals={data} />
      </Part>
      <Part title="Hot blocks">
        <ol className="span-list">
          {data.hot.slice(0, LISTED).map((range) => (
            <HotRow
              key={`${range.disk}/${range.firstBlock}`}
              range={range}
              most={data.hot[0]?.requests ?? 1}
            />
          ))}
        </ol>
        {data.hot.length === 0 && <p className="quiet">No block was touched twice.</p>}
      </Part>
      <Part title="Longest waits">
        <ol className="span-list">
          {data.waits.slice(0, LISTED).map((wait) => (
            <WaitRow key={wait.sequence} wait={wait} />
          ))}
        </ol>
        {data.waits.length === 0 && <p className="quiet">No request was answered.</p>}
      </Part>
    </div>
  );
}

function sequentialWords(share: number | null): string {
  if (share === null) return 'nothing read or written';
  return `${Math.round(share * 100)} % of reads and writes in sequence`;
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactElement {
  return (
    <section className="span-part" aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function OpTable({ totals }: { readonly totals: SpanTotals }): ReactElement {
  const some = totals.ops.flatMap((op, number) => (op.requests === 0 ? [] : [{ ...op, number }]));
  return (
    <table className="span-ops">
      <thead>
        <tr className="quiet">
          <th scope="col">operation</th>
          <th scope="col">count</th>
          <th scope="col">bytes</th>
          <th scope="col">errors</th>
          <th scope="col">p50</th>
          <th scope="col">p99</th>
          <th scope="col">max</th>
        </tr>
      </thead>
      <tbody className="mono">
        {some.map(({ number, requests, bytes, errors, unanswered, p50Us, p99Us, maxUs }) => (
          <tr key={number} data-testid={`span-${OP_NAMES[number]}`}>
            <th scope="row">{opName(number)}</th>
            <td data-requests={requests}>{formatCount(requests)}</td>
            <td>{bytes === 0 ? '–' : formatBytes(bytes)}</td>
            <td className={errors + unanswered > 0 ? 'danger' : undefined}>{errors + unanswered}</td>
            <td>{formatDuration(p50Us ?? Number.NaN)}</td>
            <td>{formatDuration(p99Us ?? Number.NaN)}</td>
            <td>{formatDuration(maxUs ?? Number.NaN)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Requests by size: sizes in between that nobody asked for keep their place, so that the shape is true. */
function Sizes({ totals }: { readonly totals: SpanTotals }): ReactElement {
  const { sizes } = totals;
  const [first] = sizes;
  const last = sizes.at(-1);
  if (first === undefined || last === undefined) return <p className="quiet">No request had a size.</p>;
  const counts = new Map(sizes.map(({ bytes, requests }) => [bytes, requests]));
  const most = Math.max(...counts.values());
  const all: number[] = [];
  for (let bytes = first.bytes; bytes <= last.bytes; bytes *= 2) all.push(bytes);
  return (
    <ol className="span-sizes">
      {all.map((bytes) => {
        const requests = counts.get(bytes) ?? 0;
        return (
          <li key={bytes}>
            <span className="quiet mono">{formatBytes(bytes)}</span>
            <span className="span-bar-place" aria-hidden="true">
              <span
                className="span-bar"
                style={{ width: `${(requests / most) * 100}%` }}
                data-any={requests > 0}
              />
            </span>
            <span className="mono">{formatCount(requests)}</span>
          </li>
        );
      })}
    </ol>
  );
}

function HotRow({ range, most }: { readonly range: HotRange; readonly most: number }): ReactElement {
  const app = useApp();
  const names = useAppState((state) => state.session?.disks);
  const name = (names?.length ?? 0) > 1 ? names?.find(({ id }) => id === range.disk)?.name : undefined;
  return (
    <li>
      <button
        type="button"
        className="span-row"
        data-testid="hot-range"
        onClick={() => goToBlocks(app, range)}
      >
        <span className="span-where">
          {name !== undefined && <span className="clip">{name}</span>}
          <span>{name === undefined ? blocksWords(range) : ` · ${blocksWords(range)}`}</span>
        </span>
        <span className="span-bar-place" aria-hidden="true">
          <span className="span-bar" data-any="true" style={{ width: `${(range.requests / most) * 100}%` }} />
        </span>
        <span className="mono">{plural(range.requests, 'request')}</span>
      </button>
    </li>
  );
}

function WaitRow({ wait }: { readonly wait: LongWait }): ReactElement {
  const app = useApp();
  const zone = useAppState((state) => state.zone);
  const names = useAppState((state) => state.session?.disks);
  const name = (names?.length ?? 0) > 1 ? names?.find(({ id }) => id === wait.disk)?.name : undefined;
  const length = BigInt(wait.lengthBytes);
  const where = length === 0n ? '' : ` ${formatHex(BigInt(wait.offsetBytes))} · ${formatBytes(length)}`;
  const end =
    wait.errno === 0 ? '' : wait.errno === ERRNO_PENDING ? ' so far' : ` · ${outcomeWords(wait.errno)}`;
  return (
    <li>
      <button
        type="button"
        className="span-row span-wait"
        data-testid="long-wait"
        onClick={() => app.time.seek({ sequence: wait.sequence })}
      >
        <span className="swatch swatch-small" data-layer={LAYERS[wait.op] ?? 'none'} aria-hidden="true" />
        <span className="span-where mono">
          {name !== undefined && <span className="clip">{name}</span>}
          <span>
            {name === undefined ? '' : ' · '}
            {opName(wait.op)}
            {where}
          </span>
        </span>
        <span className="mono quiet">{formatClockPrecise(wait.arrivalUs, zone, 3)}</span>
        <span className="mono">
          {formatDuration(wait.latencyUs)}
          {end}
        </span>
      </button>
    </li>
  );
}
