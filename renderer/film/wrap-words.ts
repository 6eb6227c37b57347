/**
 * Words in lines of at most `widthPx`, `maxLines` of them; what does not fit ends in an ellipsis. A word that is wider than a line
 * is broken where it must be.
 */
export function wrapWords(
  words: string,
  widthPx: number,
  maxLines: number,
  measure: (words: string) => number,
): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words.split(/\s+/).filter((part) => part !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (measure(longer) <= widthPx) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (measure(line) > widthPx && line.length > 1) {
      const fits = longestFit(line, widthPx, measure);
      lines.push(line.slice(0, fits));
      line = line.slice(fits);
    }
  }
  if (line !== '') lines.push(line);
  if (lines.length <= maxLines) return lines;
  const kept = lines.slice(0, maxLines);
  const last = kept.at(-1) ?? '';
  kept[maxLines - 1] = shorten(last, widthPx, measure);
  return kept;
}

function longestFit(word: string, widthPx: number, measure: (words: string) => number): number {
  let length = word.length - 1;
  while (length > 1 && measure(word.slice(0, length)) > widthPx) length -= 1;
  return length;
}

function shorten(line: string, widthPx: number, measure: (words: string) => number): string {
  let length = line.length;
  while (length > 1 && measure(`${line.slice(0, length)}…`) > widthPx) length -= 1;
  return `${line.slice(0, length).trimEnd()}…`;
}
