import { type FormEvent, type ReactElement, useEffect, useId, useRef, useState } from 'react';
import { formatBytes } from '#shared/bytes/size.ts';
import type { HostInfo } from '#shared/contract/messages.ts';
import { type HostedSource, isHosted } from '../store/hosted.ts';
import { plural } from '../words/format.ts';
import { otherClients } from '../words/host-words.ts';
import { useApp, useAppState } from './app-context.ts';
import { useAskedHost } from './asked-host.ts';
import { Modal } from './modal.tsx';

/** Copies a hosted disk over another one. It goes once the copy has begun, which the card shows. */
export function CopyHostDialog(): ReactElement | null {
  const app = useApp();
  const hosted = useAskedHost();
  const sources = useAppState((state) => state.session?.sources) ?? [];
  const refusal = useAppState((state) => (state.refusal?.command === 'copyHost' ? state.refusal.text : null));
  const [chosen, setChosen] = useState<number | null>(null);
  const doneBefore = useRef<number | null>(null);
  const name = useId();
  const host = hosted?.host;
  useEffect(() => {
    if (doneBefore.current === null || host === undefined) return;
    if (host.task === null && host.tasksDone === doneBefore.current) return;
    doneBefore.current = null;
    app.store.setState({ dialog: null });
  }, [app, host]);
  if (hosted === null || host === undefined) return null;

  const others = sources.filter(isHosted).filter(({ id }) => id !== hosted.id);
  const target = others.find(({ id }) => id === chosen);
  const can = target !== undefined && whyNot(host, target.host) === null && host.task === null;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!can) return;
    doneBefore.current = host.tasksDone;
    app.send({ command: 'copyHost', source: hosted.id, to: target.id });
  };
  return (
    <Modal
      title={`Copy ${hosted.name} to another disk`}
      description="What is on the other disk is overwritten."
    >
      <form className="form" onSubmit={submit} data-testid="copy-dialog">
        {others.length === 0 && <p>No other disk is hosted here; host one that is as large first.</p>}
        {others.map((other) => (
          <Target
            key={other.id}
            group={name}
            other={other}
            problem={whyNot(host, other.host)}
            checked={other.id === chosen}
            onChoose={() => setChosen(other.id)}
          />
        ))}
        <div className="form-row form-end">
          <p className="form-answer danger form-grow" role="status">
            {refusal}
          </p>
          <button type="submit" className="button button-danger" disabled={!can}>
            {target === undefined ? 'Copy' : `Overwrite ${target.name}`}
          </button>
        </div>
      </form>
    </Modal>
  );
}

function Target(props: {
  readonly group: string;
  readonly other: HostedSource;
  readonly problem: string | null;
  readonly checked: boolean;
  readonly onChoose: () => void;
}): ReactElement {
  const id = useId();
  const { other, problem } = props;
  const clients = otherClients(other.host).length;
  const used =
    clients === 0 ? null : `which ${plural(clients, 'client')} ${clients === 1 ? 'uses' : 'use'} now`;
  return (
    <div className="form-row">
      <input
        id={id}
        type="radio"
        name={props.group}
        disabled={problem !== null}
        checked={props.checked}
        onChange={props.onChoose}
      />
      <label htmlFor={id}>
        {other.name}: {other.host.words}
        {(problem ?? used) !== null && <span className="quiet">, {problem ?? used}</span>}
      </label>
    </div>
  );
}

/** Why a disk cannot be copied to another; null when it can. */
function whyNot(from: HostInfo, to: HostInfo): string | null {
  if (to.readOnly) return 'which is read-only';
  const size = BigInt(from.sizeBytes);
  return BigInt(to.sizeBytes) < size ? `which is smaller than ${formatBytes(size)}` : null;
}
