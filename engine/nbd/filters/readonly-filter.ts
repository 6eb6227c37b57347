import { existsSync } from 'node:fs';
import { type Answer, Filter, type Request } from '../backend.ts';
import { Errno } from '../protocol.ts';
import { readFileName } from './parameters.ts';

/**
 * nbdkit's `readonly` filter: protects the disk from writing, always or while a file exists. Clients that connect while it
 * does are told that the disk is read-only; to those already there writing fails with EPERM.
 */
export class ReadonlyFilter extends Filter {
  /** Whether it protects at all; may change at any time. */
  enabled = true;
  #file: string | null = null;

  /** Whether `key` is a parameter of this filter. */
  static takes(key: string): boolean {
    return key === 'readonly-file';
  }

  /** Sets a parameter as on nbdkit's command line. @throws ParameterError when the value will not do. */
  configure(key: string, value: string): void {
    this.#file = readFileName(key, value);
  }

  /** Forgets the file: it protects always, as long as it is enabled. */
  forgetFile(): void {
    this.#file = null;
  }

  override get readOnly(): boolean {
    return this.next.readOnly || (this.enabled && (this.#file === null || existsSync(this.#file)));
  }

  override write(request: Request): Answer {
    return this.readOnly ? Errno.EPERM : this.next.write(request);
  }

  override zero(request: Request): Answer {
    return this.readOnly ? Errno.EPERM : this.next.zero(request);
  }

  override trim(request: Request): Answer {
    return this.readOnly ? Errno.EPERM : this.next.trim(request);
  }
}
