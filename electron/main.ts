import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  app,
  BrowserWindow,
  dialog,
  type IpcMainEvent,
  type IpcMainInvokeEvent,
  ipcMain,
  Menu,
  protocol,
  session,
  shell,
} from 'electron';
import { READY_LINE } from '#engine/cli/launch-request.ts';
import { stateDir } from '#engine/cli/state-dir.ts';
import { SECURITY_HEADERS } from '#shared/contract/security-policy.ts';
import { resizeContent } from './content-size.ts';
import { EngineHost } from './engine-host.ts';
import { launchRequest } from './launch.ts';
import { askBeforeLeaving, saveBeforeLeaving } from './leave-dialogs.ts';
import { Leaving } from './leaving.ts';
import { menuTemplate } from './menu.ts';
import { APP_ORIGIN, APP_SCHEME, appFile, isExternalLink, isOwnPage } from './own-origin.ts';
import { mayHave } from './permissions.ts';

/** The folder that holds package.json, dist/ and assets/, packed or not. */
const ROOT = app.getAppPath();
const BUILT = resolve(ROOT, 'dist');

protocol.registerSchemesAsPrivileged([
  { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
]);
app.enableSandbox();

async function serve(request: Request): Promise<Response> {
  const file = appFile(request.url);
  const body = file === null ? null : await readFile(join(BUILT, 'renderer', file.path)).catch(() => null);
  if (file === null || body === null)
    return new Response('no such file', { status: 404, headers: SECURITY_HEADERS });
  return new Response(new Uint8Array(body), {
    headers: { ...SECURITY_HEADERS, 'Content-Type': file.contentType },
  });
}

/** Nothing outside our own page's frame is listened to. */
function isOwnSender(event: IpcMainEvent | IpcMainInvokeEvent): boolean {
  return event.senderFrame !== null && isOwnPage(event.senderFrame.url) && event.senderFrame.parent === null;
}

function lockDown(): void {
  session.defaultSession.setPermissionRequestHandler((contents, permission, answer) =>
    answer(mayHave(permission, contents.getURL())),
  );
  session.defaultSession.setPermissionCheckHandler((contents, permission) =>
    mayHave(permission, contents?.getURL() ?? ''),
  );
  session.defaultSession.setDevicePermissionHandler(() => false);
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-navigate', (event) => event.preventDefault());
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(({ url }) => {
      if (isExternalLink(url)) void shell.openExternal(url);
      return { action: 'deny' };
    });
  });
}

function createWindow(): BrowserWindow {
  const window = new BrowserWindow({
    width: 1280,
    height: 860,
    minWidth: 480,
    minHeight: 360,
    title: 'nbdscope',
    backgroundColor: '#101216',
    webPreferences: {
      preload: join(BUILT, 'electron/preload.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      // Would fetch dictionaries from the network.
      spellcheck: false,
    },
  });
  void window.loadURL(`${APP_ORIGIN}/`);
  return window;
}

function listen(engine: EngineHost): void {
  ipcMain.on('connect', (event) => {
    if (isOwnSender(event)) event.senderFrame?.postMessage('port', null, [engine.connect()]);
  });
  ipcMain.on('ready', (event) => {
    if (isOwnSender(event)) process.stdout.write(`${READY_LINE}\n`);
  });
  ipcMain.handle('pick-logs', async (event): Promise<readonly string[]> => {
    const window = BrowserWindow.fromWebContents(event.sender);
    if (!isOwnSender(event) || window === null) return [];
    const picked = await dialog.showOpenDialog(window, {
      title: 'Open nbdkit logs',
      properties: ['openFile', 'multiSelections', 'showHiddenFiles'],
    });
    return picked.filePaths;
  });
  ipcMain.handle('resize-content', async (event, ...size: readonly unknown[]): Promise<void> => {
    const window = BrowserWindow.fromWebContents(event.sender);
    if (isOwnSender(event) && window !== null) await resizeContent(window, size);
  });
}

async function start(): Promise<void> {
  await app.whenReady();
  const request = launchRequest(process.env, process.argv, app.isPackaged, app.getVersion());
  protocol.handle(APP_SCHEME, serve);
  lockDown();
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(process.platform, app.isPackaged)));

  const engine = new EngineHost(join(BUILT, 'electron/engine.js'), {
    version: app.getVersion(),
    stateDir: stateDir(),
    assetsDir: join(ROOT, 'assets'),
  });
  engine.onCrash = (exitCode) => {
    dialog.showErrorBox(
      'nbdscope has lost its engine',
      `The process that reads the logs ended (exit code ${exitCode}). Start nbdscope again.`,
    );
    app.exit(1);
  };
  listen(engine);
  if (request.images.length > 0) engine.expectImages(request.images);
  if (request.compare !== null) engine.compare(request.compare);
  else if (request.set !== null) engine.openSet(request.set);
  else if (request.logs.length > 0 || !request.stdin) engine.open(request.logs, request.sizeBytes);
  if (request.captions !== null) engine.addCaptions(request.captions);
  if (request.stdin) engine.openStdin(process.stdin, request.sizeBytes);
  if (request.record !== null) engine.record(request.record);

  const leaving = new Leaving({
    atStake: () => engine.atStake(),
    ask: askBeforeLeaving,
    save: (disk) => saveBeforeLeaving(engine, disk),
    end: () => engine.end(),
    say: (text) => process.stderr.write(`nbdscope: ${text}\n`),
    quit: () => app.quit(),
  });
  /** Lets a window or the app end only once nothing is lost by it. */
  const holdBack = (event: { preventDefault(): void }): void => {
    if (leaving.over) return;
    event.preventDefault();
    void leaving.leave();
  };
  app.on('before-quit', holdBack);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void leaving.told());
  app.on('window-all-closed', () => app.quit());
  createWindow().on('close', holdBack);
}

start().catch((error: unknown) => {
  process.stderr.write(`nbdscope: ${error instanceof Error ? error.message : String(error)}\n`);
  app.exit(1);
});
