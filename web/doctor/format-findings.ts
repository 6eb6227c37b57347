import type { FindingGroup } from './finding.ts';

const SIGNS = { there: '✓', missing: '-', trouble: '✗' } as const;

/** The report as a person reads it: a line for each finding, and under what is missing how to get it. */
export function formatFindings(groups: readonly FindingGroup[]): string {
  const width = Math.max(...groups.flatMap(({ findings }) => findings.map(({ what }) => what.length)));
  const blocks = groups.map(({ title, findings }) => {
    const lines = findings.flatMap(({ what, state, found, use, advice }) => {
      const told = state === 'there' ? found : `${found}; ${use}`;
      const line = `  ${SIGNS[state]} ${what.padEnd(width)}  ${told}`;
      return advice === null ? [line] : [line, `${' '.repeat(width + 6)}→ ${advice}`];
    });
    return [title, ...lines].join('\n');
  });
  return `${blocks.join('\n\n')}\n\n${verdict(groups)}\n`;
}

function verdict(groups: readonly FindingGroup[]): string {
  const states = groups.flatMap(({ findings }) => findings.map(({ state }) => state));
  const troubles = states.filter((state) => state === 'trouble').length;
  const missing = states.filter((state) => state === 'missing').length;
  if (troubles > 0)
    return `${troubles} to be put right (✗), ${missing} missing that nbdscope does without (-).`;
  if (missing > 0) return `nbdscope works here; ${missing} missing that it does without (-).`;
  return 'nbdscope works here, and nothing is missing.';
}
