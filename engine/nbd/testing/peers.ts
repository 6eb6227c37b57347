import { spawn } from 'node:child_process';

/** What a client program said and how it ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const LIMIT_MS = 60_000;
/** The system's programs go first: nbdsh runs whatever python3 it finds, and only the system's has libnbd. */
const ENVIRONMENT = { ...process.env, PATH: `/usr/bin:/usr/sbin:/bin:${process.env['PATH'] ?? ''}` };

/** Runs a client program to its end, or kills it. */
export function runPeer(program: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: ENVIRONMENT,
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => {
      stdout += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      stderr += data.toString();
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs a client program that must succeed; returns what it printed. */
export async function peer(program: string, ...args: string[]): Promise<string> {
  const outcome = await runPeer(program, args);
  if (outcome.code !== 0) {
    throw new Error(
      `${program} ${args.join(' ')} ended with ${outcome.code}: ${outcome.stderr}${outcome.stdout}`,
    );
  }
  return outcome.stdout;
}

/** A client program that runs until it is stopped. */
export interface Background {
  isRunning(): boolean;
  stop(): void;
  /** Ends it without a word. */
  kill(): void;
  /** What it had to say, once it has ended. */
  said(): Promise<string>;
}

export function background(program: string, args: readonly string[]): Background {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: ENVIRONMENT });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      text += data.toString();
    });
  }
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', (error) => {
      text += error.message;
      resolve();
    });
  });
  return {
    isRunning: () => child.exitCode === null && child.signalCode === null && child.pid !== undefined,
    stop: () => child.kill('SIGINT'),
    kill: () => child.kill('SIGKILL'),
    said: () => ended.then(() => text),
  };
}
