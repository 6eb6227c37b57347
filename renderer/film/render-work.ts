import * as v from 'valibot';
import { readCaptions } from '#shared/captions/captions-file.ts';
import { parseMoment } from '#shared/captions/moment.ts';
import type { Channel } from '#shared/channel/channel.ts';
import { decodeFrame, encodeJsonFrame, FrameType } from '#shared/channel/frame.ts';
import type { SessionInfo } from '#shared/contract/messages.ts';
import { type RenderJob, RenderOrderSchema, type RenderReport } from '#shared/contract/render.ts';
import { ALL_LAYERS } from '../grid/grid-renderer.ts';
import { alignmentOf } from '../words/compare-form.ts';
import { withDistinctNames } from '../words/log-names.ts';
import { ChannelSink } from './channel-sink.ts';
import { captionsOf, filmDisks } from './film-facts.ts';
import { SessionSource } from './film-source.ts';
import { type FilmJob, makeFilm } from './make-film.ts';
import { makePicture } from './make-picture.ts';

/** Progress is told this often at most. */
const TELL_MS = 200;

/** What was asked for does not fit what is there. */
class AskedError extends Error {}

/** Does what `nbdscope render` asks of its page: reads the session, makes the film or picture, and sends its bytes. */
export class RenderWork {
  readonly #channel: Channel;
  readonly #connect: () => Promise<Channel>;
  readonly #sink: ChannelSink;
  readonly #stop = new AbortController();
  #toldMs = 0;

  /** @param connect makes a connection to the engine. */
  constructor(channel: Channel, connect: () => Promise<Channel>) {
    this.#channel = channel;
    this.#connect = connect;
    this.#sink = new ChannelSink(channel);
    channel.onFrame = (bytes) => this.#onFrame(bytes);
    channel.onClose = () => this.#stop.abort(new Error('the command has gone'));
  }

  #onFrame(bytes: Uint8Array): void {
    const { type, payload } = decodeFrame(bytes);
    if (type !== FrameType.Json) return;
    const order = v.parse(RenderOrderSchema, JSON.parse(new TextDecoder().decode(payload)));
    if (order.order === 'written') this.#sink.written(order.chunk);
    else void this.#render(order.job);
  }

  async #render(job: RenderJob): Promise<void> {
    const source = new SessionSource(this.#connect);
    try {
      const info = withDistinctNames(
        await source.info((session) => isRead(session, job.sources), this.#stop.signal),
      );
      const words = await this.#make(job, info, source);
      this.#report({ report: 'done', words });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#report({ report: 'failed', text: text.slice(0, 4000), asked: error instanceof AskedError });
    } finally {
      source.dispose();
    }
  }

  async #make(job: RenderJob, info: SessionInfo, source: SessionSource): Promise<string> {
    const failed = info.sources.find(({ status }) => status === 'failed');
    if (failed !== undefined) throw new Error(`${failed.name}: ${failed.statusText}`);
    const { firstUs, lastUs } = info.history;
    if (firstUs === null || lastUs === null) throw new Error('nothing is recorded there: no line has a time');
    const disks = filmDisks(info.disks);
    if (disks.length === 0) {
      throw new AskedError('the log does not tell how large its disk is; say so with --disk-size, as in 64M');
    }
    const captions =
      job.captionsText === null
        ? captionsOf(info)
        : readCaptions(job.captionsText, firstUs, job.sentences).captions.filter(
            ({ kind }) => kind === 'caption',
          );
    const common = {
      options: job.options,
      disks,
      captions,
      filter: ALL_LAYERS,
      structures: job.structures,
      zone: 'utc',
      alignment: alignmentOf(info.history),
      order: 'rows',
      cellShift: 12,
      rowCells: null,
    } as const;
    if (job.kind === 'picture') {
      const us = momentOf(job.at, firstUs, lastUs);
      return makePicture({ ...common, us, format: job.format, scale: job.scale }, source, this.#sink);
    }
    const fromUs = job.from === null ? firstUs : momentOf(job.from, firstUs, firstUs);
    const toUs = momentOf(job.to, firstUs, lastUs);
    if (toUs < fromUs) throw new AskedError(`--to ${job.to} is before --from ${job.from}`);
    return this.#film({ ...common, fromUs: Math.max(fromUs, firstUs), toUs: Math.min(toUs, lastUs) }, source);
  }

  async #film(job: FilmJob, source: SessionSource): Promise<string> {
    if (job.toUs < job.fromUs) throw new AskedError('the span lies beside what was recorded');
    const { signal } = this.#stop;
    const report = await makeFilm(job, source, this.#sink, {
      signal,
      onProgress: ({ frames, fraction }) => {
        const nowMs = performance.now();
        if (nowMs - this.#toldMs < TELL_MS) return;
        this.#toldMs = nowMs;
        this.#report({ report: 'progress', frames, fraction });
      },
    });
    const { widthPx, heightPx, framesPerSecond } = job.options;
    const seconds = (report.durationUs / 1_000_000).toFixed(1);
    return `${report.codec}, ${widthPx}x${heightPx}, ${report.frames} frames at ${framesPerSecond} a second, ${seconds} s`;
  }

  #report(report: RenderReport): void {
    this.#channel.send(encodeJsonFrame(report));
  }
}

/** Whether all that there is to read has been read. */
function isRead({ sources, history }: SessionInfo, count: number): boolean {
  if (sources.some(({ status }) => status === 'failed')) return true;
  const isBusy = sources.some(({ status }) => status === 'reading' || status === 'waiting');
  return sources.length >= count && !isBusy && history.lastSequence > 0;
}

function momentOf(text: string | null, firstUs: number, otherwiseUs: number): number {
  if (text === null) return otherwiseUs;
  const moment = parseMoment(text, firstUs);
  if ('error' in moment) throw new AskedError(moment.error);
  return moment.us;
}
