import { type ReactElement, useId } from 'react';
import { thousands } from '#shared/bytes/size.ts';
import { placeText, type RuleDraft, type RuleErrors } from '../words/rule-form.ts';
import { useAppState } from './app-context.ts';
import { Field } from './field.tsx';

interface RuleRangeProps {
  readonly draft: RuleDraft;
  readonly errors: RuleErrors;
  readonly disk: number;
  readonly change: (part: Partial<RuleDraft>) => void;
}

/** Where a rule holds: everywhere, or on blocks that are typed or selected in the picture. */
export function RuleRange({ draft, errors, disk, change }: RuleRangeProps): ReactElement {
  const ids = { everywhere: useId(), blocks: useId() };
  const selection = useAppState((state) => (state.selection?.disk === disk ? state.selection : null));
  const blocks = selection === null ? 0 : selection.endBlock - selection.firstBlock;
  return (
    <fieldset className="form-where" aria-label="Where">
      <div className="form-row">
        <input
          id={ids.everywhere}
          type="radio"
          checked={draft.everywhere}
          onChange={() => change({ everywhere: true })}
        />
        <label htmlFor={ids.everywhere}>Everywhere</label>
        <input
          id={ids.blocks}
          type="radio"
          checked={!draft.everywhere}
          onChange={() => change({ everywhere: false })}
        />
        <label htmlFor={ids.blocks}>On these blocks</label>
      </div>
      <button
        type="button"
        className="button button-small"
        disabled={selection === null}
        onClick={() => {
          if (selection === null) return;
          change({
            everywhere: false,
            from: placeText(BigInt(selection.firstBlock) << 12n),
            to: placeText(BigInt(selection.endBlock) << 12n),
          });
        }}
      >
        {selection === null
          ? 'Select blocks in the picture with Shift'
          : `Use the ${thousands(blocks)} selected ${blocks === 1 ? 'block' : 'blocks'}`}
      </button>
      {!draft.everywhere && (
        <div className="form-columns">
          <Field label="From block" wrong={errors.from ?? null} hint="Or s32768, 16M, 0x…">
            {(props) => (
              <input
                {...props}
                value={draft.from}
                placeholder="0"
                onChange={(event) => change({ from: event.target.value })}
              />
            )}
          </Field>
          <Field label="Up to, without" wrong={errors.to ?? null} hint="The block after the last">
            {(props) => (
              <input {...props} value={draft.to} onChange={(event) => change({ to: event.target.value })} />
            )}
          </Field>
        </div>
      )}
    </fieldset>
  );
}
