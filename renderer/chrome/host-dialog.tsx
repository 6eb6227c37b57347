import { type FormEvent, type ReactElement, useState } from 'react';
import { hostDisk } from '../control/host-deeds.ts';
import {
  fileNotAllowed,
  type HostKind,
  hostKind,
  missingFields,
  refusedField,
  sizeProblem,
} from '../words/host-kinds.ts';
import { askedTls, isTlsIncomplete, NO_TLS, type TlsForm } from '../words/host-tls.ts';
import { MAX_DELAY_MS, readWhole } from '../words/host-words.ts';
import { useApp, useAppState } from './app-context.ts';
import { errorOf, Field } from './field.tsx';
import { HostEncryption } from './host-encryption.tsx';
import { KindChoice, KindFields } from './host-kind-fields.tsx';
import { HostPlace } from './host-place.tsx';
import { Modal } from './modal.tsx';
import { TickField } from './select-field.tsx';
import { useRefusedField } from './use-refused-field.ts';
import { useCloseOnceServed } from './use-served.ts';

/** The port that NBD has by its own right. */
const NBD_PORT = '10809';

/** What was typed, whatever kind it was typed for. */
const EMPTY_FORM = {
  values: {} as Readonly<Record<string, string>>,
  size: '64M',
  /** Of a kind that has a size of its own too. */
  otherSize: '',
  exportName: '',
  readDelay: '40',
  writeDelay: '40',
  readOnly: false,
  apart: false,
  trusting: false,
  tcp: false,
  port: NBD_PORT,
  tls: NO_TLS as TlsForm,
};

/** Asks for the disk to host. It stays until the engine serves the disk, so that a refusal stands where it belongs. */
export function HostDialog(): ReactElement {
  const app = useApp();
  const refusal = useAppState((state) => (state.refusal?.command === 'hostDisk' ? state.refusal.text : null));
  const [kind, setKind] = useState(hostKind('memory'));
  const [form, setForm] = useState(EMPTY_FORM);
  const [sent, setSent] = useState<{ kind: HostKind; form: typeof EMPTY_FORM } | null>(null);
  const asked = useCloseOnceServed('host');
  const formElement = useRefusedField('hostDisk');
  const change = (changed: Partial<typeof EMPTY_FORM>): void => setForm({ ...form, ...changed });

  const waiting = sent !== null && refusal === null;
  // What was refused for another kind of disk says nothing of this one.
  const refusedHere = sent?.kind === kind ? refusal : null;
  const refused = refusedHere === null ? null : (refusedField(kind, refusedHere) ?? 'other');
  const refusedAt = (field: string): string | null => (refused === field ? refusedHere : null);
  const size = kind.size === 'needed' ? form.size : form.otherSize;
  const sizeWrong = sizeProblem(kind, size);
  const readDelay = readWhole(form.readDelay, MAX_DELAY_MS, 'use whole ms');
  const writeDelay = readWhole(form.writeDelay, MAX_DELAY_MS, 'use whole ms');
  const port = readWhole(form.port, 65_535, 'use a whole number');
  const apart = kind.apart && form.apart;
  const readOnly = kind.readOnly ? !apart : form.readOnly && !apart;
  const bad =
    sizeWrong !== null ||
    missingFields(kind, form.values).length > 0 ||
    'error' in readDelay ||
    'error' in writeDelay ||
    (form.tcp && 'error' in port) ||
    isTlsIncomplete(form.tls);
  const unasked = refusedHere !== null && sent?.form === form ? fileNotAllowed(refusedHere) : null;

  const start = (allowFiles: boolean): void => {
    if (bad || waiting || 'error' in readDelay || 'error' in writeDelay) return;
    asked();
    setSent({ kind, form });
    const given = kind.fields.map(({ key }) => ({ key, value: (form.values[key] ?? '').trim() }));
    const delays = [
      { key: 'rdelay', value: `${readDelay.value}ms` },
      { key: 'wdelay', value: `${writeDelay.value}ms` },
    ];
    hostDisk(app, {
      plugin: kind.plugin,
      size: kind.size === 'none' ? '' : size.trim(),
      cow: apart,
      allowFiles,
      exportName: form.exportName.trim(),
      parameters: [
        ...given.filter(({ value }) => value !== ''),
        ...(kind.trust !== null && form.trusting ? [{ key: kind.trust, value: 'false' }] : []),
        ...delays.filter(({ value }) => value !== '0ms'),
      ],
      readOnly: readOnly && !kind.readOnly,
      tcpPort: form.tcp && 'value' in port ? port.value : null,
      ...askedTls(form.tls),
    });
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    start(false);
  };
  return (
    <Modal title="Host a disk" description="A disk that any NBD client can use.">
      <form
        ref={formElement}
        className="form host-form"
        onSubmit={submit}
        noValidate
        data-testid="host-dialog"
      >
        <KindChoice kind={kind} onChoose={(plugin) => setKind(hostKind(plugin))} />
        <KindFields
          kind={kind}
          values={form.values}
          wrongAt={refusedAt}
          onChange={(key, value) => change({ values: { ...form.values, [key]: value } })}
        />
        {kind.trust !== null && (
          <TickField
            label="Accept any certificate: nobody knows then whose disk it is"
            checked={form.trusting}
            onChange={(on) => change({ trusting: on })}
          />
        )}
        {kind.apart && (
          <TickField
            label="Explore safely: keep changes apart, to be committed or discarded later"
            checked={form.apart}
            onChange={(on) => change({ apart: on })}
          />
        )}
        {unasked !== null && (
          <fieldset className="form-row" aria-label="A file is to be read">
            <p className="form-grow">
              The contents take in the file <code className="mono">{unasked}</code> of this machine.
            </p>
            <button type="button" className="button" onClick={() => start(true)}>
              Let them read files, and start
            </button>
          </fieldset>
        )}
        <div className="form-columns">
          {kind.size !== 'none' && (
            <Field
              label="Size"
              wrong={sizeWrong ?? refusedAt('size')}
              hint={kind.size === 'needed' ? 'As in 64M, 10G or 7E' : 'As large as needed if empty'}
            >
              {(props) => (
                <input
                  {...props}
                  value={size}
                  onChange={({ target }) =>
                    change(kind.size === 'needed' ? { size: target.value } : { otherSize: target.value })
                  }
                />
              )}
            </Field>
          )}
          <Field
            label="Export name"
            wrong={refusedAt('exportName')}
            hint="Clients that ask for no name get it too"
          >
            {(props) => (
              <input
                {...props}
                value={form.exportName}
                placeholder="none"
                maxLength={1024}
                onChange={(event) => change({ exportName: event.target.value })}
              />
            )}
          </Field>
          <Field
            label="Read delay, ms"
            wrong={errorOf(readDelay) ?? refusedAt('rdelay')}
            hint="0 is full speed"
          >
            {(props) => (
              <input
                {...props}
                inputMode="numeric"
                value={form.readDelay}
                onChange={(event) => change({ readDelay: event.target.value })}
              />
            )}
          </Field>
          <Field
            label="Write delay, ms"
            wrong={errorOf(writeDelay) ?? refusedAt('wdelay')}
            hint="Trims and zeroes wait as long"
          >
            {(props) => (
              <input
                {...props}
                inputMode="numeric"
                value={form.writeDelay}
                onChange={(event) => change({ writeDelay: event.target.value })}
              />
            )}
          </Field>
        </div>
        <p className="quiet host-why-slow">
          Slow on purpose: with 40 ms people can see what happens. It can be changed at any time.
        </p>
        <HostPlace
          tcp={form.tcp}
          port={form.port}
          wrong={(form.tcp ? errorOf(port) : null) ?? refusedAt('port')}
          onTcp={(tcp) => change({ tcp })}
          onPort={(typed) => change({ port: typed })}
        />
        <HostEncryption
          form={form.tls}
          refusal={refusedAt('tls')}
          onChange={(changed) => change({ tls: { ...form.tls, ...changed } })}
        />
        <TickField
          label="Read-only"
          checked={readOnly}
          disabled={kind.readOnly || apart}
          onChange={(on) => change({ readOnly: on })}
        />
        <div className="form-row form-end">
          <p className={waiting ? 'quiet form-grow' : 'form-answer danger form-grow'} role="status">
            {waiting ? 'Starting; it goes on when this is closed' : refusedAt('other')}
          </p>
          <button type="submit" className="button button-main" disabled={bad || waiting}>
            Start
          </button>
        </div>
      </form>
    </Modal>
  );
}
