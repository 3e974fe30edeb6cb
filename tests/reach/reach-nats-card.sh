#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# acqtest: part=reach card="$ramp" kernels=7 takes=60 memory=1024 \
#	add=$BUILD/bin/acq-publish:/bin/acq-publish add=$BUILD/bin/acq-subscribe:/bin/acq-subscribe
# From a card over a server to a subscriber, bit for bit, with an overflow of the card amid it.
# wait_for evaluates its condition: SC2016
# shellcheck source=tests/guest/lib.sh disable=SC2016
. /lib.sh

[ -d /tree/usr ] || skip "needs the tree: boot --reach"
dev=/dev/acqdev
work=/tmp/nats
must mkdir -p $work
cd $work || fail "no directory"
must cp /bin/acq-publish /bin/acq-subscribe $work/
must card clear
must /bin/acq config $dev format=s16 channels=0-1 pattern=ramp count=300000 rate=48k ring=1M

in_tree nats-server -js -sd $work/js -a 127.0.0.1 -p 4222 >server.log 2>&1 &
server=$!
wait_for -t 30 'grep -q "Server is ready" server.log' || fail "no server: $(cat server.log)"
in_tree $work/acq-subscribe -s nats://127.0.0.1:4222 card.blocks --from 0 -o got --json=sub.json 2>sub.err &
subscriber=$!
in_tree $work/acq-publish $dev --start -s nats://127.0.0.1:4222 --subject card.blocks --spool $work/spool --json=pub.json 2>pub.err &
publisher=$!
wait_for -t 30 '[ "$(cat /sys/class/misc/acqdev/state)" = running ]' || fail "no run: $(cat pub.err)"
# to compare with: another reader, which may begin later
/bin/acq read $dev --oldest -o want 2>want.err &
reader=$!
wait_for -t 30 '[ -s got ]' || fail "nothing came: $(cat pub.err sub.err)"
must card overflow 1000
wait $publisher || fail "publish: $(cat pub.err)"
wait $subscriber || fail "subscribe: $(cat sub.err)"
wait $reader || fail "read: $(cat want.err)"
kill $server

# field FILE KEY
field()
{
	sed -n "s/^ *\"$2\": \"\\{0,1\\}\\([^\",]*\\).*/\\1/p" "$1" | head -n 1
}

grep -q 'frames lost (card FIFO overflow)' sub.err || fail "no overflow: $(cat sub.err)"
log "$(cat sub.err)"
expect_eq "$(field sub.json gaps)" 1 "gaps"
expect_eq "$(field sub.json missing)" 0 "frames that the stream does not have"
expect_eq "$(field sub.json lost)" "$(field pub.json lost)" "frames lost, here and there"
expect_eq $(($(field sub.json frames) + $(field sub.json lost))) 300000 "frames and lost ones"
expect_eq "$(field sub.json next_index)" 300000 "the end"
expect_eq "$(stat -c %s got)" $(($(field sub.json frames) * 4)) "bytes"
bytes=$(stat -c %s want)
[ "$bytes" -gt 400000 ] || fail "the other reader has $bytes bytes: $(cat want.err)"
expect_eq "$(tail -c "$bytes" got | md5sum)" "$(md5sum <want)" "all that the other reader has"
