import { fork } from 'node:child_process';
import type { ServeOptions } from './served.ts';
import type { ProcessMemory, Question } from './server-process.ts';

/** A server in a process of its own, so that its memory is nobody else's. */
export interface ServedApart {
  readonly socket: string;
  readonly port: number;
  /** Clients connected, each in words. */
  connections(): Promise<readonly string[]>;
  /** Memory after collecting what is garbage. */
  memory(): Promise<ProcessMemory>;
  /** Begins to note the most memory there is at any time. */
  watch(): Promise<void>;
  /** The most since {@link watch}. */
  peak(): Promise<ProcessMemory>;
  close(): Promise<void>;
}

/**
 * Serves a disk from another process, on a Unix socket and on a TCP port.
 * @throws Error, here and from every method, when that process ends.
 */
export async function serveApart(
  options: Pick<ServeOptions, 'plugin' | 'parameters' | 'filters' | 'server' | 'limitBytes' | 'tls'>,
): Promise<ServedApart> {
  const child = fork(new URL('./server-process.ts', import.meta.url), [JSON.stringify(options)], {
    execArgv: ['--expose-gc'],
  });
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  const answer = <T>(): Promise<T> =>
    new Promise((resolve, reject) => {
      const gone = (code: number | null, signal: string | null): void =>
        reject(new Error(`the server's process ended: ${signal ?? code}`));
      if (ended) return gone(child.exitCode, child.signalCode);
      child.once('exit', gone);
      child.once('message', (value) => {
        child.off('exit', gone);
        resolve(value as T);
      });
    });
  let last: Promise<unknown> = Promise.resolve();
  const ask = <T>(question: Question): Promise<T> => {
    const asked = last.then(() => {
      const answered = answer<T>();
      if (!ended) child.send(question);
      return answered;
    });
    last = asked.catch(() => undefined);
    return asked;
  };
  const { socket, port } = await answer<{ socket: string; port: number }>();
  return {
    socket,
    port,
    connections: () => ask('connections'),
    memory: () => ask('memory'),
    watch: () => ask('watch'),
    peak: () => ask('peak'),
    close: () => ask('close'),
  };
}
