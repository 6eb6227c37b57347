import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronDown, ChevronRight } from 'lucide-react';
import {
  type KeyboardEvent,
  type MouseEvent,
  type ReactElement,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { formatBytes, thousands } from '#shared/bytes/size.ts';
import { pickStructure } from '../control/structure-deeds.ts';
import { FAMILIES, familyOfKind } from '../structures/kind-look.ts';
import type { TreeNode, TreeRow } from '../structures/structure-tree.ts';
import { placeOf, rowInHand, TypeAhead, treeMove } from '../structures/tree-keys.ts';
import { nameBelow } from '../words/structure-words.ts';
import { useApp, useAppState } from './app-context.ts';

const ROW_PX = 22;
/** Indentation for each level, CSS px. */
const LEVEL_PX = 12;
const OVERSCAN = 6;

/** The tree of what lies on the disks. Only the rows in sight are made, and only they are asked for. */
export function StructureTreeView(): ReactElement {
  const app = useApp();
  const { tree } = app.structures;
  const rows = useSyncExternalStore(app.structures.onTree, () => tree.rows);
  const scroller = useRef<HTMLDivElement>(null);
  const [inHand, setInHand] = useState<string | null>(null);
  const typing = useMemo(() => new TypeAhead(), []);
  const picked = useAppState(({ picked: { picked: one } }) =>
    one === null ? null : `${one.disk}:${one.path}`,
  );
  const id = useId();
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
  });
  const items = list.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const end = (items.at(-1)?.index ?? -1) + 1;
  useEffect(() => tree.see(first, end));
  // The panel was opened before there was a tree, and has the keyboard for it.
  useEffect(() => {
    const tree = scroller.current;
    if (tree !== null && document.activeElement === tree.closest('[data-structure-panel]')) tree.focus();
  }, []);
  // What was picked on a grid comes into sight here.
  const pickedAt = picked === null ? -1 : placeOf(rows, picked);
  const shownPick = useRef<string | null>(null);
  useEffect(() => {
    if (picked === null) shownPick.current = null;
    // Once: what comes and goes above it must not take the keyboard's place in the tree.
    if (pickedAt < 0 || shownPick.current === picked) return;
    shownPick.current = picked;
    setInHand(picked);
    list.scrollToIndex(pickedAt);
  }, [picked, pickedAt, list]);

  // What is in hand may go, or be told by its name only now: what stands in its place is in hand then.
  const lastAt = useRef(-1);
  const at = inHand === null ? -1 : rowInHand(rows, inHand, lastAt.current);
  lastAt.current = at;
  const go = (row: number): void => {
    setInHand(rows[row]?.key ?? null);
    list.scrollToIndex(row);
  };
  const pick = (row: TreeNode): void => {
    setInHand(row.key);
    pickStructure(app, row.line);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // Names are found by small letters; with Shift they are the window's keys, the one that closes this among them.
    if (event.shiftKey && /^\p{L}$/u.test(event.key)) return;
    if (event.key === 'Escape') {
      // The letters are the window's keys again, whatever was picked.
      const disk = rows[at]?.kind === 'node' ? rows[at].line.disk : app.state.activeDisk;
      if (disk !== null) app.picture?.focusGrid(disk);
      event.preventDefault();
      return;
    }
    const row = rows[at];
    const pageRows = Math.max(1, Math.floor((scroller.current?.clientHeight ?? ROW_PX) / ROW_PX) - 1);
    if (event.key.length > 1) typing.end();
    const move = treeMove(rows, at, event.key, pageRows);
    if (move?.move === 'go') go(move.row);
    else if (move !== null && row?.kind === 'node') {
      if (move.move === 'pick') pick(row);
      else tree.setOpen(row, move.move === 'open');
    } else if (/^[\p{L}\p{N}/._-]$/u.test(event.key)) {
      const found = typing.type(event.key, rows, at, performance.now());
      if (found >= 0) go(found);
    } else if (!/^(Arrow|Enter| )/.test(event.key)) return;
    event.preventDefault();
  };
  const onClick = ({ target }: MouseEvent): void => {
    const item = target instanceof Element ? target.closest<HTMLElement>('[data-key]') : null;
    const row = rows[placeOf(rows, item?.dataset['key'] ?? null)];
    if (row?.kind !== 'node' || !(target instanceof Element)) return;
    // The tree has the focus, not the item that was pressed: that is the one that keys move on from.
    scroller.current?.focus({ preventScroll: true });
    if (target.closest('[data-twist]') === null) pick(row);
    else tree.setOpen(row, !row.isOpen);
  };
  const idOf = (row: TreeRow): string => `${id}-${row.key}`;
  const current = rows[at];
  const isMade = current !== undefined && items.some(({ index }) => index === at);
  return (
    <>
      <div
        ref={scroller}
        className="structure-tree"
        role="tree"
        tabIndex={0}
        aria-label="What lies on the disks"
        aria-activedescendant={isMade ? idOf(current) : undefined}
        data-structure-tree
        data-own-arrows
        data-testid="structure-tree"
        onKeyDown={onKey}
        onClick={onClick}
        onFocus={() => {
          if (at < 0) setInHand(rows[0]?.key ?? null);
          else list.scrollToIndex(at);
        }}
      >
        <div className="structure-rows" role="presentation" style={{ height: list.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            const place = { top: item.start, paddingLeft: (row.level - 1) * LEVEL_PX };
            if (row.kind !== 'node') {
              return (
                <div
                  key={row.key}
                  id={idOf(row)}
                  className="structure-row quiet"
                  role="treeitem"
                  tabIndex={-1}
                  aria-level={row.level}
                  aria-selected={false}
                  aria-label={row.kind === 'waiting' ? 'being looked up' : undefined}
                  data-current={item.index === at}
                  style={place}
                >
                  {row.kind === 'leftOut' ? `and ${thousands(row.count)} more, not read` : '…'}
                </div>
              );
            }
            return (
              <Row
                key={row.key}
                row={row}
                parent={rows[placeOf(rows, row.parentKey)]}
                id={idOf(row)}
                style={place}
                isCurrent={item.index === at}
                isPicked={row.key === picked}
              />
            );
          })}
        </div>
      </div>
      {tree.trouble !== null && (
        <p className="danger structure-trouble" role="status">
          {tree.trouble}
        </p>
      )}
    </>
  );
}

function Row(props: {
  readonly row: TreeNode;
  readonly parent: TreeRow | undefined;
  readonly id: string;
  readonly style: { readonly top: number; readonly paddingLeft: number };
  readonly isCurrent: boolean;
  readonly isPicked: boolean;
}): ReactElement {
  const { row, parent, id, style, isCurrent, isPicked } = props;
  const { line } = row;
  const hasChildren = line.children > 0;
  const Chevron = row.isOpen ? ChevronDown : ChevronRight;
  const look = FAMILIES[familyOfKind(line.kind)];
  return (
    // Keys and presses go to the tree, which says which of its items is in hand.
    <div
      id={id}
      className="structure-row"
      role="treeitem"
      tabIndex={-1}
      aria-level={row.level}
      aria-setsize={row.siblings}
      aria-posinset={row.place + 1}
      aria-expanded={hasChildren ? row.isOpen : undefined}
      aria-selected={isPicked}
      data-current={isCurrent}
      data-kind={line.kind}
      data-key={row.key}
      style={style}
      title={line.name}
    >
      <span className="structure-twist" aria-hidden="true" data-twist>
        {hasChildren && <Chevron size={12} />}
      </span>
      <span
        className="structure-ink"
        style={{ background: `var(--structure-${look.ink})` }}
        aria-hidden="true"
      />
      <span className="clip structure-name">
        {nameBelow(line, parent?.kind === 'node' ? parent.line : null)}
      </span>
      <span className="quiet mono structure-size">
        {line.bytes === '0' ? '' : formatBytes(BigInt(line.bytes))}
      </span>
    </div>
  );
}
