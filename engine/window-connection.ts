import * as v from 'valibot';
import type { Channel } from '#shared/channel/channel.ts';
import { decodeFrame, encodeFrame, type Frame, FrameType } from '#shared/channel/frame.ts';
import { type Command, CommandSchema } from '#shared/contract/commands.ts';
import type { SessionInfo } from '#shared/contract/messages.ts';
import type { Resume } from '#shared/contract/time.ts';
import { readSize } from './disk-set.ts';
import type { Engine } from './engine.ts';
import { withHomePaths } from './home-paths.ts';
import { createUploadSource, type UploadSource } from './log/log-source.ts';
import { Questions } from './questions/questions.ts';
import { RefusedError } from './refused-error.ts';
import { WindowFeed } from './session/window-feed.ts';
import { WindowView } from './time/window-view.ts';

type SteerHostCommand = Extract<
  Command,
  {
    command:
      | 'setHostParameter'
      | 'setHostReadOnly'
      | 'saveHost'
      | 'copyHost'
      | 'cancelHostTask'
      | 'commitOverlay'
      | 'cancelCommit'
      | 'discardOverlay'
      | 'disconnectClient'
      | 'runWorkload'
      | 'stopWorkload';
  }
>;

/** Uploads one window may have open at once. */
const MAX_UPLOADS = 64;

/**
 * The engine's end of one window's channel: parses every frame at the door, carries out what is asked and answers what
 * it refuses. Nothing a window sends can throw past this.
 */
export class WindowConnection {
  /** Where the window stands in time. */
  readonly view: WindowView;
  readonly #feed: WindowFeed;
  readonly #engine: Engine;
  readonly #channel: Channel;
  readonly #uploads = new Map<number, UploadSource>();
  readonly #questions: Questions;
  #greeted = false;
  #closed = false;
  #lastSession = '';

  constructor(engine: Engine, channel: Channel, onClose: () => void) {
    this.#engine = engine;
    this.#channel = channel;
    this.#feed = new WindowFeed(channel, () => this.view.state);
    this.view = new WindowView(this.#feed, engine.past, (message) => this.#feed.message(message));
    this.#questions = new Questions(engine, {
      answer: (id, payload) => channel.send(encodeFrame(FrameType.Answer, payload, id)),
      unanswered: (id, text) => this.#feed.message({ message: 'unanswered', id, text }),
    });
    channel.onFrame = (bytes) => this.#frame(bytes);
    channel.onClose = () => {
      this.#closed = true;
      this.#feed.dispose();
      this.view.dispose();
      this.#questions.dispose();
      for (const upload of this.#uploads.values()) upload.end();
      this.#uploads.clear();
      onClose();
    };
  }

  close(): void {
    this.#channel.close();
  }

  /** Sends the session's description unless the window has the same already. */
  sendSession(session: SessionInfo): void {
    if (!this.#greeted) return;
    const text = JSON.stringify(session);
    if (text === this.#lastSession) return;
    this.#lastSession = text;
    this.#feed.message({ message: 'session', session });
  }

  #frame(bytes: Uint8Array): void {
    let frame: Frame;
    try {
      frame = decodeFrame(bytes);
    } catch (error) {
      this.#refuse('frame', error);
      return;
    }
    if (frame.type === FrameType.Upload) {
      this.#uploads.get(frame.tag)?.push(frame.payload);
      return;
    }
    if (frame.type !== FrameType.Json) {
      this.#refuse('frame', new RefusedError(`a window may not send frames of type ${frame.type}`));
      return;
    }
    let json: unknown;
    try {
      json = JSON.parse(new TextDecoder().decode(frame.payload));
    } catch {
      this.#refuse('frame', new RefusedError('a command must be JSON'));
      return;
    }
    const parsed = v.safeParse(CommandSchema, json);
    if (!parsed.success) {
      const where = v.getDotPath(parsed.issues[0]) ?? 'command';
      this.#refuse('command', new RefusedError(`${where}: ${parsed.issues[0].message}`));
      return;
    }
    const command = withHomePaths(parsed.output);
    try {
      // Carried out at once as far as it can be: upload frames right behind beginUpload must find it done.
      this.#carryOut(command)?.catch((error: unknown) => this.#refuse(command.command, error));
    } catch (error) {
      this.#refuse(command.command, error);
    }
  }

  #refuse(command: string, error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#feed.message({ message: 'refused', command, text });
  }

  #carryOut(command: Command): Promise<void> | undefined {
    const engine = this.#engine;
    switch (command.command) {
      case 'hello':
        return this.#welcome(command.resume ?? null);
      case 'ack':
        this.#feed.ack(command.sequence);
        return undefined;
      case 'follow':
        this.#feed.follow(command.on);
        return undefined;
      case 'openLogs': {
        const sizeBytes = command.size === null ? null : readSize(command.size);
        return engine.openLogs(command.paths, sizeBytes, command.replace);
      }
      case 'openSample':
        return engine.openSample(command.sample);
      case 'compare':
        return engine.compare(command);
      case 'closeSource':
        return engine.closeSource(command.source);
      case 'setDiskSize':
        engine.setDiskSize(command.disk, command.size);
        return undefined;
      case 'pickRun':
        return engine.pickRun(command.source, command.run);
      case 'clearPicture':
        if (this.view.isLive) engine.session.clearPicture();
        else this.view.clearPicture();
        return undefined;
      case 'dismissNotice':
        engine.session.dismiss(command.notice);
        return undefined;
      case 'forgetRecent':
        engine.recentLogs.forget();
        engine.sendInfo();
        return undefined;
      case 'beginUpload':
        return this.#beginUpload(command.upload, command.name, command.live, command.replace);
      case 'restartUpload':
        this.#uploads.get(command.upload)?.restart();
        return undefined;
      case 'endUpload':
        this.#uploads.get(command.upload)?.end();
        this.#uploads.delete(command.upload);
        return undefined;
      case 'hostDisk':
        return engine.hostDisk(command);
      case 'stopHost':
        return engine.stopHost(command.source, command.force);
      case 'setHostParameter':
      case 'setHostReadOnly':
      case 'saveHost':
      case 'copyHost':
      case 'cancelHostTask':
      case 'commitOverlay':
      case 'cancelCommit':
      case 'discardOverlay':
      case 'disconnectClient':
      case 'runWorkload':
      case 'stopWorkload':
        return this.#steerHost(command);
      case 'renameDisk':
        engine.renameDisk(command.disk, command.name);
        return undefined;
      case 'setArrays':
        engine.setArrays(command.arrays);
        return undefined;
      case 'setDiskError':
        return engine.setDiskError(command.disk, command.on, command.removeForeign);
      case 'setFaultRules':
        engine.setFaultRules(command.disk, command.rules);
        return undefined;
      case 'openSet': {
        const { count, size, logs, errorFiles, replace } = command;
        const sizeBytes = size === null ? null : readSize(size);
        return engine.openSet({ count, sizeBytes, logs, errorFiles }, replace);
      }
      case 'hostSet':
        return engine.hostSet(command);
      case 'setErrorFile':
        return engine.setErrorFile(command.disk, command.path);
      case 'startNbdkit':
        return engine.startNbdkit(command.line, command.confirmed);
      case 'stopNbdkit':
        return engine.stopNbdkit(command.source);
      case 'seek':
      case 'play':
      case 'step':
      case 'goLive':
        this.view.carryOut(command);
        return undefined;
      case 'addMark':
        engine.changeMarks((past) => past.addMarks([command]));
        return undefined;
      case 'addMarks':
        engine.changeMarks((past) => past.addMarks(command.marks));
        return undefined;
      case 'editMark':
        engine.changeMarks((past) => past.editMark(command.id, command));
        return undefined;
      case 'removeMark':
        engine.changeMarks((past) => past.removeMark(command.id));
        return undefined;
      case 'startCapture':
        return engine.captures.start(command.path, command.fromBeginning, command.replace);
      case 'stopCapture':
        return engine.captures.stop();
      case 'saveCapture':
        return engine.captures.save(command.path, command.span, command.replace);
      case 'cancelSave':
        engine.captures.cancelSave();
        return undefined;
      case 'ask':
        this.#questions.ask(command.id, command.question);
        return undefined;
      case 'callOff':
        this.#questions.callOff(command.id);
        return undefined;
      case 'explainDisk':
        engine.structures.explain(command.disk, command.on);
        return undefined;
      case 'setDiskImage':
        return engine.structures.setImage(command.disk, command.from);
    }
  }

  /** A window's first words are answered once it is known whether nbdkit is installed: that takes a moment at most. */
  async #welcome(resume: Resume | null): Promise<void> {
    const engine = this.#engine;
    const nbdkit = await engine.installedNbdkit();
    if (this.#closed) return;
    const { version, host } = engine.options;
    this.#greeted = true;
    this.#lastSession = '';
    this.#feed.message({
      message: 'welcome',
      protocol: 1,
      version,
      host,
      platform: process.platform,
      nbdkit: nbdkit?.version ?? null,
    });
    this.sendSession(engine.sessionInfo());
    this.view.begin(resume, engine.past.recording === null ? 'live' : 'start');
    this.#feed.follow(true);
  }

  /** Carries out what changes a hosted disk that stays, and shows the change at once. */
  async #steerHost(command: SteerHostCommand): Promise<void> {
    const engine = this.#engine;
    const host = engine.hostOf(command.source);
    switch (command.command) {
      case 'setHostParameter':
        host.setParameter(command.key, command.value);
        break;
      case 'setHostReadOnly':
        host.setReadOnly(command.on);
        break;
      case 'saveHost':
        await engine.saveHost(command.source, command.path, command);
        break;
      case 'copyHost':
        await host.copyTo(engine.hostOf(command.to));
        break;
      case 'cancelHostTask':
        host.cancelTask();
        break;
      case 'commitOverlay':
        await host.commitOverlay();
        break;
      case 'cancelCommit':
        host.cancelCommit();
        break;
      case 'discardOverlay':
        await host.discardOverlay();
        break;
      case 'disconnectClient':
        if (!host.disconnect(command.connection)) {
          throw new RefusedError(`client ${command.connection} is not connected any more`);
        }
        break;
      case 'runWorkload':
        await host.runWorkload(command.workload);
        break;
      case 'stopWorkload':
        await host.stopWorkload();
        break;
    }
    engine.sendInfo();
  }

  /** The source is there at once, so that upload frames right behind the command find it. */
  #beginUpload(upload: number, name: string, live: boolean, replace: boolean): Promise<void> {
    for (const [number, source] of this.#uploads) if (source.isOver) this.#uploads.delete(number);
    if (this.#uploads.has(upload)) throw new RefusedError(`upload ${upload} has begun already`);
    if (this.#uploads.size >= MAX_UPLOADS) {
      throw new RefusedError(`at most ${MAX_UPLOADS} files can be sent at once; open the others by path`);
    }
    const source = createUploadSource(name, { live });
    this.#uploads.set(upload, source);
    const engine = this.#engine;
    return engine.enqueue(async () => {
      await engine.leaveSample(replace);
      engine.session.add(source);
    });
  }
}
