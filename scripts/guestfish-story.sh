#!/bin/sh
# A whole story told by a real guest: guestfish partitions a hosted disk, makes a filesystem, mounts it, writes and
# trims; then the session's log must have each kind of request. Not part of `npm test`: it boots a small virtual machine.
# Needs Node 24 and a built nbdscope (`npm run build`).
set -eu

if ! command -v guestfish >/dev/null; then
  echo 'guestfish is missing; on a Debian or Ubuntu run: sudo apt-get install -y libguestfs-tools' >&2
  exit 1
fi
export LIBGUESTFS_BACKEND=direct LIBGUESTFS_BACKEND_SETTINGS=force_tcg

here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
host=
finish() {
  if [ -n "$host" ]; then kill "$host" 2>/dev/null || true; wait "$host" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

node "$here/bin/nbdscope.mjs" host --no-window -U "$work/sock" memory 64M "logfile=$work/log" &
host=$!
tries=0
until [ -S "$work/sock" ]; do
  kill -0 "$host" || exit 1
  tries=$((tries + 1))
  [ "$tries" -lt 200 ] || { echo 'the disk was not hosted within 20 s' >&2; exit 1; }
  sleep 0.1
done

# Trims reach the disk only with discard:enable.
guestfish <<STORY
add "" format:raw protocol:nbd server:unix:$work/sock discard:enable
run
part-disk /dev/sda gpt
mkfs ext4 /dev/sda1
mount /dev/sda1 /
write /hello "hello from a guest"
cat /hello
fill 65 8000000 /large
sync
rm /large
fstrim /
umount-all
STORY

failed=0
for operation in Read Write Flush; do
  count=$(grep -c "connection=[0-9]* $operation id=" "$work/log" || true)
  echo "$operation: $count"
  if [ "$count" -eq 0 ]; then failed=1; fi
done
# A trim comes as a trim or as zeroes, as the guest's driver has it.
count=$(grep -cE 'connection=[0-9]* (Trim|Zero) id=' "$work/log" || true)
echo "Trim or Zero: $count"
if [ "$count" -eq 0 ]; then failed=1; fi
if grep -q 'return=-1' "$work/log"; then
  echo 'requests failed:' >&2
  grep 'return=-1' "$work/log" >&2
  failed=1
fi
exit "$failed"
