/**
 * What stands in the timeline before there are bars, which else would look as if nothing had happened.
 * @param countedShare how much of the history has been counted, 0 to 1.
 */
export function pendingWords(countedShare: number): string {
  if (countedShare >= 1) return 'requests are being counted';
  return `requests are being counted: ${Math.floor(countedShare * 100)} % of the capture is indexed`;
}
