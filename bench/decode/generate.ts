import { closeSync, openSync, renameSync, writeSync } from 'node:fs';

const MAX_DEPTH = 16;
const DISK_BYTES = 64 * 1024 * 1024 * 1024;
const BLOCK = 4096;

/** A small generator with a fixed start, so that every machine benches the same bytes (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

interface Waiting {
  readonly connection: number;
  readonly id: number;
  readonly action: string;
}

/**
 * Writes a log as nbdkit 1.42 does: four connections, up to 16 requests in flight, replies out of order, every
 * operation, one failure in a thousand. A log of 10 million requests is about 1.7 GB.
 */
export function generateLog(path: string, requests: number): void {
  const random = randomFrom(1);
  const partial = `${path}.part`;
  const file = openSync(partial, 'w');
  const nextId = [1, 1, 1, 1];
  const waiting: Waiting[] = [];
  let us = Date.UTC(2026, 0, 1) * 1000;
  let lines: string[] = [];
  let stampSecond = -1;
  let stampText = '';
  const stamp = (): string => {
    us += 1 + Math.floor(random() * 8);
    const second = Math.floor(us / 1e6);
    if (second !== stampSecond) {
      stampSecond = second;
      stampText = new Date(second * 1000).toISOString().slice(0, 19).replace('T', ' ');
    }
    return `${stampText}.${String(us % 1e6).padStart(6, '0')}`;
  };
  const line = (text: string): void => {
    lines.push(`${stamp()} ${text}\n`);
    if (lines.length === 8192) {
      writeSync(file, lines.join(''));
      lines = [];
    }
  };
  const answer = (): void => {
    const at = Math.floor(random() * waiting.length);
    const last = waiting.pop();
    const reply = waiting[at] ?? last;
    if (reply === undefined || last === undefined) return;
    if (at < waiting.length) waiting[at] = last;
    const extents = reply.action === 'Extents' ? ' extents=(0x0 0x8000 "" 0x8000 0x9f8000 "hole,zero")' : '';
    const result = random() < 0.001 ? 'return=-1 error=EIO' : 'return=0';
    line(`connection=${reply.connection} ...${reply.action} id=${reply.id}${extents} ${result}`);
  };
  const ask = (): void => {
    const connection = 1 + Math.floor(random() * nextId.length);
    const id = nextId[connection - 1] ?? 1;
    nextId[connection - 1] = id + 1;
    const blocks = 1 + Math.floor(random() ** 4 * 64);
    const offset = Math.floor(random() * (DISK_BYTES / BLOCK - blocks)) * BLOCK;
    const range = `offset=0x${offset.toString(16)} count=0x${(blocks * BLOCK).toString(16)}`;
    const fua = random() < 0.1 ? 1 : 0;
    const kind = random();
    let action = 'Read';
    let args = ` ${range}`;
    if (kind > 0.55) [action, args] = ['Write', ` ${range} fua=${fua}`];
    if (kind > 0.93) [action, args] = ['Trim', ` ${range} fua=${fua}`];
    if (kind > 0.95) [action, args] = ['Zero', ` ${range} trim=1 fua=${fua} fast=0`];
    if (kind > 0.97) [action, args] = ['Flush', ''];
    if (kind > 0.99) [action, args] = ['Cache', ` ${range}`];
    if (kind > 0.995) [action, args] = ['Extents', ` ${range} req_one=0`];
    line(`connection=${connection} ${action} id=${id}${args} ...`);
    waiting.push({ connection, id, action });
  };

  line('Ready thread_model=3');
  nextId.forEach((_, i) => {
    line(
      `connection=${i + 1} Connect export="" tls=0 size=0x${DISK_BYTES.toString(16)} minsize=0x1 prefsize=0x1000 maxsize=0xffffffff write=1 flush=1 rotational=0 trim=1 zero=2 fua=2 extents=1 cache=2 fast_zero=1`,
    );
  });
  let asked = 0;
  while (asked < requests) {
    const depth = 1 + Math.floor(random() * MAX_DEPTH);
    while (waiting.length < depth && asked < requests) {
      ask();
      asked += 1;
    }
    while (waiting.length >= depth) answer();
  }
  while (waiting.length > 0) answer();
  nextId.forEach((id, i) => {
    line(`connection=${i + 1} Disconnect transactions=${id - 1}`);
  });
  writeSync(file, lines.join(''));
  closeSync(file);
  renameSync(partial, path);
}
