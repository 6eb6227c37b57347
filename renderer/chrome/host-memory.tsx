import type { ReactElement } from 'react';
import { formatBytes } from '#shared/bytes/size.ts';
import type { HostInfo } from '#shared/contract/messages.ts';
import { isHosted } from '../store/hosted.ts';
import { isMemoryFull } from '../words/host-words.ts';
import { useAppState } from './app-context.ts';

/** What the disk takes of this machine's memory, and of the limit that all hosted disks have together. */
export function HostMemory({ host }: { readonly host: HostInfo }): ReactElement {
  const session = useAppState((state) => state.session);
  const hosts = (session?.sources ?? []).filter(isHosted).map((source) => source.host);
  const allBytes = hosts.reduce((sum, one) => sum + one.memoryBytes, 0);
  return (
    <>
      <p className="disk-card-line">
        <span className="quiet">Memory</span>
        <span className="mono" data-testid="host-memory">
          {formatBytes(host.memoryBytes)}
          {hosts.length === 1 && ` of ${formatBytes(host.memoryLimitBytes)}`}
        </span>
      </p>
      {hosts.length > 1 && (
        <p className="disk-card-line">
          <span className="quiet">All hosted disks</span>
          <span className="mono">
            {formatBytes(allBytes)} of {formatBytes(host.memoryLimitBytes)}
          </span>
        </p>
      )}
      {isMemoryFull(allBytes, host.memoryLimitBytes) && (
        <p className="danger host-full" role="status">
          Full: what needs more memory gets ENOSPC. Trim something, or stop a disk.
        </p>
      )}
    </>
  );
}
