import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { extname } from 'node:path';
import { CsvFile } from './csv-file.ts';
import { ParquetFile } from './parquet-file.ts';
import type { TableFacts, TableFile } from './table-file.ts';

export type OutputFormat = 'capture' | 'parquet' | 'csv';

/** What a file is to hold, by the end of its name; null for an end that says nothing. */
export function formatOf(path: string): OutputFormat | null {
  switch (extname(path).toLowerCase()) {
    case '.nbdscope':
    case '.arrows':
    case '.arrow':
      return 'capture';
    case '.parquet':
      return 'parquet';
    case '.csv':
      return 'csv';
    default:
      return null;
  }
}

export const FORMATS_WORDS = '.nbdscope, .arrows or .arrow for a capture, .parquet, or .csv';

/**
 * Writes a table to a file that is put in its place once it is whole: work that fails or is broken off leaves nothing, and what
 * stood there stays. @throws Error when something stands there that is not to be replaced, or it cannot be written.
 */
export async function writeTable(
  path: string,
  format: 'parquet' | 'csv',
  replace: boolean,
  facts: TableFacts,
  fill: (file: TableFile) => Promise<void>,
): Promise<void> {
  refuseTaken(path, replace);
  const beside = `${path}.part-${randomBytes(4).toString('hex')}`;
  try {
    const file = await (format === 'parquet'
      ? ParquetFile.create(beside, facts)
      : CsvFile.create(beside, facts));
    try {
      await fill(file);
    } catch (error) {
      await file.abandon();
      throw error;
    }
    await file.finish();
    refuseTaken(path, replace);
    await rename(beside, path);
  } finally {
    await rm(beside, { force: true });
  }
}

function refuseTaken(path: string, replace: boolean): void {
  if (!replace && existsSync(path)) {
    throw new Error(`${path} is there already; choose another name, or say that it may be replaced`);
  }
}
