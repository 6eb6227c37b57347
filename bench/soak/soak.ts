/**
 * The soak: five hosted disks under mixed load, a real window that is scrubbed, faults that come and go, captures that begin
 * and end; every minute what it all takes. Memory, handles and frame times are to be at the end as at the start.
 *
 *     npm run build && npm run soak -- [--minutes 60] [--report FILE]
 *
 * Needs fio, nbdsh, nbdcopy, mke2fs and Chromium. The load is held to some 1,500 requests a second in all. Writes FILE
 * (docs/soak.md if none is named), and exits with 1 where a figure has drifted.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { watchCommand } from '../support/window.ts';
import { SoakClients } from './clients.ts';
import { EngineProbe } from './engine-probe.ts';
import { judgeAll, type Sample, soakReport } from './report.ts';
import { WindowUser } from './window-user.ts';

const DISKS = 5;
const DISK_MIB = 128;
const ROOT = resolve(import.meta.dirname, '../..');
const MINUTE_MS = 60_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    report: { type: 'string', default: join(ROOT, 'docs/soak.md') },
  },
});
const minutes = Number(values.minutes);
if (!(minutes >= 1)) throw new Error(`--minutes ${values.minutes}: a number from 1 on, as in --minutes 60`);

const folder = mkdtempSync(join(tmpdir(), 'nbdscope-soak-'));
process.env['XDG_CACHE_HOME'] = join(folder, 'cache');
const inspector = Promise.withResolvers<string>();
const sockets = join(folder, 'sock%d');
const window = await watchCommand(
  ['host', '--disks', String(DISKS), '-U', sockets, 'memory', `${DISK_MIB}M`],
  join(folder, 'state'),
  {
    nodeArgs: ['--inspect=127.0.0.1:0'],
    onSaid: (text) => {
      const url = /ws:\/\/\S+/.exec(text)?.[0];
      if (url !== undefined) inspector.resolve(url);
    },
  },
);
const probe = await EngineProbe.connect(await inspector.promise, window.process.pid ?? 0);
const uris = Array.from(
  { length: DISKS },
  (_, at) => `nbd+unix:///disk${at + 1}?socket=${sockets.replace('%d', String(at + 1))}`,
);
const clients = await SoakClients.start(uris, DISK_MIB, folder);
const user = await WindowUser.of(window.page, folder);
const errors: string[] = [];
window.page.on('pageerror', (error) => errors.push(error.message));
window.page.on('crash', () => errors.push('the page crashed'));
window.process.once('exit', (code) => {
  errors.push(`the engine ended with ${code}`);
});

const samples: Sample[] = [];
const startMs = performance.now();

/** Does something with the window; what cannot be done is an error of the run, which goes on. */
async function attempt(what: () => Promise<void>): Promise<void> {
  await what().catch((error: unknown) => errors.push(error instanceof Error ? error.message : String(error)));
}

/** The report as far as the run has come; written every minute, so that one that is ended early leaves its own. */
function report(): boolean {
  const verdicts = judgeAll(samples);
  const failed = clients.failed > 0 ? [`${clients.failed} clients could do nothing`] : [];
  const text = soakReport({
    askedMinutes: minutes,
    minutes: (performance.now() - startMs) / MINUTE_MS,
    samples,
    verdicts,
    done: user.done,
    clients: clients.ended,
    errors: [...errors, ...failed],
    renderer: window.renderer,
  });
  writeFileSync(values.report, text);
  return errors.length + failed.length === 0 && verdicts.every(({ holds }) => holds);
}

let well = false;
for (let minute = 1; minute <= minutes; minute += 1) {
  const endMs = startMs + minute * MINUTE_MS;
  await attempt(() => user.capture());
  if (minute % 5 === 0) await attempt(() => user.secondWindow());
  // What is left of the minute, less what measuring takes.
  while (performance.now() < endMs - 25_000) {
    await attempt(() => user.scrub());
    await attempt(() => user.fault());
  }
  await sleep(Math.max(0, endMs - 11_000 - performance.now()));
  const windowUse = await user.measure();
  const sample = { minute, engine: await probe.measure(), window: windowUse };
  samples.push(sample);
  console.log(JSON.stringify(sample));
  well = report();
}
clients.stop();
probe.close();
await window.close();
rmSync(folder, { recursive: true, force: true });
console.log(`${well ? 'every figure holds' : 'NOT every figure holds'}: ${values.report}`);
process.exitCode = well ? 0 : 1;
