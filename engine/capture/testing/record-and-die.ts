import { writeSync } from 'node:fs';
import { EventBatch } from '#shared/events/event-batch.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import { CaptureRecorder } from '../capture-recorder.ts';
import { NO_SESSION } from '../capture-session.ts';
import { Recorded } from './recorded.ts';

/**
 * A process that records rows without end to the file it is given, and says on standard output how many rows there are and when
 * (ms of the wall clock), until somebody kills it.
 */
const recorded = new Recorded();
const path = process.argv[2] ?? '';
const kept = () => ({
  history: recorded.history,
  session: NO_SESSION,
  structures: [],
  sequence: recorded.session.state.sequence,
});
const listener = { changed: () => {}, failed: (text: string) => void process.stderr.write(`${text}\n`) };
await CaptureRecorder.start({ path, replace: false, producer: 'test' }, kept, true, listener);
let sequence = 0;
setInterval(() => {
  const batch = new EventBatch(40);
  for (let i = 0; i < 20; i += 1) {
    const row = {
      slot: i,
      cookie: sequence + i,
      offsetBytes: 4096 * i,
      lengthBytes: 4096,
      timeUs: Date.now() * 1000,
    };
    batch.push({ ...row, kind: RowKind.Request });
    batch.push({ ...row, kind: RowKind.Completion, latencyUs: 5 });
  }
  sequence += batch.count;
  recorded.rows(batch);
  writeSync(1, `${sequence} ${Date.now()}\n`);
}, 10);
