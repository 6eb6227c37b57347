/** A block number that is kept in two fields. Those of a file system stay below 2^48, which a double holds exactly. */
export function joined(low: number, high: number): number {
  return high * 2 ** 32 + low;
}
