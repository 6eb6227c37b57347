/**
 * Writes an nbdkit log as nbdkit does, one line at a time, from a process of its own: `node log-writer.ts FILE RATE
 * SECONDS` writes RATE requests (and as many replies) a second, 4 KiB each, at random places of a 64 MiB disk.
 * Times in the lines are the moment of writing, so a reader on the same machine can tell how late it is.
 */
import { appendFileSync, closeSync, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const [file = '', rateText = '100', secondsText = '10'] = process.argv.slice(2);
const rate = Number(rateText);
const seconds = Number(secondsText);
const DISK_BLOCKS = 16_384;
const ACTIONS = ['Read', 'Write', 'Write', 'Read', 'Trim', 'Zero'];

function stamp(): string {
  const us = Math.floor((performance.timeOrigin + performance.now()) * 1000);
  const text = new Date(Math.floor(us / 1000)).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 23)}${String(us % 1000).padStart(3, '0')}`;
}

function request(id: number): string {
  const action = ACTIONS[id % ACTIONS.length];
  const offset = (Math.floor(Math.random() * DISK_BLOCKS) * 4096).toString(16);
  const flags = action === 'Read' ? '' : action === 'Zero' ? ' trim=1 fua=0 fast=0' : ' fua=0';
  const now = stamp();
  return `${now} connection=1 ${action} id=${id} offset=0x${offset} count=0x1000${flags} ...\n${now} connection=1 ...${action} id=${id} return=0\n`;
}

appendFileSync(
  file,
  `${stamp()} connection=1 Connect export="" tls=0 size=0x4000000 minsize=0x0 prefsize=0x0 maxsize=0x0 write=1 flush=1 rotational=0 trim=1 zero=2 fua=2 extents=1 cache=2 fast_zero=1\n`,
);
const out = openSync(file, 'a');
const start = performance.now();
let id = 0;
while (performance.now() - start < seconds * 1000) {
  const due = Math.floor(((performance.now() - start) / 1000) * rate);
  let lines = '';
  while (id < due) {
    id += 1;
    lines += request(id);
    // One write a line pair when slow, as nbdkit flushes; in pieces of 64 KiB when it could not keep up otherwise.
    if (rate <= 10_000 || lines.length > 65_536) {
      writeSync(out, lines);
      lines = '';
    }
  }
  if (lines !== '') writeSync(out, lines);
  await sleep(1);
}
closeSync(out);
