import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { type Answer, decodeAnswer } from '#shared/channel/answer.ts';
import type { Channel } from '#shared/channel/channel.ts';
import { decodeFrame, encodeJsonFrame, FrameType } from '#shared/channel/frame.ts';
import type { Command } from '#shared/contract/commands.ts';
import {
  type DiskInfo,
  MessageSchema,
  type SessionInfo,
  type SourceInfo,
} from '#shared/contract/messages.ts';
import type { Question } from '#shared/contract/questions.ts';
import type { Op } from '#shared/events/vocabulary.ts';
import { Engine } from '../engine.ts';

const LIMIT_MS = 30_000;

/** An engine with a folder and a state directory of its own, and one window that has said hello; for tests. */
export class TestEngine implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'nbdscope-test-'));
  readonly engine: Engine;
  session: SessionInfo | null = null;
  /** The version of nbdkit that the window was told of. */
  nbdkit: string | null = null;
  readonly refused: string[] = [];
  /** Answers to questions by number; words why there is none. */
  readonly #answers = new Map<number, Answer | string>();
  #questions = 0;
  readonly #channel: Channel;

  constructor(stateDir?: string) {
    const assetsDir = resolve(import.meta.dirname, '../../assets');
    const state = stateDir ?? join(this.folder, 'state');
    this.engine = new Engine({ version: '0', host: 'web', stateDir: state, assetsDir });
    const channel: Channel = {
      send: (bytes) => this.#received(bytes),
      onFrame: () => {},
      onClose: () => {},
      close: () => channel.onClose(),
    };
    this.#channel = channel;
    this.engine.attach(channel);
    this.send({ command: 'hello', protocol: 1 });
  }

  #received(bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (frame.type === FrameType.Answer) this.#answers.set(frame.tag, decodeAnswer(frame.payload));
    if (frame.type !== FrameType.Json) return;
    const message = v.parse(MessageSchema, JSON.parse(new TextDecoder().decode(frame.payload)));
    if (message.message === 'refused') this.refused.push(message.text);
    if (message.message === 'unanswered') this.#answers.set(message.id, message.text);
    if (message.message === 'session') this.session = message.session;
    if (message.message === 'welcome') this.nbdkit = message.nbdkit;
  }

  send(command: Command): void {
    this.#channel.onFrame(encodeJsonFrame(command));
  }

  /** Asks a question as the window. @throws Error in the words of the engine when it is not answered. */
  async ask(question: Question): Promise<Answer> {
    this.#questions += 1;
    const id = this.#questions;
    this.send({ command: 'ask', id, question });
    const answer = await this.until(() => this.#answers.get(id));
    if (typeof answer === 'string') throw new Error(answer);
    return answer;
  }

  /** Sends what may be no command at all. */
  sendAny(json: unknown): void {
    this.#channel.onFrame(encodeJsonFrame(json));
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  async until<T>(test: () => T | null | undefined | false): Promise<T> {
    const endMs = performance.now() + LIMIT_MS;
    for (;;) {
      const found = test();
      if (found !== null && found !== undefined && found !== false) return found;
      if (performance.now() > endMs) {
        throw new Error(`waited in vain: ${JSON.stringify([this.refused, this.session])}`);
      }
      await new Promise((wait) => setTimeout(wait, 5));
    }
  }

  /** What the window was refused next. */
  refusal(): Promise<string> {
    return this.until(() => this.refused.shift());
  }

  /** A disk as the window was told of it last. */
  disk(at = 0): DiskInfo | null {
    return this.session?.disks[at] ?? null;
  }

  source(at = 0): SourceInfo | null {
    return this.session?.sources[at] ?? null;
  }

  requests(disk: number, op: Op): number {
    return this.engine.session.state.disks[disk]?.counters.requests[op] ?? 0;
  }

  errors(disk: number, op: Op): number {
    return this.engine.session.state.disks[disk]?.counters.errors[op] ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.dispose();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
