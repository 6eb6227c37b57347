import { formatBytes } from '#shared/bytes/size.ts';
import type { Answer, Backend, Capabilities, Request } from '../backend.ts';
import { offsetOf } from '../own-request.ts';
import { Errno } from '../protocol.ts';
import type { Plugin } from './plugin.ts';
import { neededSize } from './read-size.ts';

const CAPABILITIES: Capabilities = {
  trim: false,
  zero: false,
  fastZero: false,
  flush: false,
  fua: false,
  cache: true,
  extents: true,
  multiConn: true,
  rotational: false,
};

/** Every eight bytes are their own offset, big-endian. */
class PatternBackend implements Backend {
  readonly sizeBytes: bigint;
  readonly readOnly = true;
  readonly capabilities = CAPABILITIES;

  constructor(sizeBytes: bigint) {
    this.sizeBytes = sizeBytes;
  }

  open(): void {}

  gone(): void {}

  close(): void {}

  dispose(): void {}

  read(request: Request): Answer {
    const within = request.offsetLow & 7;
    const bytes = Buffer.allocUnsafeSlow(Math.ceil((within + request.length) / 8) * 8);
    let high = request.offsetHigh;
    let low = (request.offsetLow & ~7) >>> 0;
    for (let at = 0; at < bytes.length; at += 8) {
      bytes.writeUInt32BE(high, at);
      bytes.writeUInt32BE(low, at + 4);
      low = (low + 8) >>> 0;
      if (low === 0) high += 1;
    }
    request.data(bytes, within, within + request.length);
    return Errno.Ok;
  }

  write(): Answer {
    return Errno.EPERM;
  }

  zero(): Answer {
    return Errno.EPERM;
  }

  trim(): Answer {
    return Errno.EPERM;
  }

  flush(): Answer {
    return Errno.Ok;
  }

  cache(): Answer {
    return Errno.Ok;
  }

  /** The zeroes at the very start are too few to tell of. */
  extents(request: Request): Answer {
    return offsetOf(request) < this.sizeBytes && request.extent(request.length, 0) ? Errno.Ok : Errno.EINVAL;
  }
}

/** nbdkit's `pattern`: a read-only disk by whose bytes a wrong offset shows. */
export const patternPlugin: Plugin = {
  name: 'pattern',
  summary: 'a read-only disk in which every eight bytes are their own offset',
  parameters: [{ key: 'size', summary: 'how large it is, as in 64M' }],
  magicKey: 'size',
  takes: (key) => key === 'size',
  create: async (parameters) => {
    const sizeBytes = neededSize('pattern', parameters);
    const size = formatBytes(sizeBytes);
    return {
      backend: new PatternBackend(sizeBytes),
      name: `pattern ${size}`,
      words: `a pattern of ${size}`,
      warnings: [],
      usedBytes: 0,
      volatile: false,
    };
  },
};
