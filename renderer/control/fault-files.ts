import { formatBytes } from '#shared/bytes/size.ts';
import type { DiskInfo } from '#shared/contract/messages.ts';
import { parseFaultFile, serialiseFaultFile } from '#shared/faults/fault-file.ts';
import { download } from './download.ts';
import { setRules } from './fault-deeds.ts';
import type { WindowApp } from './window-app.ts';

/** Larger files are none of ours; they are not even read. */
const MAX_FILE_BYTES = 1 << 20;

/** Saves a disk's rules as a JSON file that {@link loadRules} reads. */
export function saveRules(disk: DiskInfo): void {
  const rules = disk.faults.rules.map(({ rule }) => rule);
  const text = serialiseFaultFile(disk.name, rules);
  const name = disk.name.replace(/[^\w.-]+/g, '_').slice(0, 60);
  download(new Blob([text], { type: 'application/json' }), `nbdscope-faults-${name}.json`);
}

/** Puts the rules of a file in the place of the disk's; says what is wrong with it where something is. */
export async function loadRules(app: WindowApp, disk: DiskInfo, file: File): Promise<void> {
  const refuse = (text: string): void =>
    app.notify({ level: 'error', text: `${file.name}: ${text}`, detail: null });
  if (file.size > MAX_FILE_BYTES) {
    refuse(`${formatBytes(file.size)}: a fault file has at most ${formatBytes(MAX_FILE_BYTES)}`);
    return;
  }
  const parsed = parseFaultFile(await file.text());
  if ('error' in parsed) refuse(parsed.error);
  else setRules(app, disk.id, parsed.file.rules);
}
