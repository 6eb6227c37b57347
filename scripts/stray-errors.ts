import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Reporter, SerializedError, TestModule, Vitest } from 'vitest/node';

/** Where they are written, under vitest's root. */
export const STRAY_ERRORS = 'test-results/vitest-stray-errors.json';

/**
 * A vitest reporter that writes down the errors which fail a run outside of any test, as JSON: those nobody handled, and
 * those of hooks and of modules that do not load. Vitest's own JSON report leaves them out.
 */
export default class StrayErrors implements Reporter {
  private root = process.cwd();

  onInit(vitest: Vitest): void {
    this.root = vitest.config.root;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const errors: { file: string; message: string }[] = [];
    for (const error of unhandled) errors.push({ file: fileOf(error), message: told(error) });
    for (const module of modules) {
      for (const error of module.errors()) errors.push({ file: module.moduleId, message: told(error) });
      for (const suite of module.children.allSuites()) {
        for (const error of suite.errors()) errors.push({ file: module.moduleId, message: told(error) });
      }
    }
    const path = resolve(this.root, STRAY_ERRORS);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(errors));
  }
}

/** Vitest notes at an unhandled error which file's tests ran when it came. */
function fileOf(error: SerializedError): string {
  const path: unknown = error['VITEST_TEST_PATH'];
  return typeof path === 'string' ? path : '';
}

function told(error: { readonly stack?: string | undefined; readonly message: string }): string {
  return error.stack ?? error.message;
}
