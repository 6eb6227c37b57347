import { type ServeOptions, serve } from './served.ts';

/**
 * Serves a disk until it is killed, for tests of what such an end leaves, or of the calls it makes: its options as JSON in
 * the first argument. Prints its socket and its process id.
 * It ends with SIGTERM too.
 */
const served = await serve(JSON.parse(process.argv[2] ?? '{}') as ServeOptions);
process.once('SIGTERM', () => process.exit());
console.log(`${served.socket} ${process.pid}`);
