import { Plus } from 'lucide-react';
import type { ReactElement } from 'react';
import type { DiskInfo } from '#shared/contract/messages.ts';
import { editRule } from '../control/fault-deeds.ts';
import { diskInHand } from '../store/app-store.ts';
import { faultsSummary } from '../words/fault-words.ts';
import { useApp, useAppState } from './app-context.ts';
import { FaultFileMenu } from './fault-file-menu.tsx';
import { FaultHistory } from './fault-history.tsx';
import { FaultPresets } from './fault-presets.tsx';
import { FoldHeading } from './fold.tsx';
import { HintWords } from './order-hint.tsx';
import { RuleEditor } from './rule-editor.tsx';
import { RuleRow } from './rule-row.tsx';

/** What makes the disk in hand fail: rules, presets, and what was changed when. */
export function FaultsSection(): ReactElement | null {
  const app = useApp();
  const disk = useAppState(diskInHand);
  const open = useAppState((state) => state.faultsOpen);
  if (disk === null) return null;
  const { takesRules, errorSwitch, hint } = disk.faults;
  if (!takesRules && hint === null && (errorSwitch === null || errorSwitch.problem === null)) return null;
  return (
    <section className="side-section faults" aria-label="Faults" data-testid="faults">
      <FoldHeading
        title="Faults"
        summary={faultsSummary(disk.faults)}
        open={open}
        onToggle={() => app.store.setState({ faultsOpen: !open })}
      />
      {open && (
        <>
          {errorSwitch !== null && errorSwitch.problem !== null && (
            <p className="warning faults-note">{errorSwitch.problem}</p>
          )}
          {hint !== null && (
            <div className="faults-note">
              <HintWords hint={hint} />
            </div>
          )}
          {takesRules && <Rules disk={disk} />}
        </>
      )}
    </section>
  );
}

function Rules({ disk }: { readonly disk: DiskInfo }): ReactElement {
  const app = useApp();
  const edit = useAppState((state) => (state.ruleEdit?.disk === disk.id ? state.ruleEdit : null));
  const refusal = useAppState((state) =>
    state.refusal?.command === 'setFaultRules' ? state.refusal.text : null,
  );
  const { rules } = disk.faults;
  const wanted = edit?.index ?? null;
  // A rule goes by its place: it has nothing else of its own.
  const placed = rules.map((state, index) => ({ state, index }));
  return (
    <>
      {rules.length > 0 && (
        <ul className="rules" aria-label="Rules">
          {placed.map(({ state, index }) => (
            <RuleRow key={index} disk={disk.id} index={index} state={state} edited={wanted === index} />
          ))}
        </ul>
      )}
      {refusal !== null && (
        <p className="danger faults-note" role="status">
          {refusal}
        </p>
      )}
      {edit === null ? (
        <div className="rules-foot">
          <button type="button" className="button button-small" onClick={() => editRule(app, disk.id, null)}>
            <Plus size={12} aria-hidden="true" /> Add a rule
          </button>
          <FaultPresets disk={disk} />
          <FaultFileMenu disk={disk} />
        </div>
      ) : (
        <RuleEditor key={`${edit.disk}/${edit.index}`} edit={edit} disk={disk} />
      )}
      <FaultHistory disk={disk} />
    </>
  );
}
