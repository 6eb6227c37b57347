import type { ConnectionInfo } from './connection.ts';
import type { Negotiated } from './handshake.ts';
import type { ServerListener } from './server.ts';

/** Takes one line about a client. */
export type HostLog = (text: string) => void;

/** Tells in words how clients come, what they agree on, and how they leave: what `-v` prints. */
export class ClientLog implements ServerListener {
  readonly #log: HostLog;
  readonly #connections: () => readonly ConnectionInfo[];
  /** Clients told of, by number: whether they have chosen an export. */
  readonly #told = new Map<number, boolean>();

  /** @param connections the clients there are now. */
  constructor(log: HostLog, connections: () => readonly ConnectionInfo[]) {
    this.#log = log;
    this.#connections = connections;
  }

  connectionsChanged(): void {
    for (const connection of this.#connections()) {
      const { number, state } = connection;
      const chosen = this.#told.get(number);
      if (chosen === undefined) this.#log(`${who(connection)} connected`);
      if (chosen !== true && state === 'transmission') {
        this.#log(
          `${who(connection)} uses export "${connection.exportName ?? ''}" with ${featuresOf(connection.negotiated).join(', ') || 'nothing beyond the basics'}`,
        );
      }
      this.#told.set(number, state === 'transmission');
    }
  }

  connectionClosed(connection: ConnectionInfo, reason: string | null): void {
    this.#told.delete(connection.number);
    const { transactions, connectedMs } = connection;
    const requests = transactions === 1 ? '1 request' : `${transactions} requests`;
    const seconds = (Math.max(0, Date.now() - connectedMs) / 1000).toFixed(1);
    const how = reason === null ? 'left' : `was cut off (${reason})`;
    this.#log(`${who(connection)} ${how} after ${requests} in ${seconds} s`);
  }

  connectionRefused(reason: string): void {
    this.#log(`a client was turned away: ${reason}`);
  }
}

function who({ number, peer }: ConnectionInfo): string {
  return `client ${number} (${peer})`;
}

/** What was negotiated, in words; what tells clients apart first. */
export function featuresOf(negotiated: Negotiated | null): string[] {
  if (negotiated === null) return [];
  const features: string[] = [];
  if (negotiated.structuredReplies) features.push('structured replies');
  if (negotiated.allocation) features.push('base:allocation');
  if (negotiated.noZeroes) features.push('no zeroes');
  if (negotiated.fixedNewstyle) features.push('fixed newstyle');
  return features;
}
