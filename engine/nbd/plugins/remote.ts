import { basename, resolve } from 'node:path';
import { formatBytes } from '#shared/bytes/size.ts';
import { ParameterError, RequestError, readBoolean, readFileName, readWhole } from '../filters/parameters.ts';
import {
  nbdUri,
  parseNbdUri,
  type RemoteAddress,
  type RemotePlace,
  type RemoteTls,
} from '../remote/nbd-uri.ts';
import { RemoteBackend, type RemoteOptions, type RemoteState } from '../remote/remote-backend.ts';
import { NBD_PORT } from '../server.ts';
import { lastValue, type Parameters, type Plugin, type PluginDisk, type TellHappening } from './plugin.ts';

const DEFAULT_TIMEOUT_S = 60;
const DEFAULT_CONNECTIONS = 4;
const RETRY_MS = 1_000;
/** Losses of the connection are told at most so often, ms; how it stands now is always to be seen. */
const TELL_MS = 1_000;

const PARAMETERS = [
  { key: 'uri', summary: 'the server and export, as in nbd://host/export or nbd+unix:///?socket=PATH' },
  { key: 'hostname', summary: 'or the server, with port= and export=' },
  { key: 'port', summary: `its port; ${NBD_PORT} unless given` },
  { key: 'socket', summary: 'or its Unix socket, with export=' },
  { key: 'export', summary: 'the name of the export' },
  { key: 'connections', summary: `most connections to it; ${DEFAULT_CONNECTIONS} unless given` },
  { key: 'timeout', summary: `seconds a request may take; ${DEFAULT_TIMEOUT_S} unless given` },
  { key: 'retry', summary: 'how often to try again to connect at first, a second apart' },
  { key: 'tls', summary: 'off or require' },
  { key: 'tls-certificates', summary: 'directory with ca-cert.pem, client-cert.pem and client-key.pem' },
  { key: 'tls-psk', summary: 'file with lines USER:KEY' },
  { key: 'tls-username', summary: 'the user whose key it is' },
  { key: 'tls-verify', summary: 'false: accept any certificate' },
] as const;

/** nbdkit's `nbd`: the disk of another server, whose traffic can so be watched in passing. */
export const remotePlugin: Plugin = {
  name: 'remote',
  aliases: ['nbd'],
  summary: 'the disk of another NBD server, whose traffic is watched in passing',
  parameters: PARAMETERS,
  magicKey: 'uri',
  takes: (key) => PARAMETERS.some((parameter) => parameter.key === key),
  create: async (parameters) => {
    const address = readAddress(parameters);
    const options: RemoteOptions = {
      connections: whole(parameters, 'connections', DEFAULT_CONNECTIONS, 1, 16),
      timeoutMs: whole(parameters, 'timeout', DEFAULT_TIMEOUT_S, 1, 86_400) * 1000,
    };
    const retries = whole(parameters, 'retry', 0, 0, 3_600);
    return new RemoteDisk(shortName(address), address.uri, await connectPatiently(address, options, retries));
  },
};

class RemoteDisk implements PluginDisk {
  readonly backend: RemoteBackend;
  readonly name: string;
  readonly words: string;
  readonly usedBytes = 0;
  readonly volatile = false;
  readonly #uri: string;
  #tell: TellHappening = () => {};
  #lostMs = Number.NEGATIVE_INFINITY;
  #lossTold = false;

  constructor(name: string, uri: string, backend: RemoteBackend) {
    this.#uri = uri;
    this.backend = backend;
    this.name = name;
    this.words = `${formatBytes(backend.sizeBytes)} of ${uri}`;
    backend.onState = (state) => this.#changed(state);
  }

  get warnings(): readonly string[] {
    const warning = this.#warning(this.backend.state);
    return warning === null ? [] : [warning];
  }

  watch(tell: TellHappening): void {
    this.#tell = tell;
    if (this.backend.state.kind !== 'connected') this.#changed(this.backend.state);
  }

  #warning(state: RemoteState): string | null {
    if (state.kind === 'connected') return null;
    if (state.kind === 'lost') return `reconnecting to ${this.#uri}: ${state.reason}`;
    return `${this.#uri} is not the disk that it was, and requests fail with EIO: ${state.reason}`;
  }

  #changed(state: RemoteState): void {
    const status = this.#warning(state);
    if (state.kind === 'connected') {
      const nowMs = performance.now();
      const seconds = ((nowMs - this.#lostMs) / 1000).toFixed(1);
      const text = this.#lossTold ? `${this.#uri} is back after ${seconds} s` : null;
      this.#lossTold = false;
      this.#tell({ status, text, level: 'info' });
      return;
    }
    this.#tell({ status, text: this.#firstWords(state), level: 'warning' });
  }

  /** What is said once about a loss or a refusal; null when it has been said. */
  #firstWords(state: RemoteState): string | null {
    if (state.kind === 'refused') {
      this.#lossTold = true;
      return this.#warning(state);
    }
    const nowMs = performance.now();
    if (state.kind !== 'lost' || this.#lossTold || nowMs - this.#lostMs < TELL_MS) return null;
    this.#lossTold = true;
    this.#lostMs = nowMs;
    const flush = state.unflushed
      ? '; what was written and not flushed may be lost with it, and the next flush of each client fails with EIO'
      : '';
    return `lost ${this.#uri}, and reconnecting: ${state.reason}${flush}`;
  }
}

function shortName({ place, exportName }: RemoteAddress): string {
  return exportName || ('path' in place ? basename(place.path) : place.host);
}

async function connectPatiently(
  address: RemoteAddress,
  options: RemoteOptions,
  retries: number,
): Promise<RemoteBackend> {
  for (let left = retries; ; left -= 1) {
    try {
      return await RemoteBackend.connect(address, options);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (left === 0) throw new Error(`${address.uri}: ${reason}`, { cause: error });
    }
    await new Promise((go) => setTimeout(go, RETRY_MS));
  }
}

/** @throws RequestError naming what was refused. */
function readAddress(parameters: Parameters): RemoteAddress {
  const given = (['uri', 'hostname', 'socket'] as const).filter((key) => lastValue(parameters, key) !== null);
  const [kind] = given;
  if (kind === undefined || given.length > 1) {
    throw new RequestError('remote needs one of uri=nbd://HOST/EXPORT, hostname=HOST or socket=PATH');
  }
  const value = lastValue(parameters, kind) ?? '';
  if (kind === 'uri') {
    for (const key of ['export', 'port']) {
      const other = lastValue(parameters, key);
      if (other !== null) throw new ParameterError(key, other, 'write it in the URI');
    }
    const address = parseNbdUri(value);
    return withTls(address.place, address.exportName, address.tls, parameters);
  }
  const name = readFileName(kind, value);
  const port = lastValue(parameters, 'port');
  if (kind === 'socket' && port !== null) throw new ParameterError('port', port, 'a Unix socket has no port');
  const place: RemotePlace =
    kind === 'socket'
      ? { path: resolve(name) }
      : { host: name, port: whole(parameters, 'port', NBD_PORT, 1, 65_535) };
  return withTls(place, lastValue(parameters, 'export') ?? '', null, parameters);
}

function withTls(
  place: RemotePlace,
  exportName: string,
  fromUri: RemoteTls | null,
  parameters: Parameters,
): RemoteAddress {
  const mode = lastValue(parameters, 'tls');
  if (mode !== null && mode !== 'off' && mode !== 'require') {
    throw new ParameterError(
      'tls',
      mode,
      'use off or require; a connection does not fall back to one in the clear',
    );
  }
  const options = parameters.find(([key]) => key.startsWith('tls-'));
  if (mode === 'off' && (options !== undefined || fromUri !== null)) {
    throw new ParameterError(
      'tls',
      mode,
      options === undefined ? 'the URI asks for TLS' : `${options[0]} asks for TLS`,
    );
  }
  const wanted = mode === 'require' || options !== undefined || fromUri !== null;
  const tls = wanted ? tlsOf(place, fromUri, parameters) : null;
  return { place, exportName, tls, uri: nbdUri(place, exportName, tls !== null) };
}

function tlsOf(place: RemotePlace, fromUri: RemoteTls | null, parameters: Parameters): RemoteTls {
  const verify = lastValue(parameters, 'tls-verify');
  const pskFile = lastValue(parameters, 'tls-psk') ?? fromUri?.pskFile ?? null;
  return {
    type: lastValue(parameters, 'tls-psk') === null ? (fromUri?.type ?? 'x509') : 'psk',
    pskFile,
    certificates: lastValue(parameters, 'tls-certificates') ?? fromUri?.certificates ?? null,
    username: lastValue(parameters, 'tls-username') ?? fromUri?.username ?? null,
    hostname: fromUri?.hostname ?? ('path' in place ? 'localhost' : place.host),
    verifyPeer: verify === null ? (fromUri?.verifyPeer ?? true) : readBoolean('tls-verify', verify),
  };
}

function whole(parameters: Parameters, key: string, otherwise: number, least: number, most: number): number {
  const value = lastValue(parameters, key);
  return value === null ? otherwise : readWhole(key, value, least, most);
}
