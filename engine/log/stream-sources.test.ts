import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { Source } from '#engine/session/source.ts';
import { RECORDINGS } from './golden/make-golden.ts';
import { createStdinSource, createUploadSource } from './log-source.ts';
import { probe, type SourceProbe, until } from './source-probe.ts';

const LOG = readFileSync(join(RECORDINGS, 'fio-randrw-4k-64M/log'));
let source: Source | null = null;

afterEach(async () => {
  await source?.stop();
  source = null;
});

function status(sink: SourceProbe, wanted: string): Promise<void> {
  return until(
    () => sink.latest?.status === wanted,
    () => sink.latest,
  );
}

describe('standard input', () => {
  it('is decoded as it comes, to its end', async () => {
    const stream = new PassThrough();
    source = createStdinSource(stream);
    const sink = probe(source);
    stream.write(LOG.subarray(0, 1000));
    await until(
      () => sink.requests.length > 0,
      () => sink.latest,
    );
    expect(sink.latest?.status).toBe('live');
    stream.end(LOG.subarray(1000));
    await status(sink, 'ended');
    expect(sink.requests).toHaveLength(2000);
    expect([...sink.notices.keys()]).toEqual([]);
  });

  it('may be packed', async () => {
    const stream = new PassThrough();
    source = createStdinSource(stream);
    const sink = probe(source);
    stream.end(gzipSync(LOG));
    await status(sink, 'ended');
    expect(sink.requests).toHaveLength(2000);
  });

  it('that breaks off keeps what came, and says so', async () => {
    const stream = new PassThrough();
    source = createStdinSource(stream);
    const sink = probe(source);
    stream.write(LOG.subarray(0, 5000));
    await until(
      () => sink.requests.length > 0,
      () => sink.latest,
    );
    stream.destroy(new Error('the other end is gone'));
    await status(sink, 'ended');
    expect(sink.notices.get('damaged')?.detail).toBe('the other end is gone');
  });
});

describe('an upload', () => {
  it('takes pieces before it has started, and is a copy at its end', async () => {
    const upload = createUploadSource('log');
    source = upload;
    upload.push(LOG.subarray(0, 70_001));
    const sink = probe(upload);
    for (let at = 70_001; at < LOG.length; at += 70_001) upload.push(LOG.subarray(at, at + 70_001));
    upload.end();
    await status(sink, 'ended');
    expect(sink.latest?.statusText).toBe('a copy, not live');
    expect(sink.requests).toHaveLength(2000);
    expect(sink.latest?.bytesRead).toBe(LOG.length);
  });

  it('starts over when its file does', async () => {
    const upload = createUploadSource('log', { live: true });
    source = upload;
    const sink = probe(upload);
    upload.push(LOG.subarray(0, 10_050));
    upload.restart();
    upload.push(LOG);
    await until(
      () => sink.latest?.bytesRead === LOG.length,
      () => sink.latest,
    );
    expect(sink.latest?.status).toBe('live');
    expect(sink.latest?.runs).toHaveLength(2);
    expect(sink.latest?.notUnderstood).toBe(0);
    expect(sink.notices.get('truncated')?.level).toBe('info');
  });

  it('may be packed, and damaged', async () => {
    const upload = createUploadSource('log.gz');
    source = upload;
    const sink = probe(upload);
    const packed = gzipSync(LOG);
    upload.push(packed.subarray(0, packed.length - 2000));
    upload.end();
    await status(sink, 'ended');
    expect(sink.requests.length).toBeGreaterThan(500);
    expect(sink.notices.has('damaged')).toBe(true);
  });
});
