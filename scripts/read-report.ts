import { existsSync, readFileSync } from 'node:fs';
import * as v from 'valibot';

/** What a test runner reported at `path`; null when it did not come to write it, or not to its end. */
export function readReport<Schema extends v.GenericSchema>(
  path: string,
  schema: Schema,
): v.InferOutput<Schema> | null {
  if (!existsSync(path)) return null;
  const text = readFileSync(path, 'utf8');
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // The runner was ended while it wrote: its stage has failed, and is told as such.
    return null;
  }
  return v.parse(schema, content);
}
