/**
 * What a pattern of file names stands for, as a hint, or what is wrong with it. `%d` is 1, 2, and so on, as in the
 * original's command line.
 */
export function patternWords(
  pattern: string,
  count: { readonly value: number } | { readonly error: string },
): { readonly hint: string } | { readonly error: string } {
  const text = pattern.trim();
  if (text === '') return { error: 'a path with %d in it, as in /tmp/log%d' };
  const many = 'value' in count ? count.value : 1;
  if (!text.includes('%d') && many > 1) {
    return { error: `"${text}": has no %d, so all ${many} disks would have the same file` };
  }
  const name = (n: number): string => text.replaceAll('%d', String(n));
  return { hint: many > 1 ? `${name(1)} to ${name(many)}` : name(1) };
}
