import type { DiskFaults } from '#shared/contract/faults.ts';
import { plural } from './format.ts';

type ErrorSwitch = NonNullable<DiskFaults['errorSwitch']>;
type RuleState = DiskFaults['rules'][number];

/** What the Error switch does and why it stands as it does, for the tip beside it. */
export function errorSwitchWords(errorSwitch: ErrorSwitch, asked: boolean): string {
  const { on, file, foreign, problem } = errorSwitch;
  if (problem !== null) return problem;
  if (asked) return 'Asked; not there yet';
  if (file === null) {
    return on
      ? 'Every request fails with EIO: press to stop that'
      : 'Press to make every request fail with EIO';
  }
  if (!on) return `Press to make requests fail: creates ${file}`;
  return foreign
    ? `Requests fail: ${file} is there, and nbdscope did not make it`
    : `Requests fail: press to remove ${file}`;
}

/** How a rule stands and what it has done: `in force · 12 hits · 3 held`. */
export function ruleStateWords(state: RuleState): string {
  const words = [RULE_STATES[state.state], plural(state.hits, 'hit')];
  if (state.frozen > 0) words.push(`${plural(state.frozen, 'request')} held`);
  return words.join(' · ');
}

const RULE_STATES: Readonly<Record<RuleState['state'], string>> = {
  off: 'off',
  waiting: 'waiting',
  inForce: 'in force',
  over: 'over',
};

/** The faults of a disk in a few words, for the head of their section: `2 in force`, `none`. */
export function faultsSummary(faults: DiskFaults): string {
  const inForce = faults.rules.filter((one) => one.state === 'inForce').length;
  const frozen = faults.rules.reduce((held, one) => held + one.frozen, 0);
  const words = [
    ...(faults.errorSwitch?.on ? ['everything fails'] : []),
    ...(inForce > 0 ? [`${inForce} in force`] : []),
    ...(frozen > 0 ? [`${frozen} held`] : []),
  ];
  if (words.length > 0) return words.join(' · ');
  return faults.rules.length === 0 ? 'none' : `${faults.rules.length} not in force`;
}
