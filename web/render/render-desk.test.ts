import { describe, expect, it } from 'vitest';
import type { Channel } from '#shared/channel/channel.ts';
import { decodeFrame, encodeFrame, encodeJsonFrame, FrameType } from '#shared/channel/frame.ts';
import { RENDER_CHUNK_BYTES, type RenderJob } from '#shared/contract/render.ts';
import { DEFAULT_FILM } from '#shared/film/film-options.ts';
import { RenderDesk } from './render-desk.ts';

const JOB: RenderJob = {
  kind: 'film',
  sources: 1,
  structures: false,
  options: DEFAULT_FILM,
  from: null,
  to: null,
  captionsText: null,
  sentences: {},
};

/** The page's end, and what was written. */
class Page {
  readonly orders: unknown[] = [];
  readonly written: { readonly at: number; readonly bytes: readonly number[] }[] = [];
  closed = false;
  readonly channel: Channel = {
    send: (frame) => void this.orders.push(JSON.parse(new TextDecoder().decode(decodeFrame(frame).payload))),
    onFrame: () => {},
    onClose: () => {},
    close: () => {
      this.closed = true;
    },
  };

  write = async (at: number, bytes: Uint8Array): Promise<void> => {
    this.written.push({ at, bytes: [...bytes] });
  };

  chunk(tag: number, at: number, bytes: Uint8Array): void {
    const payload = new Uint8Array(8 + bytes.byteLength);
    new DataView(payload.buffer).setFloat64(0, at, true);
    payload.set(bytes, 8);
    this.channel.onFrame(encodeFrame(FrameType.Upload, payload, tag));
  }
}

function attached(): { readonly desk: RenderDesk; readonly page: Page } {
  const page = new Page();
  const desk = new RenderDesk(JOB, page);
  desk.attach(page.channel);
  return { desk, page };
}

describe('the desk of nbdscope render', () => {
  it('gives the page its job, writes what it sends and acknowledges each chunk', async () => {
    const { desk, page } = attached();
    page.chunk(1, 0, new Uint8Array([1, 2]));
    page.chunk(2, 40, new Uint8Array([3]));
    page.channel.onFrame(encodeJsonFrame({ report: 'done', words: 'VP9' }));
    expect(await desk.rendered).toEqual({ done: 'VP9' });
    expect(page.written).toEqual([
      { at: 0, bytes: [1, 2] },
      { at: 40, bytes: [3] },
    ]);
    expect(page.orders).toEqual([
      { order: 'render', job: JOB },
      { order: 'written', chunk: 1 },
      { order: 'written', chunk: 2 },
    ]);
  });

  it('serves one page only', () => {
    const { desk } = attached();
    const second = new Page();
    desk.attach(second.channel);
    expect(second).toMatchObject({ closed: true, orders: [] });
  });

  it('ends when the page does, or says why it cannot', async () => {
    const gone = attached();
    gone.page.channel.onClose();
    expect(await gone.desk.rendered).toMatchObject({ asked: false });
    const failed = attached();
    failed.page.channel.onFrame(encodeJsonFrame({ report: 'failed', text: 'no', asked: true }));
    expect(await failed.desk.rendered).toEqual({ failed: 'no', asked: true });
  });

  it.each([
    ['a chunk that is too large', 0, new Uint8Array(RENDER_CHUNK_BYTES + 1)],
    ['a place before the beginning', -1, new Uint8Array(1)],
    ['a place that is none', Number.NaN, new Uint8Array(1)],
    ['a place far beyond any film', 2 ** 50, new Uint8Array(1)],
  ])('refuses %s', async (_, at, bytes) => {
    const { desk, page } = attached();
    page.chunk(1, at, bytes);
    expect(await desk.rendered).toMatchObject({ failed: expect.stringContaining('nonsense') });
    expect(page.written).toEqual([]);
  });

  it('says why the file cannot be written', async () => {
    const page = new Page();
    const desk = new RenderDesk(JOB, { write: () => Promise.reject(new Error('no space left')) });
    desk.attach(page.channel);
    page.chunk(1, 0, new Uint8Array(1));
    expect(await desk.rendered).toMatchObject({ failed: 'the file cannot be written: no space left' });
  });
});
