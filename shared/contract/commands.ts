import * as v from 'valibot';
import { ArrayLayoutSchema } from './arrays.ts';
import { CAPTURE_COMMANDS } from './captures.ts';
import { FaultRulesSchema } from './faults.ts';
import { QUESTION_COMMANDS } from './questions.ts';
import { SAMPLES } from './samples.ts';
import { STRUCTURE_COMMANDS } from './structures.ts';
import { ResumeSchema, TIME_COMMANDS } from './time.ts';
import { HostTlsSchema } from './tls.ts';

/**
 * Every command a window can send. Parsed at the engine's door in both hosts: what is not in this map, or not of
 * this shape, does not reach the engine. Sizes travel as text (`64M`), since JSON numbers end at 2^53.
 */

const path = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));
const alignText = v.pipe(v.string(), v.maxLength(400));
const sizeText = v.pipe(v.string(), v.maxLength(32));
const sourceId = v.pipe(v.number(), v.integer(), v.minValue(0));
const uploadId = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff));

/** The small workloads that the built-in client can run on a hosted disk. */
export const WORKLOADS = [
  'sequential-write',
  'sequential-read',
  'random-write',
  'random-read',
  'copy',
  'trim',
  'partition-table',
  'log-structured',
  'update-in-place',
] as const;
export type Workload = (typeof WORKLOADS)[number];

/** nbdkit's own rule for keys. */
const parameterKey = v.pipe(v.string(), v.regex(/^[A-Za-z][A-Za-z0-9._-]{0,63}$/));
const parameterValue = v.pipe(v.string(), v.maxLength(65_536));
const parameters = v.pipe(
  v.array(v.strictObject({ key: parameterKey, value: parameterValue })),
  v.maxLength(64),
);
const diskId = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255));
const diskName = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(80));

/** Disks that one window shows, and that a set or a pattern may name. */
export const MAX_SET_DISKS = 64;
const setCount = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_SET_DISKS));

export const CommandSchema = v.variant('command', [
  /** First command of every window: answered by `welcome`, `session` and a snapshot. */
  v.strictObject({
    command: v.literal('hello'),
    protocol: v.literal(1),
    /** Absent for a window that stood nowhere before. */
    resume: v.optional(ResumeSchema),
  }),
  /** The window has applied rows up to `sequence`; the engine may send more. */
  v.strictObject({ command: v.literal('ack'), sequence: v.number() }),
  /** false: stop sending rows (paused or hidden); true: send a snapshot and follow from there. */
  v.strictObject({ command: v.literal('follow'), on: v.boolean() }),
  /** Opens logs by path, beside what is open or (`replace`) instead of it. */
  v.strictObject({
    command: v.literal('openLogs'),
    paths: v.pipe(v.array(path), v.minLength(1), v.maxLength(64)),
    size: v.nullable(sizeText),
    replace: v.boolean(),
  }),
  /** Opens a built-in recording, instead of what is open; windows play it from its first moment. */
  v.strictObject({
    command: v.literal('openSample'),
    sample: v.picklist(SAMPLES.map(({ id }) => id)),
  }),
  /**
   * Opens two recordings in step instead of what is open: logs, captures, folders with logs, or samples by name. `align` says what is to
   * coincide in the first and in the second: a step, a time, or null for the first row.
   */
  v.strictObject({
    command: v.literal('compare'),
    recordings: v.tuple([path, path]),
    align: v.tuple([v.nullable(alignText), v.nullable(alignText)]),
  }),
  v.strictObject({ command: v.literal('closeSource'), source: sourceId }),
  /** Gives a disk the size its log does not tell. */
  v.strictObject({ command: v.literal('setDiskSize'), disk: sourceId, size: sizeText }),
  /** Shows one run of a log that several runs were appended to; `null` shows all of them. */
  v.strictObject({ command: v.literal('pickRun'), source: sourceId, run: v.nullable(sourceId) }),
  /**
   * Shows only what comes next; history and counters go on. Of a window that looks at the past it clears that window's own
   * picture, until it goes elsewhere.
   */
  v.strictObject({ command: v.literal('clearPicture') }),
  v.strictObject({ command: v.literal('dismissNotice'), notice: sourceId }),
  v.strictObject({ command: v.literal('forgetRecent') }),
  /** A dropped file whose bytes the window sends in upload frames: it has no path here. */
  v.strictObject({
    command: v.literal('beginUpload'),
    upload: uploadId,
    name: v.pipe(v.string(), v.minLength(1), v.maxLength(1024)),
    /** The window keeps following the file through its handle. */
    live: v.boolean(),
    replace: v.boolean(),
  }),
  /** The followed file shrank or was replaced: its bytes come again from the start. */
  v.strictObject({ command: v.literal('restartUpload'), upload: uploadId }),
  /** All bytes of the file have been sent and no more will come. */
  v.strictObject({ command: v.literal('endUpload'), upload: uploadId }),
  /**
   * Hosts a disk and shows it. Parameters are nbdkit's, those of the plugin and those of filters; each of these adds its
   * filter.
   */
  v.strictObject({
    command: v.literal('hostDisk'),
    /** The kind of disk; memory when absent. */
    plugin: v.optional(v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,31}$/))),
    /** Empty for a kind of disk that has a size of its own. */
    size: sizeText,
    /** Whether writes go to an overlay that can be committed or discarded; no when absent. */
    cow: v.optional(v.boolean()),
    /** Whether parameters may have files read, as `<FILE` of the data language does; no when absent. */
    allowFiles: v.optional(v.boolean()),
    exportName: v.pipe(v.string(), v.maxLength(1024)),
    parameters,
    readOnly: v.boolean(),
    /** Null: a Unix socket in a private directory. Else a port on 127.0.0.1, 0 for any free one. */
    tcpPort: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535))),
    /** No TLS when absent. */
    tls: v.optional(HostTlsSchema),
  }),
  /** Changes a parameter of a hosted disk's filters while clients are connected; an empty value puts it out of force. */
  v.strictObject({
    command: v.literal('setHostParameter'),
    source: sourceId,
    key: parameterKey,
    value: parameterValue,
  }),
  v.strictObject({ command: v.literal('setHostReadOnly'), source: sourceId, on: v.boolean() }),
  v.strictObject({ command: v.literal('disconnectClient'), source: sourceId, connection: sourceId }),
  /** Saves a hosted disk as a raw image. Refused where something is at that path already, unless `replace`. */
  v.strictObject({
    command: v.literal('saveHost'),
    source: sourceId,
    path,
    /** Whether zeroes are left out of the file, as holes. */
    sparse: v.boolean(),
    replace: v.boolean(),
  }),
  /** Copies a hosted disk to another, over what is there. */
  v.strictObject({ command: v.literal('copyHost'), source: sourceId, to: sourceId }),
  /** Breaks off a save or copy of a disk. */
  v.strictObject({ command: v.literal('cancelHostTask'), source: sourceId }),
  /** Writes the overlay of a hosted disk to the disk below. Answered once it is done or broken off. */
  v.strictObject({ command: v.literal('commitOverlay'), source: sourceId }),
  /** Breaks off a commit; what is left stays in the overlay. */
  v.strictObject({ command: v.literal('cancelCommit'), source: sourceId }),
  /** Forgets what is in the overlay of a hosted disk. */
  v.strictObject({ command: v.literal('discardOverlay'), source: sourceId }),
  /**
   * Stops a hosted disk. Refused, unless `force`, while clients are connected, and when it was written to and all that
   * would be lost.
   */
  v.strictObject({ command: v.literal('stopHost'), source: sourceId, force: v.boolean() }),
  v.strictObject({ command: v.literal('runWorkload'), source: sourceId, workload: v.picklist(WORKLOADS) }),
  v.strictObject({ command: v.literal('stopWorkload'), source: sourceId }),
  /** Gives a disk another name in every window; an empty name gives it back its own. */
  v.strictObject({
    command: v.literal('renameDisk'),
    disk: diskId,
    name: v.union([v.literal(''), diskName]),
  }),
  /** Says which disks make up arrays, instead of what was said before. */
  v.strictObject({
    command: v.literal('setArrays'),
    arrays: v.pipe(v.array(ArrayLayoutSchema), v.maxLength(16)),
  }),
  /**
   * Opens the logs of a set of disks as the original did: `%d` in the names stands for 1, 2, and so on. `errorFiles`
   * names the error filter's files likewise.
   */
  v.strictObject({
    command: v.literal('openSet'),
    count: setCount,
    size: v.nullable(sizeText),
    logs: path,
    errorFiles: v.nullable(path),
    replace: v.boolean(),
  }),
  /** Hosts as many disks in memory, one address each, named disk1, disk2, and so on. */
  v.strictObject({
    command: v.literal('hostSet'),
    count: setCount,
    size: sizeText,
    parameters,
    tcp: v.boolean(),
    /** For all of them alike; no TLS when absent. */
    tls: v.optional(HostTlsSchema),
  }),
  /**
   * The Error switch of a disk: for a hosted one every request fails with EIO; for a log the error filter's file is made
   * or removed. A file that nbdscope did not make is removed only with `removeForeign`.
   */
  v.strictObject({
    command: v.literal('setDiskError'),
    disk: diskId,
    on: v.boolean(),
    removeForeign: v.boolean(),
  }),
  /** Says which file makes the error filter behind a log fail; null forgets it. */
  v.strictObject({ command: v.literal('setErrorFile'), disk: diskId, path: v.nullable(path) }),
  /** The rules of a hosted disk, instead of those before. Rules that stay as they were keep their counts. */
  v.strictObject({ command: v.literal('setFaultRules'), disk: diskId, rules: FaultRulesSchema }),
  /**
   * Runs nbdkit and follows its log. `line` is what would stand after `nbdkit` on a shell's line, read with a shell's
   * quotes and none of its powers. A plugin that runs programs needs `confirmed`.
   */
  v.strictObject({
    command: v.literal('startNbdkit'),
    line: v.pipe(v.string(), v.minLength(1), v.maxLength(8192)),
    confirmed: v.boolean(),
  }),
  v.strictObject({ command: v.literal('stopNbdkit'), source: sourceId }),
  ...TIME_COMMANDS,
  ...CAPTURE_COMMANDS,
  ...QUESTION_COMMANDS,
  ...STRUCTURE_COMMANDS,
]);

export type Command = v.InferOutput<typeof CommandSchema>;
