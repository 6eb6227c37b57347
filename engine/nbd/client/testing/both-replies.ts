import { NbdClient } from '../nbd-client.ts';

/** Writes to and reads from the server on the socket that is named, for tests against other servers. */
const client = await NbdClient.connect({ path: process.argv[2] ?? '' });
const written = await client.write(4095n, Buffer.alloc(2, 77));
const { errno, data } = await client.read(4095n, 3);
process.stdout.write(`${client.facts.structuredReplies} ${written} ${errno} ${[...data]}\n`);
await client.disconnect();
