/**
 * The first thing every entry point does. Plain JavaScript that an old Node can parse, since an old Node is what it is
 * there to find: under one, TypeScript files and newer syntax end in messages that tell a person nothing.
 */
export const NEEDED_NODE = 24;

/** Ends the process with one line and exit code 1 unless this Node is new enough. */
export function requireNode(found) {
  if (Number.parseInt(found, 10) >= NEEDED_NODE) return;
  process.stderr.write(
    'nbdscope needs Node ' +
      NEEDED_NODE +
      ' or later and this is Node ' +
      found +
      '; in a clone run "npm ci", then "npm start" or "npx nbdscope", which use the Node it brings; elsewhere install Node ' +
      NEEDED_NODE +
      ' (nodejs.org)\n',
  );
  process.exit(1);
}
