import { LockKeyhole, TriangleAlert } from 'lucide-react';
import type { ReactElement } from 'react';
import type { HostInfo } from '#shared/contract/messages.ts';
import { tlsWords, writtenWords } from '../words/host-words.ts';

/** What the disk is, what it cannot do here, who can read along, and what was done to it. */
export function HostFacts({ host }: { readonly host: HostInfo }): ReactElement {
  const written = writtenWords(host);
  return (
    <>
      <p className="host-fact" data-testid="host-words">
        {host.words}
        {host.readOnly && <span className="quiet">, read-only</span>}
      </p>
      {host.warnings.map((warning) => (
        <p className="host-fact host-warning" key={warning}>
          <TriangleAlert size={14} aria-hidden="true" />
          {warning}
        </p>
      ))}
      <TlsFact tls={host.tls} />
      {written !== null && (
        <p className="host-fact quiet" data-testid="host-written">
          {written}
        </p>
      )}
    </>
  );
}

/** Whether what passes can be read on the way; nothing where encryption is off. */
export function TlsFact({ tls }: Pick<HostInfo, 'tls'>): ReactElement | null {
  const words = tlsWords(tls);
  return words === null ? null : (
    <p className="host-fact host-warning">
      <LockKeyhole size={14} aria-hidden="true" />
      {words}
    </p>
  );
}
