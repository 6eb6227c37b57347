import { formatBytes } from '#shared/bytes/size.ts';
import type { Answer, Backend, Capabilities, Request } from '../backend.ts';
import { Errno, ExtentFlag } from '../protocol.ts';
import type { Plugin } from './plugin.ts';
import { neededSize } from './read-size.ts';

const CAPABILITIES: Capabilities = {
  trim: true,
  zero: true,
  fastZero: true,
  flush: true,
  fua: true,
  cache: true,
  extents: true,
  multiConn: true,
  rotational: false,
  wideLengths: true,
};

class NullBackend implements Backend {
  readonly sizeBytes: bigint;
  readonly readOnly = false;
  readonly capabilities = CAPABILITIES;

  constructor(sizeBytes: bigint) {
    this.sizeBytes = sizeBytes;
  }

  open(): void {}

  gone(): void {}

  close(): void {}

  dispose(): void {}

  read(request: Request): Answer {
    request.hole(request.length);
    return Errno.Ok;
  }

  write(): Answer {
    return Errno.Ok;
  }

  zero(): Answer {
    return Errno.Ok;
  }

  trim(): Answer {
    return Errno.Ok;
  }

  flush(): Answer {
    return Errno.Ok;
  }

  cache(): Answer {
    return Errno.Ok;
  }

  extents(request: Request): Answer {
    request.extent(request.lengthHigh * 0x1_0000_0000 + request.length, ExtentFlag.Hole | ExtentFlag.Zero);
    return Errno.Ok;
  }
}

/** nbdkit's `null`: what is written is forgotten, and zeroes are read. */
export const nullPlugin: Plugin = {
  name: 'null',
  summary: 'a disk of zeroes that forgets what is written',
  parameters: [{ key: 'size', summary: 'how large it is, as in 64M' }],
  magicKey: 'size',
  takes: (key) => key === 'size',
  create: async (parameters) => {
    const sizeBytes = neededSize('null', parameters);
    const size = formatBytes(sizeBytes);
    return {
      backend: new NullBackend(sizeBytes),
      name: `null ${size}`,
      words: `${size} of nothing`,
      warnings: ['What is written is forgotten at once, as this kind of disk is meant to.'],
      usedBytes: 0,
      volatile: false,
    };
  },
};
