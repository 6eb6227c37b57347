/** So many disks are named; of more it is told how many there are. */
const MOST_NAMES = 5;

/**
 * What to say where hosted disks end without a question, as at Ctrl-C; null where nothing is lost.
 * @param names the disks whose contents nobody could bring back.
 */
export function lostWords(names: readonly string[]): string | null {
  if (names.length === 0) return null;
  const shown = names.slice(0, names.length > MOST_NAMES ? MOST_NAMES - 1 : MOST_NAMES);
  const more = names.length - shown.length;
  const who = more > 0 ? `${shown.join(', ')} and ${more} more disks` : shown.join(', ');
  const [was, it] = names.length === 1 ? ['was', 'it'] : ['were', 'them'];
  return `${who} ${was} written to and not saved, and that is lost now; to keep it next time, save or commit ${it} in the window, or copy ${it} (nbdcopy ADDRESS disk.img) before the end, or host a file (nbdscope host file disk.img)`;
}
