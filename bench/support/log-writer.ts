/**
 * Writes nbdkit logs as nbdkit does, one line at a time, from a process of its own: `node log-writer.ts FILES RATE
 * SECONDS [MIB]` writes RATE requests (and as many replies) a second, 4 KiB each, at random places of a disk of so many
 * MiB, 64 where none are given. FILES are one or more, with commas between, written to in turn: RATE is for all.
 * Times in the lines are the moment of writing, so a reader on the same machine can tell how late it is.
 */
import { appendFileSync, closeSync, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const [filesText = '', rateText = '100', secondsText = '10', mibText = '64'] = process.argv.slice(2);
const files = filesText.split(',');
const rate = Number(rateText);
const seconds = Number(secondsText);
const diskBlocks = Number(mibText) * 256;
/** Requests to one file before it is another's turn. */
const TURN = 20;
const ACTIONS = ['Read', 'Write', 'Write', 'Read', 'Trim', 'Zero'];

function stamp(): string {
  const us = Math.floor((performance.timeOrigin + performance.now()) * 1000);
  const text = new Date(Math.floor(us / 1000)).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 23)}${String(us % 1000).padStart(3, '0')}`;
}

function request(id: number): string {
  const action = ACTIONS[id % ACTIONS.length];
  const offset = (Math.floor(Math.random() * diskBlocks) * 4096).toString(16);
  const flags = action === 'Read' ? '' : action === 'Zero' ? ' trim=1 fua=0 fast=0' : ' fua=0';
  const now = stamp();
  return `${now} connection=1 ${action} id=${id} offset=0x${offset} count=0x1000${flags} ...\n${now} connection=1 ...${action} id=${id} return=0\n`;
}

for (const file of files) {
  appendFileSync(
    file,
    `${stamp()} connection=1 Connect export="" tls=0 size=0x${(diskBlocks * 4096).toString(16)} minsize=0x0 prefsize=0x0 maxsize=0x0 write=1 flush=1 rotational=0 trim=1 zero=2 fua=2 extents=1 cache=2 fast_zero=1\n`,
  );
}
const outs = files.map((file) => openSync(file, 'a'));
const start = performance.now();
let id = 0;
while (performance.now() - start < seconds * 1000) {
  const due = Math.floor(((performance.now() - start) / 1000) * rate);
  while (id < due) {
    const out = outs[Math.floor(id / TURN) % outs.length] ?? 0;
    let lines = '';
    do {
      id += 1;
      lines += request(id);
      // One write a line pair when slow, as nbdkit flushes; a turn at once when it could not keep up otherwise.
    } while (rate > 10_000 && id < due && id % TURN !== 0);
    writeSync(out, lines);
  }
  await sleep(1);
}
for (const out of outs) closeSync(out);
