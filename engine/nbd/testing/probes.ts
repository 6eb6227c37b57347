import { extendedProbes } from './extended-probes.ts';
import { handshakeProbes } from './handshake-probes.ts';
import { NOT_OFFERED, type Probe } from './probe.ts';
import { NoAnswer, RawClient } from './raw-client.ts';
import { transmissionProbes } from './transmission-probes.ts';

/** Every probe, in the order of the protocol. */
export const PROBES: readonly Probe[] = [...handshakeProbes, ...transmissionProbes, ...extendedProbes];

/** Puts one probe to the server at `socket`, about one of its exports. Hanging up and silence are answers too. */
export async function ask(probe: Probe, socket: string, exportName = '', timeoutMs = 2000): Promise<string> {
  const client = await RawClient.connect(socket, timeoutMs);
  try {
    return await probe.ask(client, exportName);
  } catch (error) {
    if (error instanceof NoAnswer) return error.kind;
    return error instanceof Error ? error.message : String(error);
  } finally {
    client.close();
  }
}

/** Whether an answer is one the protocol allows. What a server need not offer it need not answer. */
export function isAllowed(probe: Probe, answer: string): boolean {
  if (answer === NOT_OFFERED) return true;
  return probe.allowed.some((allowed) =>
    typeof allowed === 'string' ? allowed === answer : allowed.test(answer),
  );
}
