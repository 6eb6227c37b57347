import { requireNode } from '../bin/require-node.mjs';

/** `node scripts/run.mjs NAME`: runs scripts/NAME.ts, once this Node is known to be able to. */
requireNode(process.versions.node);
void import(new URL(`./${process.argv[2]}.ts`, import.meta.url).href).then(function run(script) {
  return script.run(process.argv.slice(3));
});
