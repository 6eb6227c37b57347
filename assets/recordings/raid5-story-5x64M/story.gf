add "" format:raw protocol:nbd server:unix:RUN/sock1 discard:enable
add "" format:raw protocol:nbd server:unix:RUN/sock2 discard:enable
add "" format:raw protocol:nbd server:unix:RUN/sock3 discard:enable
add "" format:raw protocol:nbd server:unix:RUN/sock4 discard:enable
add "" format:raw protocol:nbd server:unix:RUN/sock5 discard:enable
append "raid456.devices_handle_discard_safely=1"
!echo "STEP launch $(date -u +%T.%N)" >> RUN/steps
run
!echo "STEP part-disk $(date -u +%T.%N)" >> RUN/steps
part-disk /dev/sda gpt
part-disk /dev/sdb gpt
part-disk /dev/sdc gpt
part-disk /dev/sdd gpt
part-disk /dev/sde gpt
!echo "STEP md-create $(date -u +%T.%N)" >> RUN/steps
md-create test "/dev/sda1 /dev/sdb1 /dev/sdc1 /dev/sdd1 /dev/sde1" nrdevices:4 spare:1 level:raid5 chunk:65536
debug sh "while grep -q recovery /proc/mdstat; do sleep 1; done; cat /proc/mdstat"
!sleep 2
!echo "STEP mkfs $(date -u +%T.%N)" >> RUN/steps
mkfs ext4 /dev/md/test
!sleep 2
!echo "STEP mount $(date -u +%T.%N)" >> RUN/steps
mount /dev/md/test /
!sleep 4
!echo "STEP tar-in $(date -u +%T.%N)" >> RUN/steps
tar-in RUN/tree.tar /
sync
!sleep 5
!echo "STEP rm $(date -u +%T.%N)" >> RUN/steps
rm-rf /lib
sync
!echo "STEP fstrim $(date -u +%T.%N)" >> RUN/steps
fstrim /
!sleep 4
debug sh "echo 2000 > /proc/sys/dev/raid/speed_limit_min; echo 2400 > /proc/sys/dev/raid/speed_limit_max"
!echo "STEP fail-3 $(date -u +%T.%N)" >> RUN/steps
!touch RUN/error3
write /hello.txt "disk 3 has just failed"
sync
!sleep 8
!echo "STEP write-during-rebuild $(date -u +%T.%N)" >> RUN/steps
tar-in RUN/tree.tar /
sync
debug sh "while grep -q recovery /proc/mdstat; do sleep 1; done; cat /proc/mdstat"
!echo "STEP rebuilt $(date -u +%T.%N)" >> RUN/steps
!sleep 4
!echo "STEP fail-4 $(date -u +%T.%N)" >> RUN/steps
!touch RUN/error4
-write /hello2.txt "disk 4 has failed too"
-sync
!sleep 4
!echo "STEP write-degraded $(date -u +%T.%N)" >> RUN/steps
-rm-rf /lib
-tar-in RUN/tree.tar /
-sync
cat /hello.txt
debug sh "cat /proc/mdstat; dmesg | tail -100"
!echo "STEP shutdown $(date -u +%T.%N)" >> RUN/steps
