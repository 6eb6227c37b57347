import type { ByteReader, ByteWriter } from '../bytes/binary.ts';

const SUB_BITS = 4;
const SUB = 1 << SUB_BITS;
const BUCKETS = 42 * SUB;

/**
 * Counts of latencies in log-linear buckets: 16 to each doubling, so a percentile is at most 1/16 too high. Fixed
 * memory, no allocation per sample. Covers 0 to 2^42 µs, some 50 days; longer ones count in the last bucket.
 */
export class LatencyHistogram {
  readonly buckets = new Float64Array(BUCKETS);
  count = 0;
  maxUs = 0;
  sumUs = 0;

  /** Adds one latency in µs; NaN (time unknown) is not counted. */
  add(latencyUs: number): void {
    if (!(latencyUs >= 0)) return;
    this.count += 1;
    this.sumUs += latencyUs;
    if (latencyUs > this.maxUs) this.maxUs = latencyUs;
    const index = bucketOf(latencyUs);
    this.buckets[index] = (this.buckets[index] ?? 0) + 1;
  }

  /** The latency in µs that a share `q` (0 to 1) of the samples do not exceed; null without samples. */
  percentileUs(q: number): number | null {
    if (this.count === 0) return null;
    const wanted = Math.max(1, Math.ceil(q * this.count));
    let seen = 0;
    for (let i = 0; i < BUCKETS; i += 1) {
      seen += this.buckets[i] ?? 0;
      if (seen >= wanted) return Math.min(bucketTop(i), this.maxUs);
    }
    return this.maxUs;
  }

  write(to: ByteWriter): void {
    to.f64(this.count);
    to.f64(this.maxUs);
    to.f64(this.sumUs);
    to.array(this.buckets);
  }

  read(from: ByteReader): void {
    this.count = from.f64();
    this.maxUs = from.f64();
    this.sumUs = from.f64();
    from.into(this.buckets);
  }
}

function bucketOf(latencyUs: number): number {
  const whole = Math.floor(latencyUs);
  if (whole < SUB) return whole;
  const exponent = Math.floor(Math.log2(whole));
  const sub = Math.floor(whole / 2 ** (exponent - SUB_BITS)) - SUB;
  return Math.min(BUCKETS - 1, (exponent - SUB_BITS + 1) * SUB + sub);
}

function bucketTop(index: number): number {
  if (index < SUB) return index;
  const exponent = Math.floor(index / SUB) + SUB_BITS - 1;
  const sub = index % SUB;
  return (SUB + sub + 1) * 2 ** (exponent - SUB_BITS) - 1;
}
