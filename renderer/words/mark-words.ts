import type { ArrayLayout } from '#shared/contract/arrays.ts';
import type { DiskInfo } from '#shared/contract/messages.ts';
import type { MarkKind } from '../grid/marks.ts';

/** A kind of mark that the picture may show now, and what it says. */
export interface MarkWords {
  readonly kind: MarkKind;
  readonly words: string;
}

/**
 * What the marks over the picture mean. Stripes are named as soon as there is an array, not first when a block is in hand, so
 * that nothing moves with the pointer.
 */
export function markWords(
  disks: readonly Pick<DiskInfo, 'faults'>[],
  arrays: readonly Pick<ArrayLayout, 'level'>[],
  isSelected: boolean,
): readonly MarkWords[] {
  const some = (...levels: ArrayLayout['level'][]): boolean =>
    arrays.some(({ level }) => levels.includes(level));
  const ranged = disks.some(({ faults }) =>
    faults.rules.some(({ rule, state }) => rule.range !== null && state !== 'off' && state !== 'over'),
  );
  const words: readonly (MarkWords & { readonly shown: boolean })[] = [
    { kind: 'fault', words: 'fault rule', shown: ranged },
    { kind: 'stripe-data', words: 'same stripe', shown: some(0, 4, 5, 6, 10) },
    { kind: 'stripe-parity', words: some(6) ? 'its parity P' : 'its parity', shown: some(4, 5, 6) },
    { kind: 'stripe-q', words: 'its parity Q', shown: some(6) },
    { kind: 'mirror', words: 'copy', shown: some(1, 10) },
    { kind: 'selection', words: 'selected', shown: isSelected },
  ];
  return words.filter(({ shown }) => shown);
}
