/** What a disk is doing, as its header shows it. */
export interface DiskActivity {
  readonly kind:
    | 'unused'
    | 'idle'
    | 'busy'
    | 'scanned'
    | 'written'
    | 'copied'
    | 'rebuilt'
    | 'stalled'
    | 'failing'
    | 'failed'
    | 'gone';
  readonly isDegraded: boolean;
  readonly words: string;
  readonly badge: string;
}
