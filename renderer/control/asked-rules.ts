import type { FaultRule } from '#shared/contract/faults.ts';
import type { SessionInfo } from '#shared/contract/messages.ts';

/** Fault rules that were sent, by disk. */
export type AskedRules = ReadonlyMap<number, readonly FaultRule[]>;

/** Those that the engine does not tell of yet; a disk that is gone has none. */
export function rulesStillAsked(asked: AskedRules, session: SessionInfo): AskedRules {
  if (asked.size === 0) return asked;
  return new Map(
    [...asked].filter(([disk, rules]) => {
      const told = session.disks.find(({ id }) => id === disk)?.faults.rules;
      return told !== undefined && marks(told.map(({ rule }) => rule)) !== marks(rules);
    }),
  );
}

/** The same for the same rules, in whatever order their members came. */
function marks(rules: readonly FaultRule[]): string {
  return JSON.stringify(rules, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
