#!/bin/sh
# A whole story told by a real guest: the command that a hosted disk's card has to copy for guestfish partitions the disk
# and makes a filesystem, as it stands; then the filesystem is mounted, written and trimmed, and the session's log must
# have each kind of request. Not part of `npm test`: it boots a small virtual machine.
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

# A name that a shell, guestfish and a URI must each be told apart from words of their own.
name="it's \"my\" disk: größe, -x"
node "$here/bin/nbdscope.mjs" host --no-window -U "$work/sock" -e "$name" memory 64M "logfile=$work/log" >"$work/uri" &
host=$!
tries=0
until [ -S "$work/sock" ]; do
  kill -0 "$host" || exit 1
  tries=$((tries + 1))
  [ "$tries" -lt 200 ] || { echo 'the disk was not hosted within 20 s' >&2; exit 1; }
  sleep 0.1
done

cat >"$work/copied.ts" <<COPIED
import { readFileSync } from 'node:fs';
import { clientCommands } from '$here/renderer/words/client-commands.ts';
const [uri = '', socketPath = '', exportName = ''] = process.argv.slice(2);
const place = { uri: readFileSync(uri, 'utf8').trim(), socketPath, tcp: null, exportName, readOnly: false };
console.log(clientCommands(place).find(({ tool }) => tool === 'guestfish')?.command);
COPIED
copied=$(node "$work/copied.ts" "$work/uri" "$work/sock" "$name")
echo "$copied"
sh -c "$copied"

# Trims reach the disk only with discard:enable.
quoted=$(printf '%s' "$name" | sed 's/["\\]/\\&/g')
guestfish <<STORY
add "$quoted" format:raw protocol:nbd server:unix:$work/sock discard:enable
run
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
