import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

it('docs/extending.md shows code that is in the examples, and so compiles', () => {
  const doc = readFileSync(resolve(import.meta.dirname, '../extending.md'), 'utf8');
  const files = readdirSync(import.meta.dirname).filter((name) => /^[\w-]+\.ts$/.test(name));
  expect(files.length).toBeGreaterThan(1);
  for (const file of files) expect(doc).toContain(`(examples/${file})`);
  const source = files.map((file) => readFileSync(resolve(import.meta.dirname, file), 'utf8')).join('\n');
  const shown = [...doc.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
  expect(shown.length).toBeGreaterThan(5);
  for (const code of shown) expect(source).toContain(code.trimEnd());
});
