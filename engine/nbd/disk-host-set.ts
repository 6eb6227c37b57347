import { checkSetCount, namesOfSet } from '../disk-set.ts';
import { RefusedError } from '../refused-error.ts';
import type { HostLog } from './client-log.ts';
import { DiskHost, type HostRequest } from './disk-host.ts';
import { type ListenAddress, NBD_PORT } from './server.ts';

/** Parameters that name a file, which disks of a set cannot well share. */
const FILE_KEY = /file$/;
const MAX_PORT = 65_535;

let sets = 0;

/**
 * Hosts as many disks as are asked for, all or none.
 * @param request what each disk is to be; `%d` in its address, export name and files stands for 1, 2, and so on. Without
 * a name they are disk1, disk2, and so on; a TCP port is the first disk's.
 * @throws RefusedError for a count or a name that will not do; Error naming what was refused of a disk.
 */
export async function startDiskSet(
  request: HostRequest,
  count: number,
  log: HostLog | null = null,
): Promise<DiskHost[]> {
  const requests = requestsOf(request, count);
  const started = await Promise.allSettled(
    requests.map((each) =>
      DiskHost.start(each, log === null ? null : (text) => log(`${each.exportName}: ${text}`)),
    ),
  );
  const hosts = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = started.find((each) => each.status === 'rejected');
  if (failed === undefined) return hosts;
  await Promise.all(hosts.map((host) => host.stop()));
  throw failed.reason;
}

function requestsOf(request: HostRequest, count: number): HostRequest[] {
  checkSetCount(count);
  sets += 1;
  const id = sets;
  const exports = namesOfSet(request.exportName === '' ? 'disk%d' : request.exportName, count, 'export');
  const addresses = addressesOf(request.address, count);
  const parameters = request.parameters.map(([key, value]) => ({
    key,
    values: FILE_KEY.test(key) ? namesOfSet(value, count, key) : null,
    value,
  }));
  return exports.map((exportName, i) => ({
    ...request,
    exportName,
    address: addresses[i] ?? request.address,
    parameters: parameters.map(({ key, value, values }) => [key, values?.[i] ?? value] as const),
    set: { id, index: i + 1, count },
  }));
}

function addressesOf(address: ListenAddress, count: number): ListenAddress[] {
  if (address.kind === 'unix') {
    if (address.path === undefined) return Array.from({ length: count }, () => address);
    return namesOfSet(address.path, count, 'socket').map((path) => ({ kind: 'unix', path }));
  }
  const port = address.port ?? NBD_PORT;
  if (port + count - 1 > MAX_PORT) {
    throw new RefusedError(
      `port ${port}: ${count} disks take the ports up to ${port + count - 1}; begin lower`,
    );
  }
  return Array.from({ length: count }, (_none, i) => ({ ...address, port: port === 0 ? 0 : port + i }));
}
