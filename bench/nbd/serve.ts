/**
 * Our NBD server in a process of its own, for the benchmark: `node bench/nbd/serve.ts SOCKET SIZE bare|events|explained`, or
 * `SOCKET IMAGE file` for a disk in a file. With `events` every request goes into a session, as in the product; with `explained` what lies on
 * the disk is read too, again and again as it is written. SIGTERM ends it.
 */
import { historyIn } from '#engine/history/session-history.ts';
import { DiskContent } from '#engine/nbd/disk-content.ts';
import { buildDisk } from '#engine/nbd/filters/stack.ts';
import { HostedExport } from '#engine/nbd/hosted-export.ts';
import { MemoryAllowance } from '#engine/nbd/memory-allowance.ts';
import { NbdSource } from '#engine/nbd/nbd-source.ts';
import { NbdServer } from '#engine/nbd/server.ts';
import { Session } from '#engine/session/session.ts';
import type { SessionListener } from '#engine/session/session-listener.ts';
import { StructureDesk } from '#engine/structures/structure-desk.ts';

const [socket = '', size = '1G', mode = 'bare'] = process.argv.slice(2);

const disk = await buildDisk(
  mode === 'file'
    ? { plugin: 'file', filters: [], parameters: [['file', size]], addFilters: false }
    : { plugin: 'memory', filters: [], parameters: [['size', size]], addFilters: false },
  new MemoryAllowance(Number.MAX_SAFE_INTEGER),
);
const server = new NbdServer();
let source: NbdSource | null = null;
let structures: StructureDesk | null = null;
if (mode === 'events' || mode === 'explained') {
  const listener: SessionListener = {
    rows: (batch) => structures?.rows(batch),
    reset: () => {},
    infoChanged: () => {},
    diskCame: () => {},
    sourceGone: () => {},
    diskGone: () => {},
  };
  const session = new Session(listener, historyIn(null));
  source = new NbdSource('bench');
  source.onRelieved = () => server.relieved();
  session.add(source);
  source.tell('live', 'serving');
  if (mode === 'explained') {
    const watched = { session, past: { history: null } };
    structures = new StructureDesk(watched, () => {});
  }
}
const observer = source?.addDisk('', disk.backend.sizeBytes) ?? null;
structures?.hosted(0, { uri: '', isNear: true, content: new DiskContent(disk.backend) });
server.addExport(new HostedExport('', '', disk.backend, observer));
process.once('SIGTERM', () => void server.close(0).then(() => process.exit()));
console.log(await server.listen({ kind: 'unix', path: socket }));
