/**
 * Our NBD server in a process of its own, for the benchmark: `node bench/nbd/serve.ts SOCKET SIZE bare|events`, or
 * `SOCKET IMAGE file` for a disk in a file. With `events` every request goes into a session, as in the product. SIGTERM ends it.
 */
import { historyIn } from '#engine/history/session-history.ts';
import { buildDisk } from '#engine/nbd/filters/stack.ts';
import { HostedExport } from '#engine/nbd/hosted-export.ts';
import { MemoryAllowance } from '#engine/nbd/memory-allowance.ts';
import { NbdSource } from '#engine/nbd/nbd-source.ts';
import { NbdServer } from '#engine/nbd/server.ts';
import { Session } from '#engine/session/session.ts';

const [socket = '', size = '1G', mode = 'bare'] = process.argv.slice(2);

const disk = await buildDisk(
  mode === 'file'
    ? { plugin: 'file', filters: [], parameters: [['file', size]], addFilters: false }
    : { plugin: 'memory', filters: [], parameters: [['size', size]], addFilters: false },
  new MemoryAllowance(Number.MAX_SAFE_INTEGER),
);
const server = new NbdServer();
let source: NbdSource | null = null;
if (mode === 'events') {
  const listener = {
    rows: () => {},
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
}
const observer = source?.addDisk('', disk.backend.sizeBytes) ?? null;
server.addExport(new HostedExport('', '', disk.backend, observer));
process.once('SIGTERM', () => void server.close(0).then(() => process.exit()));
console.log(await server.listen({ kind: 'unix', path: socket }));
