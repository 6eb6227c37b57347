/**
 * A script for nbdsh that uses every command and flag, right and wrong, on a fresh disk of 64 MiB, and prints what comes of
 * each. Two servers that say the same did the same.
 */
export const everyCommand = `
import nbd, hashlib
h.set_strict_mode(0)
def show(name, f):
    try:
        print(name, f())
    except nbd.Error as e:
        print(name, 'errno', e.errnum)
def digest(length, offset, flags=0):
    return hashlib.sha256(h.pread(length, offset, flags)).hexdigest()[:16]
def status(length, offset, flags=0):
    seen = []
    h.block_status(length, offset, lambda c, o, e, err: seen.append((c, o, e)) or 0, flags)
    covered = 0
    flat = []
    for length_, flags_ in zip(seen[0][2][::2], seen[0][2][1::2]):
        take = min(length_, length - covered)
        covered += take
        if take > 0: flat.append((take, flags_))
    return seen[0][0], flat
def chunks(length, offset, flags=0):
    seen = []
    buf = h.pread_structured(length, offset, lambda b, o, s, e: seen.append((o, len(b), s)) or 0, flags)
    return sorted(seen), hashlib.sha256(buf).hexdigest()[:16]
for can in ['is_read_only','can_flush','can_fua','can_trim','can_zero','can_fast_zero','can_cache','can_df','can_multi_conn','is_rotational']:
    show(can, getattr(h, can))
show('size', h.get_size)
for what in (nbd.SIZE_MINIMUM, nbd.SIZE_PREFERRED, nbd.SIZE_MAXIMUM):
    show('block size', lambda: h.get_block_size(what))
M = 1 << 20
FUA, NO_HOLE, DF, ONE, FAST = nbd.CMD_FLAG_FUA, nbd.CMD_FLAG_NO_HOLE, nbd.CMD_FLAG_DF, nbd.CMD_FLAG_REQ_ONE, nbd.CMD_FLAG_FAST_ZERO
show('write', lambda: h.pwrite(b'a' * M, 3 * M))
show('write fua', lambda: h.pwrite(b'b' * 70001, 777, FUA))
show('read', lambda: digest(8 * M, 0))
show('chunks', lambda: chunks(8 * M, 0))
show('chunks df', lambda: chunks(8 * M, 0, DF))
show('read 1', lambda: digest(1, 3 * M))
show('status', lambda: status(64 * M, 0))
show('status one', lambda: status(64 * M, 0, ONE))
show('zero', lambda: h.zero(65536, 3 * M))
show('zero no hole', lambda: h.zero(65536, 3 * M + 131072, NO_HOLE))
show('zero fast', lambda: h.zero(65536, 3 * M + 262144, FAST))
show('zero fast fua', lambda: h.zero(65536, 3 * M + 393216, FAST | FUA | NO_HOLE))
show('status after', lambda: status(8 * M, 0))
show('trim', lambda: h.trim(131072, 3 * M + 524288))
show('trim fua', lambda: h.trim(65536, 0, FUA))
show('cache', lambda: h.cache(M, 0))
show('flush', h.flush)
show('read after', lambda: digest(8 * M, 0))
show('read beyond', lambda: digest(512, 64 * M))
show('write beyond', lambda: h.pwrite(b'x' * 512, 64 * M))
show('zero beyond', lambda: h.zero(512, 64 * M))
show('trim beyond', lambda: h.trim(512, 64 * M))
show('bad flag', lambda: digest(512, 0, NO_HOLE))
h.shutdown()
`;
