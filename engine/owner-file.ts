import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { ownMark, type ProcessMark, ProcessMarkSchema } from './process-mark.ts';

const NAME = 'owner.json';

/** Notes in a directory of ours that this process made it. @throws Error when it cannot be written. */
export function writeOwner(directory: string): void {
  writeFileSync(join(directory, NAME), JSON.stringify(ownMark()), { mode: 0o600 });
}

/** Who made a directory; null when that is not told. */
export function ownerOf(directory: string): ProcessMark | null {
  try {
    const owner = v.safeParse(ProcessMarkSchema, JSON.parse(readFileSync(join(directory, NAME), 'utf8')));
    return owner.success ? owner.output : null;
  } catch {
    return null;
  }
}
