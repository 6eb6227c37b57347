#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { requireNode } from './require-node.mjs';

requireNode(process.versions.node);

const cli = new URL('../dist/node/cli.js', import.meta.url);
if (existsSync(cli)) {
  void import(cli.href).then(function run(built) {
    return built.runToExit(process.argv.slice(2));
  });
} else {
  process.stderr.write('nbdscope is not built yet; run "npm run build" in the clone\n');
  process.exit(1);
}
