import { describe, expect, it } from 'vitest';
import { DEFAULT_FILM } from '#shared/film/film-options.ts';
import { parseRender, type RenderCommand } from './render-arguments.ts';

function parsed(...args: string[]): RenderCommand {
  const outcome = parseRender(args);
  if (outcome.kind !== 'render') throw new Error(outcome.text);
  return outcome;
}

function refusal(...args: string[]): string {
  const outcome = parseRender(args);
  if (outcome.kind !== 'error') throw new Error(`taken as ${outcome.kind}`);
  expect(outcome.text).not.toContain('\n');
  return outcome.text;
}

describe('nbdscope render', () => {
  it('makes what the end of the name says', () => {
    expect(parsed('log', '-o', 'a.webm')).toEqual({
      kind: 'render',
      logs: ['log'],
      compare: null,
      structures: false,
      images: [],
      sizeBytes: null,
      output: 'a.webm',
      force: false,
      what: { kind: 'film', from: null, to: null },
      options: DEFAULT_FILM,
      captionsFile: null,
    });
    expect(parsed('log', '-o', 'a.MP4').options.format).toBe('mp4');
    expect(parsed('log', '-o', 'a.mp4', '--codec', 'av1').options.format).toBe('mp4-av1');
    expect(parsed('log', '-o', 'a.webm', '--codec', 'vp9-444').options.format).toBe('webm-fine');
    expect(parsed('log', '-o', 'a.gif').options).toMatchObject({ format: 'gif', framesPerSecond: 10 });
    expect(parsed('log', '-o', 'a.svg', '--at', '12.5').what).toMatchObject({ format: 'svg', at: '12.5' });
  });

  it('takes span, pace, size and words', () => {
    const { options, what, captionsFile } = parsed(
      ...['a', 'b', '-o', 'c.webm', '--from', '22:20:05', '--to', '+1:02', '--speed', '1/4', '--fps', '60'],
      ...['--size', '1080p', '--theme', 'projector', '--captions', 'steps', '--title', 'T', '--skip-idle'],
    );
    expect(what).toEqual({ kind: 'film', from: '22:20:05', to: '+1:02' });
    expect(options).toMatchObject({
      speed: 0.25,
      framesPerSecond: 60,
      widthPx: 1920,
      heightPx: 1080,
      theme: 'projector',
      title: 'T',
      skipIdle: true,
      captions: true,
    });
    expect(captionsFile).toBe('steps');
    expect(parsed('a', '-o', 'c.gif', '--no-captions', '--no-legend').options).toMatchObject({
      captions: false,
      legend: false,
    });
  });

  it('takes two recordings to be shown in step', () => {
    const compared = (...args: string[]) => parsed('--compare', 'a', 'ext4', '-o', 'c.webm', ...args).compare;
    expect(compared()).toEqual({ recordings: ['a', 'ext4'], align: [null, null] });
    expect(compared('--align', 'mkfs')).toMatchObject({ align: ['mkfs', 'mkfs'] });
    expect(compared('--align', '+1', '--align', 'mkfs')).toMatchObject({ align: ['+1', 'mkfs'] });
    expect(refusal('--compare', 'a', '-o', 'c.webm')).toContain('takes two recordings, not 1');
    expect(refusal('--compare', 'a', 'b', 'c', '-o', 'c.webm')).toContain('takes two recordings, not 3');
    expect(refusal('a', 'b', '-o', 'c.webm', '--align', 'mkfs')).toContain('add --compare');
    expect(
      refusal('--compare', 'a', 'b', '-o', 'c.webm', '--align', '1', '--align', '2', '--align', '3'),
    ).toContain('once for each of the two');
    expect(refusal('--compare', 'a', 'b', '-o', 'c.webm', '--disk-size', '64M')).toContain(
      '--disk-size is not',
    );
  });

  it('takes what lies on the disks, and where that can be read', () => {
    expect(parsed('a', '-o', 'c.svg', '--structures')).toMatchObject({ structures: true, images: [] });
    expect(parsed('a', 'b', '-o', 'c.svg', '--image', 'a.img', '--image', 'nbd://b')).toMatchObject({
      structures: true,
      images: ['a.img', 'nbd://b'],
    });
    expect(refusal('a', '-o', 'c.svg', '--image', 'a.img', '--image', 'b.img')).toContain(
      'once for each log',
    );
    expect(refusal('--compare', 'a', 'b', '-o', 'c.svg', '--image', 'a.img')).toContain('--image is not');
  });

  it('refuses what it cannot do, saying what it could', () => {
    expect(refusal('log')).toContain('add -o and a name');
    expect(refusal('-o', 'a.webm')).toContain('missing required argument');
    expect(refusal('-', '-o', 'a.webm')).toContain('name the logs or captures');
    expect(refusal('log', '-o', 'a.avi')).toContain('use .webm, .mp4, .gif, .png or .svg');
    expect(refusal('log', '-o', 'a.webm', '--codec', 'h264')).toContain('use --codec vp9 or vp9-444');
    expect(refusal('log', '-o', 'a.png', '--skip-idle')).toContain('--skip-idle is for films');
    expect(refusal('log', '-o', 'a.gif', '--at', '1')).toContain('--at is for pictures');
    expect(refusal('log', '-o', 'a.gif', '--fps', '60')).toContain('a GIF has 10 to 50 frames a second');
    expect(refusal('log', '-o', 'a.webm', '--size', '641x480')).toContain('sides of a film are even');
    expect(refusal('log', '-o', 'a.webm', '--speed', '0')).toContain('is no speed');
    expect(refusal('log', '-o', 'a.webm', '--from', 'soon')).toContain('is no moment');
    expect(refusal('log', '-o', 'a.png', '--scale', '5')).toContain('use 1 to 4');
  });

  it('tells of itself', () => {
    expect(parseRender(['--help'])).toMatchObject({
      kind: 'text',
      text: expect.stringContaining('story.webm'),
    });
  });
});
