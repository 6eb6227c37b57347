import { PassThrough } from 'node:stream';
import { cacheDir } from '#engine/cli/cache-dir.ts';
import { Engine } from '#engine/engine.ts';
import { channelFromPortMain } from './channel-port-main.ts';
import { decodeStart, type FromEngine, type ToEngine } from './engine-messages.ts';

/** The engine's own process (an Electron utilityProcess), so that it never holds up the window. */
const engine = new Engine({ ...decodeStart(process.argv[2]), cacheDir: cacheDir() });
const stdin = new PassThrough();

function tell(message: FromEngine): void {
  process.parentPort.postMessage(message);
}

function report(work: Promise<void>): void {
  work.catch((error: unknown) => process.stderr.write(`nbdscope: ${String(error)}\n`));
}

/** Saves over what is there: the system's own dialog has asked about that. */
async function save(source: number, path: string): Promise<void> {
  const problem = await engine.saveHost(source, path, { sparse: true, replace: true }).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  tell({ kind: 'saved', source, problem });
}

process.parentPort.on('message', ({ data, ports }: { data: ToEngine; ports: Electron.MessagePortMain[] }) => {
  switch (data.kind) {
    case 'window':
      for (const port of ports) engine.attach(channelFromPortMain(port));
      break;
    case 'open':
      report(data.logs.length > 0 ? engine.openLogs(data.logs, data.sizeBytes) : engine.openSample());
      break;
    case 'open-set':
      report(engine.openSet(data.set));
      break;
    case 'compare':
      report(engine.compare(data.request));
      break;
    case 'captions':
      engine.captionFiles.add(data.path);
      break;
    case 'stdin':
      report(engine.openStdin(stdin, data.sizeBytes));
      tell({ kind: 'stdin-more' });
      break;
    case 'images':
      engine.structures.expectImages(data.images);
      return;
    case 'record':
      report(engine.record(data.path));
      break;
    case 'stdin-bytes':
      stdin.write(data.bytes, () => tell({ kind: 'stdin-more' }));
      break;
    case 'stdin-end':
      stdin.end();
      break;
    case 'at-stake':
      tell({ kind: 'at-stake', disks: engine.atStake });
      break;
    case 'save':
      void save(data.source, data.path);
      break;
    case 'dispose':
      void engine.dispose().finally(() => process.exit(0));
      break;
  }
});
