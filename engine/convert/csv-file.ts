import { type FileHandle, open } from 'node:fs/promises';
import { errnoName, opName } from '#shared/events/vocabulary.ts';
import { Outcome, type RequestPart } from './request-table.ts';
import type { TableFacts, TableFile } from './table-file.ts';

const HEAD =
  'sequence,disk,disk_name,op,flags,connection,cookie,offset,length,arrival,reply_time,latency_us,errno,error\n';
/** Lines that are written together. */
const LINES = 4096;

/** A CSV file of requests (RFC 4180, but for line ends, which are LF), times as ISO 8601 in UTC with µs. */
export class CsvFile implements TableFile {
  readonly #file: FileHandle;
  readonly #facts: TableFacts;

  private constructor(file: FileHandle, facts: TableFacts) {
    this.#file = file;
    this.#facts = facts;
  }

  static async create(path: string, facts: TableFacts): Promise<CsvFile> {
    const file = await open(path, 'w');
    await file.appendFile(HEAD);
    return new CsvFile(file, facts);
  }

  async write(part: RequestPart): Promise<void> {
    for (let at = 0; at < part.count; at += LINES) {
      let lines = '';
      for (let i = at; i < Math.min(at + LINES, part.count); i += 1) lines += this.#line(part, i);
      await this.#file.appendFile(lines);
    }
  }

  async finish(): Promise<void> {
    await this.#file.datasync();
    await this.#file.close();
  }

  async abandon(): Promise<void> {
    await this.#file.close();
  }

  #line(part: RequestPart, i: number): string {
    const { requests } = part;
    const answered = part.outcome[i] === Outcome.Answered;
    const errno = requests.errno[i] ?? 0;
    const disk = requests.disk[i] ?? 0;
    const fields = [
      part.sequence[i],
      disk,
      quoted(this.#facts.diskName(disk)),
      opName(requests.op[i] ?? 0),
      requests.flags[i],
      requests.connection[i],
      u64(requests.cookieHigh[i], requests.cookieLow[i]),
      u64(requests.offsetHigh[i], requests.offsetLow[i]),
      u64(requests.lengthHigh[i], requests.lengthLow[i]),
      isoTime(requests.timeUs[i] ?? Number.NaN),
      isoTime(part.replyUs[i] ?? Number.NaN),
      Number.isNaN(requests.latencyUs[i]) ? '' : requests.latencyUs[i],
      answered ? errno : '',
      answered && errno !== 0 ? errnoName(errno) : '',
    ];
    return `${fields.join(',')}\n`;
  }
}

function u64(high = 0, low = 0): string {
  return high < 0x20_0000 ? `${high * 0x1_0000_0000 + low}` : `${(BigInt(high) << 32n) | BigInt(low)}`;
}

/** Whole µs, as `2026-11-20T22:25:28.881206Z`; empty for an unknown time. */
function isoTime(us: number): string {
  if (Number.isNaN(us)) return '';
  const ms = Math.floor(us / 1000);
  const rest = Math.floor(us - ms * 1000);
  return `${new Date(ms).toISOString().slice(0, -1)}${`${rest}`.padStart(3, '0')}Z`;
}

/** A field as CSV has it. A cell that a spreadsheet would take for a formula is made text by an apostrophe. */
function quoted(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
