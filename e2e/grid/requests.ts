import { RowKind } from '#shared/events/vocabulary.ts';
import type { PagePanel, PageRow } from './page.ts';

export const START_US = 1_700_000_000_000_000;
export const MIB = 1 << 20;
export const BLOCK = 4096;

export interface RequestOptions {
  readonly afterMs?: number;
  readonly errno?: number;
  readonly flags?: number;
  readonly slot?: number;
  /** Leaves it in flight. */
  readonly open?: boolean;
  readonly disk?: number;
}

/** A request and its reply, `afterMs` into the session. */
export function request(
  op: number,
  offsetBytes: number,
  lengthBytes: number,
  options: RequestOptions = {},
): PageRow[] {
  const clockUs = START_US + (options.afterMs ?? 0) * 1000;
  const row = {
    op,
    offsetBytes: String(offsetBytes),
    lengthBytes: String(lengthBytes),
    slot: options.slot ?? 0,
    disk: options.disk ?? 0,
    flags: options.flags ?? 0,
    clockUs,
    timeUs: clockUs,
  };
  const begun = { ...row, kind: RowKind.Request };
  if (options.open) return [begun];
  return [begun, { ...row, kind: RowKind.Completion, errno: options.errno ?? 0, latencyUs: 100 }];
}

export function panel(size: number, lengthPx: number, more: Partial<PagePanel> = {}): PagePanel {
  return { disk: 0, size: String(size), xPx: 0, yPx: 0, widthPx: lengthPx, heightPx: lengthPx, ...more };
}
