import { Trash2 } from 'lucide-react';
import type { ReactElement } from 'react';
import type { DiskFaults } from '#shared/contract/faults.ts';
import { ruleWords } from '#shared/faults/words.ts';
import { editRule, removeRule, turnRule } from '../control/fault-deeds.ts';
import { ruleStateWords } from '../words/fault-words.ts';
import { useApp } from './app-context.ts';
import { SwitchTrack } from './error-switch.tsx';

interface RuleRowProps {
  readonly disk: number;
  readonly index: number;
  readonly state: DiskFaults['rules'][number];
  /** Its form is open. */
  readonly edited: boolean;
}

/** One rule: what it does, how it stands, and its switch. */
export function RuleRow({ disk, index, state, edited }: RuleRowProps): ReactElement {
  const app = useApp();
  const { rule, frozen } = state;
  return (
    <li className="rule" data-state={state.state} data-edited={edited} data-testid="rule">
      <button
        type="button"
        role="switch"
        className="error-switch"
        aria-checked={rule.on}
        aria-label={`Rule ${rule.name}`}
        onClick={() => turnRule(app, disk, index, !rule.on)}
      >
        <SwitchTrack />
      </button>
      <button
        type="button"
        className="rule-words"
        aria-label={`Change the rule ${rule.name}: ${ruleWords(rule)}`}
        onClick={() => editRule(app, disk, index)}
      >
        <span className="rule-name clip">{rule.name}</span>
        <span className="rule-does quiet">{ruleWords(rule)}</span>
        <span className="rule-state mono">{ruleStateWords(state)}</span>
      </button>
      <span className="rule-deeds">
        <button
          type="button"
          className="source-close"
          aria-label={`Remove the rule ${rule.name}`}
          onClick={() => removeRule(app, disk, index)}
        >
          <Trash2 size={14} aria-hidden="true" />
        </button>
        {frozen > 0 && (
          <button
            type="button"
            className="button button-small"
            onClick={() => turnRule(app, disk, index, false)}
          >
            Release
          </button>
        )}
      </span>
    </li>
  );
}
