#!/bin/sh
# The RAID story told by a real guest on five hosted disks: md builds an array of four and a spare, ext4 is made, files come and
# go, disk 3 fails, the spare is rebuilt slowly enough to be seen, disk 4 fails, and the array goes on degraded.
#   scripts/raid-story.sh [FOLDER]
# keeps logs, steps and the guest's output in FOLDER, as a recording has them. Not part of `npm test`: it boots a small
# virtual machine and takes some three minutes. Needs Node 24 and a built nbdscope (`npm run build`).
set -eu

if ! command -v guestfish >/dev/null; then
  echo 'guestfish is missing; on a Debian or Ubuntu run: sudo apt-get install -y libguestfs-tools' >&2
  exit 1
fi
export LIBGUESTFS_BACKEND=direct LIBGUESTFS_BACKEND_SETTINGS=force_tcg

here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
keep=${1:-}
if [ -n "$keep" ]; then mkdir -p "$keep"; keep=$(cd "$keep" && pwd); fi
host=
finish() {
  if [ -n "$host" ]; then kill "$host" 2>/dev/null || true; wait "$host" 2>/dev/null || true; fi
  if [ -n "$keep" ]; then
    for file in log1 log2 log3 log4 log5 steps guestfish.out story.gf; do
      if [ -f "$work/$file" ]; then sed "s|$work|RUN|g" "$work/$file" >"$keep/$file"; fi
    done
  fi
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

# The log outermost, so that it shows what the error filter makes fail.
node "$here/bin/nbdscope.mjs" host --no-window --disks 5 -U "$work/sock%d" \
  --filter=log --filter=error --filter=delay memory 64M \
  "logfile=$work/log%d" error-rate=100% "error-file=$work/error%d" rdelay=10ms wdelay=10ms &
host=$!
tries=0
until [ -S "$work/sock5" ]; do
  kill -0 "$host" || exit 1
  tries=$((tries + 1))
  [ "$tries" -lt 200 ] || { echo 'the disks were not hosted within 20 s' >&2; exit 1; }
  sleep 0.1
done

# 24 MB in 400 files of many sizes.
mkdir -p "$work/tree/lib"
i=0
while [ "$i" -lt 400 ]; do
  i=$((i + 1))
  mkdir -p "$work/tree/lib/$((i % 20))"
  head -c $(((i * 7919 % 48 + 1) * 2450)) /dev/urandom >"$work/tree/lib/$((i % 20))/file$i"
done
tar -cf "$work/tree.tar" -C "$work/tree" lib

step() { printf '!echo "STEP %s $(date -u +%%T.%%N)" >> %s/steps\n' "$1" "$work"; }
{
  for n in 1 2 3 4 5; do
    echo "add \"\" format:raw protocol:nbd server:unix:$work/sock$n discard:enable"
  done
  echo 'append "raid456.devices_handle_discard_safely=1"'
  step launch
  echo 'run'
  step part-disk
  for letter in a b c d e; do echo "part-disk /dev/sd$letter gpt"; done
  step md-create
  echo 'md-create test "/dev/sda1 /dev/sdb1 /dev/sdc1 /dev/sdd1 /dev/sde1" nrdevices:4 spare:1 level:raid5 chunk:65536'
  echo 'debug sh "while grep -q recovery /proc/mdstat; do sleep 1; done; cat /proc/mdstat"'
  echo '!sleep 2'
  step mkfs
  echo 'mkfs ext4 /dev/md/test'
  echo '!sleep 2'
  step mount
  echo 'mount /dev/md/test /'
  echo '!sleep 4'
  step tar-in
  echo "tar-in $work/tree.tar /"
  echo 'sync'
  echo '!sleep 5'
  step rm
  echo 'rm-rf /lib'
  echo 'sync'
  step fstrim
  echo 'fstrim /'
  echo '!sleep 4'
  # 62 MiB at 2.4 MB/s: half a minute to watch.
  echo 'debug sh "echo 2000 > /proc/sys/dev/raid/speed_limit_min; echo 2400 > /proc/sys/dev/raid/speed_limit_max"'
  step fail-3
  echo "!touch $work/error3"
  echo 'write /hello.txt "disk 3 has just failed"'
  echo 'sync'
  echo '!sleep 8'
  step write-during-rebuild
  echo "tar-in $work/tree.tar /"
  echo 'sync'
  echo 'debug sh "while grep -q recovery /proc/mdstat; do sleep 1; done; cat /proc/mdstat"'
  step rebuilt
  echo '!sleep 4'
  step fail-4
  echo "!touch $work/error4"
  echo '-write /hello2.txt "disk 4 has failed too"'
  echo '-sync'
  echo '!sleep 4'
  step write-degraded
  echo '-rm-rf /lib'
  echo "-tar-in $work/tree.tar /"
  echo '-sync'
  echo 'cat /hello.txt'
  echo 'debug sh "cat /proc/mdstat; dmesg | tail -100"'
  step shutdown
} >"$work/story.gf"

guestfish <"$work/story.gf" >"$work/guestfish.out" 2>&1 || { cat "$work/guestfish.out" >&2; exit 1; }
grep -E 'md|raid|error' "$work/guestfish.out" | tail -n 40

failed=0
expect() { # WORDS PATTERN FILE
  if grep -qE "$2" "$3"; then echo "ok: $1"; else echo "missing: $1" >&2; failed=1; fi
}
expect 'the array was built' 'active raid5.*' "$work/guestfish.out"
expect 'disk 3 failed' 'Disk failure on sdc1' "$work/guestfish.out"
expect 'disk 4 failed' 'Disk failure on sdd1' "$work/guestfish.out"
expect 'the file written while degraded is there' 'disk 3 has just failed' "$work/guestfish.out"
expect 'log 3 shows the failure' 'return=-1 error=EIO' "$work/log3"
expect 'log 4 shows the failure' 'return=-1 error=EIO' "$work/log4"
for n in 1 2 5; do
  if grep -q 'return=-1' "$work/log$n"; then echo "disk $n failed, and should not" >&2; failed=1; fi
done
# The kernel's own times of the second recovery, the spare's.
took=$(awk -F'[][]' '/md: recovery of RAID array/ { from = $2 } /recovery done/ { done = $2 - from } END { print int(done) }' "$work/guestfish.out")
echo "the rebuild took $took s"
if [ "$took" -lt 20 ]; then echo 'that is less than the 20 s it was slowed to' >&2; failed=1; fi
exit "$failed"
