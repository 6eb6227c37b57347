import type { RequestPart } from './request-table.ts';

/** What a table of requests needs to know besides them. */
export interface TableFacts {
  /** The program's name and version. */
  readonly producer: string;
  readonly diskName: (disk: number) => string;
}

/** A file of one row for each request, written part by part. */
export interface TableFile {
  write(part: RequestPart): Promise<void>;
  /** Writes what ends the file, and closes it. */
  finish(): Promise<void>;
  /** Closes it as it is. */
  abandon(): Promise<void>;
}
