import { NO_FAULTS } from '#shared/contract/faults.ts';
import type { DiskInfo, HostInfo, SourceInfo } from '#shared/contract/messages.ts';

/** A log at its end that is followed, but for what is said otherwise. */
export function sourceInfo(change: Partial<SourceInfo> = {}): SourceInfo {
  return {
    id: 0,
    kind: 'log',
    name: 'log',
    path: '/tmp/log',
    status: 'live',
    statusText: '',
    bytesRead: 0,
    totalBytes: null,
    lines: 0,
    notUnderstood: 0,
    timesBackwards: 0,
    runs: [],
    run: null,
    host: null,
    nbdkit: null,
    ...change,
  };
}

/** A disk of which the size is not known, but for what is said otherwise. */
export function diskInfo(change: Partial<DiskInfo> = {}): DiskInfo {
  return {
    id: 0,
    name: 'log',
    exportName: '',
    source: 0,
    sizeBytes: null,
    guessedSizeBytes: null,
    faults: NO_FAULTS,
    ...change,
  };
}

export type ClientInfo = HostInfo['connections'][number];

/** A client in transmission that does nothing, but for what is said otherwise. */
export function clientInfo(change: Partial<ClientInfo> = {}): ClientInfo {
  return {
    number: 1,
    peer: 'unix socket',
    state: 'transmission',
    features: [],
    requestsInFlight: 0,
    transactions: 0,
    connectedMs: 0,
    builtIn: false,
    ...change,
  };
}

/** A disk of 64 MiB in memory that nobody has used, but for what is said otherwise. */
export function hostInfo(change: Partial<HostInfo> = {}): HostInfo {
  return {
    uri: 'nbd+unix:///?socket=/tmp/sock',
    socketPath: '/tmp/sock',
    tcp: null,
    exportName: '',
    sizeBytes: '67108864',
    readOnly: false,
    plugin: 'memory',
    words: '',
    warnings: [],
    changed: false,
    volatile: true,
    unsaved: false,
    task: null,
    tasksDone: 0,
    overlay: null,
    parameters: [],
    memoryBytes: 0,
    memoryLimitBytes: 1,
    connections: [],
    set: null,
    tls: null,
    workload: null,
    ...change,
  };
}
