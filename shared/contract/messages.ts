import * as v from 'valibot';
import { ArrayLayoutSchema } from './arrays.ts';
import { CapturesInfoSchema } from './captures.ts';
import { DiskFaultsSchema } from './faults.ts';
import { DiskStructuresSchema } from './structures.ts';
import { HistoryInfoSchema, ViewSchema } from './time.ts';

/** Every message the engine can send, besides rows and snapshots, which travel as frames of their own. */

/** Unsigned 64-bit numbers travel as decimal text. */
const bytesText = v.pipe(v.string(), v.regex(/^\d{1,20}$/));
const clockUs = v.number();

export const DiskInfoSchema = v.object({
  /** The number that stands in the rows' disk column. */
  id: v.number(),
  name: v.string(),
  exportName: v.string(),
  source: v.number(),
  /** Null while no Connect line has told it and nobody has given it. */
  sizeBytes: v.nullable(bytesText),
  /** With no size known: the least that the requests so far ask for, rounded up; a guess to offer. */
  guessedSizeBytes: v.nullable(bytesText),
  faults: DiskFaultsSchema,
});

export const RunInfoSchema = v.object({
  index: v.number(),
  /** Time of the run's first line, µs since the epoch; null when unknown. */
  firstUs: v.nullable(clockUs),
  lines: v.number(),
});

/** A disk that nbdscope hosts itself, as its card shows it. */
export const HostInfoSchema = v.object({
  /** The address clients use: nbd+unix:///EXPORT?socket=PATH or nbd://127.0.0.1:PORT/EXPORT. */
  uri: v.string(),
  /** Null when it listens on TCP. */
  socketPath: v.nullable(v.string()),
  /** Null when it listens on a Unix socket. */
  tcp: v.nullable(v.object({ host: v.string(), port: v.number() })),
  exportName: v.string(),
  sizeBytes: bytesText,
  readOnly: v.boolean(),
  /** The kind of disk: memory, file, data, and so on. */
  plugin: v.string(),
  /** What the disk is, in words. */
  words: v.string(),
  /** What it cannot do here that it could elsewhere, or what has happened to it; a sentence each. */
  warnings: v.array(v.string()),
  /** Whether it was written to since it was hosted. */
  changed: v.boolean(),
  /** Whether what is on it goes when it is stopped. */
  volatile: v.boolean(),
  /** Whether it was written to and that would be lost when it is stopped: not saved, not committed. */
  unsaved: v.boolean(),
  /** The save or copy of it that runs, and how much of it is done, 0 to 1; null for none. */
  task: v.nullable(v.object({ kind: v.picklist(['save', 'copy']), to: v.string(), done: v.number() })),
  /** Saves and copies of it that have been carried out to their end. */
  tasksDone: v.number(),
  /** The overlay that keeps the disk below as it was; null without one. */
  overlay: v.nullable(
    v.object({
      /** Bytes of the blocks that it holds. */
      usedBytes: v.number(),
      changed: v.boolean(),
      /** Why it cannot be committed; null when it can. */
      whyNoCommit: v.nullable(v.string()),
      /** How much of it has been committed, 0 to 1; null while it is not being committed. */
      committed: v.nullable(v.number()),
    }),
  ),
  /** The filters' parameters as they are now, the outermost filter first. */
  parameters: v.array(v.object({ filter: v.string(), key: v.string(), value: v.string() })),
  /** Real memory that the disk takes, and the most that it and its like may take. */
  memoryBytes: v.number(),
  memoryLimitBytes: v.number(),
  connections: v.array(
    v.object({
      number: v.number(),
      peer: v.string(),
      state: v.picklist(['handshake', 'transmission']),
      /** What was negotiated, in words: `structured replies`, `base:allocation`. */
      features: v.array(v.string()),
      requestsInFlight: v.number(),
      transactions: v.number(),
      /** How long it has been there. */
      connectedMs: v.number(),
      /** The client that runs the workloads of this window. */
      builtIn: v.boolean(),
    }),
  ),
  /** The number of the set it was hosted in, and its place there from 1; null for a disk of its own. */
  set: v.nullable(v.object({ id: v.number(), index: v.number(), count: v.number() })),
  /** Whether clients may or must encrypt, and what they need for it; null where they cannot. */
  tls: v.nullable(
    v.object({ mode: v.picklist(['on', 'require']), kind: v.picklist(['certificates', 'psk']) }),
  ),
  /** The workload that the built-in client runs, and how much of it is done, 0 to 1. */
  workload: v.nullable(v.object({ name: v.string(), done: v.number() })),
});

/** An nbdkit that runs for a window, as its card shows it. */
export const NbdkitInfoSchema = v.object({
  /** The whole command, ready for a shell. */
  command: v.string(),
  uri: v.string(),
  pid: v.nullable(v.number()),
  running: v.boolean(),
  /** How it ended, in words; null while it runs. */
  ended: v.nullable(v.string()),
  /** The last of what it wrote to standard error. */
  stderr: v.string(),
});

export const SourceInfoSchema = v.object({
  id: v.number(),
  kind: v.picklist(['log', 'sample', 'stdin', 'upload', 'host', 'nbdkit', 'capture']),
  name: v.string(),
  path: v.nullable(v.string()),
  /** waiting: not there yet; reading: catching up; live: at the end and following; ended: no more will come. */
  status: v.picklist(['waiting', 'reading', 'live', 'ended', 'failed']),
  /** The status in words, with what to do where something is to be done. */
  statusText: v.string(),
  bytesRead: v.number(),
  /** Null when the whole is not known (a pipe). */
  totalBytes: v.nullable(v.number()),
  lines: v.number(),
  notUnderstood: v.number(),
  /** Lines whose time is before that of an earlier line of their run. */
  timesBackwards: v.number(),
  runs: v.array(RunInfoSchema),
  /** The run that is shown; null for all. */
  run: v.nullable(v.number()),
  /** Null for what is not hosted here. */
  host: v.nullable(HostInfoSchema),
  /** Null for what is not an nbdkit of ours. */
  nbdkit: v.nullable(NbdkitInfoSchema),
});

export const NoticeSchema = v.object({
  id: v.number(),
  source: v.nullable(v.number()),
  level: v.picklist(['info', 'warning', 'error']),
  /** One sentence that a person can act on. */
  text: v.string(),
  /** A sample or further lines; may be copied. */
  detail: v.nullable(v.string()),
});

export const SessionInfoSchema = v.object({
  disks: v.array(DiskInfoSchema),
  arrays: v.array(ArrayLayoutSchema),
  sources: v.array(SourceInfoSchema),
  notices: v.array(NoticeSchema),
  history: HistoryInfoSchema,
  captures: CapturesInfoSchema,
  /** What is known of the structures on each disk, in the order of the disks. */
  structures: v.array(DiskStructuresSchema),
  /** Logs opened before, latest first. */
  recentLogs: v.array(v.object({ path: v.string(), openedMs: v.number() })),
  modelBytes: v.number(),
  modelLimitBytes: v.number(),
});

export const MessageSchema = v.variant('message', [
  v.object({
    message: v.literal('welcome'),
    protocol: v.literal(1),
    version: v.string(),
    host: v.picklist(['web', 'electron']),
    /** process.platform of the engine, for the commands the window shows. */
    platform: v.string(),
    /** The version of the nbdkit that is installed there; null for none. */
    nbdkit: v.nullable(v.string()),
  }),
  v.object({ message: v.literal('session'), session: SessionInfoSchema }),
  /** Where this window stands in time; sent when that changes, and some five times a second while the past is played. */
  v.object({ message: v.literal('view'), view: ViewSchema }),
  /** A question was not answered: why. */
  v.object({ message: v.literal('unanswered'), id: v.number(), text: v.string() }),
  /** Sent while the window does not follow: how far the recording has come meanwhile. */
  v.object({ message: v.literal('progress'), sequence: v.number(), requests: v.number() }),
  /** A command was not carried out: what was refused and what would be accepted. */
  v.object({ message: v.literal('refused'), command: v.string(), text: v.string() }),
]);

export type DiskInfo = v.InferOutput<typeof DiskInfoSchema>;
export type RunInfo = v.InferOutput<typeof RunInfoSchema>;
export type HostInfo = v.InferOutput<typeof HostInfoSchema>;
export type NbdkitInfo = v.InferOutput<typeof NbdkitInfoSchema>;
export type SourceInfo = v.InferOutput<typeof SourceInfoSchema>;
export type Notice = v.InferOutput<typeof NoticeSchema>;
export type SessionInfo = v.InferOutput<typeof SessionInfoSchema>;
export type Message = v.InferOutput<typeof MessageSchema>;
