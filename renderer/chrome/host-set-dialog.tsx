import { type FormEvent, type ReactElement, useState } from 'react';
import { formatBytes, parseSize } from '#shared/bytes/size.ts';
import { MAX_SET_DISKS } from '#shared/contract/commands.ts';
import { hostSet } from '../control/set-deeds.ts';
import { hostKind, refusedField } from '../words/host-kinds.ts';
import { askedTls, isTlsIncomplete, NO_TLS } from '../words/host-tls.ts';
import { MAX_DELAY_MS, readWhole } from '../words/host-words.ts';
import { useApp, useAppState } from './app-context.ts';
import { errorOf, FormEnd, TextField } from './field.tsx';
import { HostEncryption } from './host-encryption.tsx';
import { PlaceChoice } from './host-place.tsx';
import { Modal } from './modal.tsx';
import { useRefusedField } from './use-refused-field.ts';
import { useCloseOnceServed } from './use-served.ts';

/** Asks for a set of disks to host, one address each, to build an array of. */
export function HostSetDialog(): ReactElement {
  const app = useApp();
  const refusal = useAppState((state) => (state.refusal?.command === 'hostSet' ? state.refusal.text : null));
  const [count, setCount] = useState('5');
  const [size, setSize] = useState('64M');
  const [readDelay, setReadDelay] = useState('40');
  const [writeDelay, setWriteDelay] = useState('40');
  const [tcp, setTcp] = useState(false);
  const [tls, setTls] = useState(NO_TLS);
  const asked = useCloseOnceServed('host');
  const formElement = useRefusedField('hostSet');

  const parsedCount = readCount(count);
  const parsedSize = parseSize(size.trim());
  const parsedRead = readWhole(readDelay, MAX_DELAY_MS, 'use whole ms');
  const parsedWrite = readWhole(writeDelay, MAX_DELAY_MS, 'use whole ms');
  const bad =
    [parsedCount, parsedSize, parsedRead, parsedWrite].some((parsed) => 'error' in parsed) ||
    isTlsIncomplete(tls);
  const refused = refusal === null ? null : refusedField(hostKind('memory'), refusal);
  const whole =
    'value' in parsedCount && 'bytes' in parsedSize
      ? `${formatBytes(parsedSize.bytes * BigInt(parsedCount.value))} in all, kept only where written`
      : 'As in 64M or 10G';

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (bad || 'error' in parsedCount || 'error' in parsedRead || 'error' in parsedWrite) return;
    asked();
    const delays = [
      { key: 'rdelay', ms: parsedRead.value },
      { key: 'wdelay', ms: parsedWrite.value },
    ];
    hostSet(app, {
      count: parsedCount.value,
      size: size.trim(),
      parameters: delays.filter(({ ms }) => ms > 0).map(({ key, ms }) => ({ key, value: `${ms}ms` })),
      tcp,
      ...askedTls(tls),
    });
  };
  return (
    <Modal
      title="Host a set of disks"
      description="Disks in memory to build an array of: disk1, disk2 and so on, each with an address of its own."
    >
      <form ref={formElement} className="form host-form" onSubmit={submit} data-testid="host-set-dialog">
        <div className="form-columns">
          <TextField
            label="Disks"
            wrong={errorOf(parsedCount)}
            hint={`1 to ${MAX_SET_DISKS}; one may be a spare`}
            numeric
            value={count}
            onChange={setCount}
          />
          <TextField
            label="Size of each"
            wrong={errorOf(parsedSize) ?? (refused === 'size' ? refusal : null)}
            hint={whole}
            value={size}
            onChange={setSize}
          />
          <TextField
            label="Read delay, ms"
            wrong={errorOf(parsedRead)}
            hint="0 is full speed"
            numeric
            value={readDelay}
            onChange={setReadDelay}
          />
          <TextField
            label="Write delay, ms"
            wrong={errorOf(parsedWrite)}
            hint="Trims and zeroes wait as long"
            numeric
            value={writeDelay}
            onChange={setWriteDelay}
          />
        </div>
        <PlaceChoice
          tcp={tcp}
          unixLabel="Unix sockets that only you can open"
          tcpLabel="TCP on 127.0.0.1, any free ports"
          onTcp={setTcp}
        />
        <HostEncryption
          form={tls}
          refusal={refused === 'tls' ? refusal : null}
          onChange={(changed) => setTls({ ...tls, ...changed })}
        />
        <FormEnd
          answer={refused === 'size' || refused === 'tls' ? null : refusal}
          submit="Start"
          disabled={bad}
        />
      </form>
    </Modal>
  );
}

/** A number of disks that a person typed. */
export function readCount(text: string): { readonly value: number } | { readonly error: string } {
  const trimmed = text.trim();
  const value = Number(trimmed);
  return /^\d+$/.test(trimmed) && value >= 1 && value <= MAX_SET_DISKS
    ? { value }
    : { error: `"${trimmed}": use a whole number from 1 to ${MAX_SET_DISKS}` };
}
