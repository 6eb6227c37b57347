import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { RenderCommand } from '#engine/cli/render-arguments.ts';
import { Engine } from '#engine/engine.ts';
import { isNbdUri } from '#engine/nbd/remote/nbd-uri.ts';
import { RefusedError } from '#engine/refused-error.ts';
import { formatBytes } from '#shared/bytes/size.ts';
import { parseCaptionTable, readCaptions } from '#shared/captions/captions-file.ts';
import { RENDER_PAGE, type RenderJob } from '#shared/contract/render.ts';
import { type AppBrowser, findBrowsers } from '../launch/browsers.ts';
import { onEndSignal } from '../launch/end-signals.ts';
import { WebHost } from '../web-host.ts';
import { HeadlessBrowser } from './headless-browser.ts';
import { OutputFile } from './output-file.ts';
import { ProgressLine } from './progress-line.ts';
import { RenderDesk, type Rendered } from './render-desk.ts';

export interface RenderContext {
  readonly root: string;
  readonly version: string;
}

/** A browser may take so long to open the page: a first start on a slow disk. */
const START_LIMIT_MS = 60_000;
/** While logs and images are read. */
const WAIT_MS = 10;
const MAX_CAPTIONS_BYTES = 4 * 1024 * 1024;

/**
 * Makes a film or picture in a browser without a window and writes it; resolves to the exit code. Progress goes to standard
 * error, the file's name to standard output once it is there.
 */
export async function runRender(command: RenderCommand, context: RenderContext): Promise<number> {
  const job = readJob(command);
  if ('error' in job) {
    say(job.error);
    return job.code;
  }
  const [browser] = findBrowsers();
  if (browser === undefined) {
    say(
      'no Chromium, Chrome or Edge is installed, and one must draw and encode; install one (on Debian: apt install chromium), or open the log in a window elsewhere and export there',
    );
    return 1;
  }
  const output = await OutputFile.create(command.output, command.force);
  const rendered = await renderTo(output, job, command, browser, context).catch(
    async (error: unknown): Promise<Rendered> => ({
      failed: error instanceof Error ? error.message : String(error),
      asked: error instanceof RefusedError,
    }),
  );
  if ('failed' in rendered) {
    await output.discard();
    say(rendered.failed);
    return rendered.asked ? 2 : 1;
  }
  await output.finish();
  say(`${command.output}: ${rendered.done}, ${formatBytes(output.bytes)}`);
  process.stdout.write(`${command.output}\n`);
  return 0;
}

async function renderTo(
  output: OutputFile,
  job: RenderJob,
  command: RenderCommand,
  browser: AppBrowser,
  context: RenderContext,
): Promise<Rendered> {
  // Nothing of what is rendered is remembered as opened.
  const stateDir = await mkdtemp(join(tmpdir(), 'nbdscope-render-state-'));
  const engine = new Engine({
    version: context.version,
    host: 'web',
    stateDir,
    assetsDir: resolve(context.root, 'assets'),
  });
  const desk = new RenderDesk(job, output);
  const progress = new ProgressLine(process.stderr);
  desk.onProgress = (frames, fraction) => progress.tell(frames, fraction);
  const host = await WebHost.listen({
    port: 0,
    rendererDir: resolve(context.root, 'dist/renderer'),
    attach: (channel) => engine.attach(channel),
    attachRender: (channel) => desk.attach(channel),
  });
  const ended = Promise.withResolvers<Rendered>();
  const stopListening = onEndSignal(() =>
    ended.resolve({ failed: 'interrupted; nothing is kept', asked: false }),
  );
  let page: HeadlessBrowser | null = null;
  let timer: NodeJS.Timeout | null = null;
  try {
    if (command.compare === null) await engine.openLogs(command.logs, command.sizeBytes);
    else await engine.compare(command.compare);
    await readImages(engine, command.images);
    page = new HeadlessBrowser(browser, host.mintUrl(RENDER_PAGE));
    timer = setTimeout(() => {
      if (!desk.isTaken) {
        ended.resolve({ failed: `${browser.name} did not open our page within a minute`, asked: false });
      }
    }, START_LIMIT_MS);
    return await Promise.race([
      desk.rendered,
      ended.promise,
      page.ended.then(
        (why): Rendered => ({ failed: `${browser.name} could not do it: ${why}`, asked: false }),
      ),
    ]);
  } finally {
    if (timer !== null) clearTimeout(timer);
    stopListening();
    progress.end();
    page?.dispose();
    await Promise.allSettled([host.close(), engine.dispose()]);
    await rm(stateDir, { recursive: true, force: true });
  }
}

/**
 * Reads what lies on the disks of logs, before anything is drawn.
 * @throws Error saying which image will not do, and why.
 */
async function readImages(engine: Engine, images: readonly string[]): Promise<void> {
  if (images.length === 0) return;
  const { structures } = engine;
  while (engine.sessionInfo().sources.some(({ status }) => status === 'reading' || status === 'waiting'))
    await pause(WAIT_MS);
  for (const [i, image] of images.entries()) {
    const { sources, disks } = engine.sessionInfo();
    const disk = disks.find(({ source }) => source === sources[i]?.id);
    if (disk === undefined) throw new Error(`--image ${image}: its log tells of no disk`);
    await structures.setImage(disk.id, isNbdUri(image) ? image : resolve(image));
  }
  while (!structures.isSettled) await pause(WAIT_MS);
  const unread = structures.info.find(({ state }) => state === 'failed');
  if (unread !== undefined) throw new Error(`--image: ${unread.words}`);
}

/** What the page is to do, as far as it can be said before the logs are read. */
function readJob(command: RenderCommand): RenderJob | { readonly error: string; readonly code: 1 | 2 } {
  // What is compared may be a folder or a sample: the engine says which of them cannot be had.
  for (const path of command.compare === null ? command.logs : []) {
    if (!existsSync(path)) return { error: `${path}: there is no such file to make a film of`, code: 1 };
    if (statSync(path).isDirectory())
      return { error: `${path} is a directory; name a log or capture`, code: 1 };
  }
  const captions = command.captionsFile === null ? NO_CAPTIONS : readCaptionsFile(command.captionsFile);
  if ('error' in captions) return captions;
  const { what, options } = command;
  const { structures } = command;
  const common = { sources: command.logs.length, options, structures, ...captions };
  if (what.kind === 'film') return { ...common, kind: 'film', from: what.from, to: what.to };
  return { ...common, kind: 'picture', format: what.format, at: what.at, scale: what.scale };
}

type CaptionsPart = Pick<RenderJob, 'captionsText' | 'sentences'>;

const NO_CAPTIONS: CaptionsPart = { captionsText: null, sentences: {} };

/** A file of captions, with the sentences for its steps from a `captions.json` beside it where there is one. */
function readCaptionsFile(path: string): CaptionsPart | { readonly error: string; readonly code: 1 | 2 } {
  try {
    if (statSync(path).size > MAX_CAPTIONS_BYTES) {
      return { error: `--captions ${path} has more than ${formatBytes(MAX_CAPTIONS_BYTES)}`, code: 2 };
    }
    const captionsText = readFileSync(path, 'utf8');
    const [wrong] = readCaptions(captionsText, 0).wrong;
    if (wrong !== undefined) return { error: `--captions ${path}, ${wrong}`, code: 2 };
    const beside = join(dirname(path), 'captions.json');
    const sentences = existsSync(beside) ? parseCaptionTable(readFileSync(beside, 'utf8')) : {};
    return { captionsText, sentences };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { error: `--captions ${path} cannot be read: ${reason}`, code: 1 };
  }
}

function say(text: string): void {
  process.stderr.write(`nbdscope: ${text}\n`);
}
