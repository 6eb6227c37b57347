import { Command, InvalidArgumentError, Option } from 'commander';
import { parseSize } from '#shared/bytes/size.ts';
import { parseMoment } from '#shared/captions/moment.ts';
import { MAX_PICTURE_SCALE } from '#shared/contract/render.ts';
import {
  DEFAULT_FILM,
  type FilmFormat,
  type FilmOptions,
  MAX_TITLE_CHARS,
  type ParsedNumber,
  parseFilmSize,
  parseFilmSpeed,
  parseFrameRate,
} from '#shared/film/film-options.ts';
import { THEME_NAMES, type ThemeName } from '#shared/theme/theme.ts';
import type { CompareRequest } from '../compare/comparison.ts';
import { type PrintedOutcome, runCommander, usageError } from './run-commander.ts';

/** Makes a film or a picture of logs or captures, without a window to be seen. */
export interface RenderCommand {
  readonly kind: 'render';
  /** Two recordings where they are compared. */
  readonly logs: readonly string[];
  /** What is to coincide where two recordings are shown in step; null where none are. */
  readonly compare: CompareRequest | null;
  /** For disks whose log does not tell their size; null when not given. */
  readonly sizeBytes: bigint | null;
  readonly output: string;
  /** Whether a file that is there already is replaced. */
  readonly force: boolean;
  readonly what:
    | { readonly kind: 'film'; readonly from: string | null; readonly to: string | null }
    | {
        readonly kind: 'picture';
        readonly format: 'png' | 'svg';
        readonly at: string | null;
        readonly scale: number;
      };
  readonly options: FilmOptions;
  /** Whether outlines, tints and names show what lies on the disks. */
  readonly structures: boolean;
  /** Where the disks of the logs can be read to know that, in the order of the logs: files or NBD URIs. */
  readonly images: readonly string[];
  /** A file of times and words; null to show the captions that the recording has. */
  readonly captionsFile: string | null;
}

const EXAMPLES = `
The end of the name says what is made: .webm (VP9), .mp4 (H.264, else AV1), .gif, .png or .svg. A moment is a time of day in UTC as
the log has it (22:20:05.5), seconds from the beginning (12.5), or minutes and seconds (+1:02). A file of captions has lines of a
moment and words, or "STEP name 22:20:05". A Chromium, Chrome or Edge must be installed: it does the drawing and encoding.

Examples:
  nbdscope render disk.log -o story.webm --speed 8 --captions steps.txt
  nbdscope render log1 log2 log3 -o raid.mp4 --size 1080p --skip-idle --title "RAID 5"
  nbdscope render disk.log -o first.gif --from 0 --to 10 --fps 10 --size 640x360
  nbdscope render disk.log -o frame.png --at 12.5 --scale 2
  nbdscope render --compare ext4/ xfs/ --align mkfs -o both.webm
  nbdscope render disk.log --image disk.img -o named.svg
  nbdscope render taken.nbdscope --structures -o named.webm`;

interface RenderFlags {
  readonly compare?: boolean;
  readonly align?: readonly string[];
  readonly output?: string;
  readonly force?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly at?: string;
  readonly speed?: number;
  readonly fps?: string;
  readonly size?: { readonly widthPx: number; readonly heightPx: number };
  readonly theme?: ThemeName;
  readonly captions: string | false | undefined;
  readonly legend: boolean;
  readonly title?: string;
  readonly skipIdle?: boolean;
  readonly codec?: string;
  readonly scale?: number;
  readonly diskSize?: bigint;
  readonly structures?: boolean;
  readonly image?: readonly string[];
}

/** What the end of a name stands for, and which codecs may be asked for there; the first is the usual one. */
const FILMS: Readonly<Record<string, Readonly<Record<string, FilmFormat>>>> = {
  webm: { vp9: 'webm', 'vp9-444': 'webm-fine' },
  mp4: { h264: 'mp4', av1: 'mp4-av1' },
  gif: { gif: 'gif' },
};
const ENDS = '.webm, .mp4, .gif, .png or .svg';
const FOR_FILMS = ['from', 'to', 'speed', 'fps', 'skipIdle', 'codec'] as const;
const FOR_PICTURES = ['at', 'scale'] as const;

/** Reads the arguments after `nbdscope render`. Never throws. */
export function parseRender(args: readonly string[]): RenderCommand | PrintedOutcome {
  const command = renderCommander();
  const outcome = runCommander(command, args);
  if (outcome !== null) return outcome;
  const flags = command.opts<RenderFlags>();
  const logs = [...command.args];
  if (logs.some((name) => name === '' || name === '-')) {
    return refused('a film is made of files; name the logs or captures, not "-" or nothing');
  }
  const compare = comparisonOf(logs, flags);
  if (compare !== null && 'error' in compare) return refused(compare.error);
  const { output } = flags;
  if (output === undefined)
    return refused('nothing says where it goes; add -o and a name, as in -o story.webm');
  const end = /\.([a-z0-9]+)$/i.exec(output)?.[1]?.toLowerCase() ?? '';
  const format = formatOf(end, flags.codec);
  if ('error' in format) return refused(`"${output}": ${format.error}`);
  const isPicture = format.name === 'png' || format.name === 'svg';
  const misplaced = (isPicture ? FOR_FILMS : FOR_PICTURES).find((name) => flags[name] !== undefined);
  if (misplaced !== undefined) {
    const option = `--${misplaced.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return refused(
      isPicture
        ? `${option} is for films, and "${output}" is a picture of one moment; say which with --at`
        : `${option} is for pictures, and "${output}" is a film; give its span with --from and --to`,
    );
  }
  const film = isPicture ? 'webm' : format.name;
  const rate = rateOf(flags.fps, film);
  if ('error' in rate) return refused(`--fps ${rate.error}`);
  const images = flags.image ?? [];
  if (images.length > 0 && compare !== null)
    return refused('--image is not for recordings that are compared');
  if (images.length > logs.length) {
    return refused(`--image is given once for each log at most: ${images.length} for ${logs.length}`);
  }
  const title = flags.title ?? '';
  if (title.length > MAX_TITLE_CHARS) return refused(`--title has at most ${MAX_TITLE_CHARS} characters`);
  return {
    kind: 'render',
    logs,
    compare,
    sizeBytes: flags.diskSize ?? null,
    output,
    force: flags.force === true,
    what:
      format.name === 'png' || format.name === 'svg'
        ? { kind: 'picture', format: format.name, at: flags.at ?? null, scale: flags.scale ?? 1 }
        : { kind: 'film', from: flags.from ?? null, to: flags.to ?? null },
    options: {
      ...DEFAULT_FILM,
      format: film,
      ...(flags.size ?? {}),
      framesPerSecond: rate.value,
      speed: flags.speed ?? 1,
      skipIdle: flags.skipIdle === true,
      theme: flags.theme ?? DEFAULT_FILM.theme,
      captions: flags.captions !== false,
      legend: flags.legend,
      title,
    },
    structures: flags.structures === true || images.length > 0,
    images,
    captionsFile: typeof flags.captions === 'string' ? flags.captions : null,
  };
}

function renderCommander(): Command {
  return new Command('nbdscope render')
    .usage('LOG... -o FILE [options]')
    .description('Makes a film or a picture of logs or captures, without a window.')
    .argument(
      '<LOG...>',
      'nbdkit logs or captures, several stand side by side; with --compare also folders and samples',
    )
    .option('-o, --output <FILE>', `where it goes: ${ENDS}`)
    .option(
      '--compare',
      'show two recordings in step, as nbdscope compare does, on a clock that begins where they coincide',
    )
    .option(
      '--align <WHERE>',
      'with --compare: the step, mark or time that is to coincide; given twice, in the first and in the second',
      gather,
    )
    .option('--structures', 'outline and name what lies on the disks, as a capture knows it')
    .option(
      '--image <FILE|URI>',
      'the same for a log, whose disk can be read there; once for each log, in their order',
      gather,
    )
    .option('-f, --force', 'replace a file of that name')
    .addOption(
      new Option('--from <MOMENT>', 'where the film begins; the beginning otherwise').argParser(moment),
    )
    .addOption(new Option('--to <MOMENT>', 'where it ends; the end otherwise').argParser(moment))
    .addOption(
      new Option('--at <MOMENT>', 'which moment a picture shows; the end otherwise').argParser(moment),
    )
    .addOption(
      new Option('--speed <N>', 'seconds of the recording in a second of the film: 8, 1/4').argParser(
        (text) => number(parseFilmSpeed(text)),
      ),
    )
    .option('--fps <N>', 'frames a second, 10 to 60; 30 otherwise, 10 in a GIF')
    .addOption(
      new Option('--size <WxH>', '1280x720, 1080p, 4K, square; 1280x720 otherwise').argParser((text) => {
        const size = parseFilmSize(text);
        if ('error' in size) throw new InvalidArgumentError(size.error);
        return size;
      }),
    )
    .addOption(new Option('--theme <NAME>', 'dark unless said otherwise').choices([...THEME_NAMES]))
    .option('--captions <FILE>', "times and words to show instead of the recording's own captions")
    .option('--no-captions', 'show none')
    .option('--no-legend', 'leave the legend out')
    .option('--title <WORDS>', "instead of the disks' names")
    .option('--skip-idle', 'leave out stretches in which nothing happens')
    .option('--codec <NAME>', 'webm: vp9 or vp9-444, for cells below 4 px; mp4: h264 or av1')
    .addOption(
      new Option('--scale <N>', `a picture's px to each of --size, 1 to ${MAX_PICTURE_SCALE}`).argParser(
        scale,
      ),
    )
    .addOption(new Option('--disk-size <SIZE>', 'for logs that do not tell it, as in 64M').argParser(size))
    .helpOption('--help', 'print this help')
    .addHelpText('after', EXAMPLES);
}

/** What is compared; null where nothing is. */
function comparisonOf(
  recordings: readonly string[],
  { compare, align = [], diskSize }: RenderFlags,
): CompareRequest | { readonly error: string } | null {
  if (compare !== true) {
    return align.length === 0
      ? null
      : { error: '--align is for two recordings that are compared; add --compare' };
  }
  const [a, b] = recordings;
  if (a === undefined || b === undefined || recordings.length > 2) {
    return { error: `--compare takes two recordings, not ${recordings.length}` };
  }
  if (align.length > 2) return { error: '--align is given once, or once for each of the two' };
  if (diskSize !== undefined) return { error: '--disk-size is not for recordings that are compared' };
  return { recordings: [a, b], align: [align[0] ?? null, align[1] ?? align[0] ?? null] };
}

function formatOf(
  end: string,
  codec: string | undefined,
): { readonly name: FilmFormat | 'png' | 'svg' } | { readonly error: string } {
  if (end === 'png' || end === 'svg') return { name: end };
  const codecs = FILMS[end];
  if (codecs === undefined) return { error: `the end of the name says what is made; use ${ENDS}` };
  const [usual] = Object.values(codecs);
  const name = codec === undefined ? usual : codecs[codec.toLowerCase()];
  if (name !== undefined) return { name };
  return { error: `a .${end} is not written as "${codec}"; use --codec ${Object.keys(codecs).join(' or ')}` };
}

function rateOf(text: string | undefined, format: FilmFormat): ParsedNumber {
  if (text !== undefined) return parseFrameRate(text, format);
  return { value: format === 'gif' ? 10 : DEFAULT_FILM.framesPerSecond };
}

/** Only whether it can be read: when it is depends on the recording. */
function moment(text: string): string {
  const parsed = parseMoment(text, 0);
  if ('error' in parsed) throw new InvalidArgumentError(parsed.error);
  return text;
}

/** Of an option that may be given several times. */
function gather(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function number(parsed: ParsedNumber): number {
  if ('error' in parsed) throw new InvalidArgumentError(parsed.error);
  return parsed.value;
}

function scale(text: string): number {
  const value = /^\d$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= MAX_PICTURE_SCALE) return value;
  throw new InvalidArgumentError(`use 1 to ${MAX_PICTURE_SCALE}.`);
}

function size(text: string): bigint {
  const parsed = parseSize(text);
  if ('error' in parsed) throw new InvalidArgumentError(parsed.error);
  return parsed.bytes;
}

function refused(text: string): PrintedOutcome {
  return usageError(text, 'nbdscope render');
}
