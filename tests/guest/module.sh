#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: ramp kernels=6.1,7,rt,debug
# Loading, unloading, unbinding: with bad parameters, with readers asleep.
# wait_for evaluates its condition: SC2016
# shellcheck source=tests/guest/lib.sh disable=SC2016
. /lib.sh

driver=/sys/bus/pci/drivers/acqdev
first=$(pci_cards | head -n 1)

must rmmod_acq
[ ! -e /dev/acqdev ] || fail "the node outlives the module"

for bad in ring_kb=0 ring_kb=100 ring_kb=-1 ring_kb=999999999999 ring_kb=32 block_kb=3 block_kb=8192 \
	"ring_kb=64 block_kb=64" ring_kb=many xdma_ids=10ee "xdma_ids=10ee:7024,10ee:7024x" xdma_channels=0 xdma_channels=33 \
	xdma_rate=0 xdma_bar=6 xdma_format=s24; do
	# shellcheck disable=SC2086
	if insmod_acq $bad 2>/dev/null; then
		fail "loads with $bad"
	fi
	kmsg_since_mark "$ACQ_MARK" | grep -q "acqdev.*${bad%%=*}" || fail "no word about $bad"
done
must insmod_acq ring_kb=128 block_kb=8
expect_eq "$(cat /sys/module/acqdev/parameters/ring_kb)" 128
expect_eq "$(cat /sys/class/misc/acqdev/config/block_bytes)" 8192
expect_eq "$(cat /sys/class/misc/acqdev/config/ring_bytes)" 131072
log "parameters have bounds"

# A reader keeps the module.
card stall on >/dev/null
cat /dev/acqdev >/tmp/cat.out 2>/tmp/cat.err &
cat=$!
wait_for '[ "$(cat /sys/class/misc/acqdev/counters/readers)" = 1 ]' || fail "cat does not read"
if rmmod_acq 2>/dev/null; then
	fail "the module goes although its node is open"
fi
kill $cat
wait $cat
card stall off >/dev/null
must rmmod_acq
must insmod_acq
log "rmmod is refused while the node is open"

# Unbinding wakes readers, and they learn why.
card stall on >/dev/null
cat /dev/acqdev >/tmp/cat.out 2>/tmp/cat.err &
cat=$!
/bin/acq read --mode poll -q -o /dev/null /dev/acqdev 2>/tmp/acq.err &
acq=$!
wait_for '[ "$(cat /sys/class/misc/acqdev/counters/readers)" = 2 ]' || fail "readers do not read"
echo "$first" >$driver/unbind || fail "cannot unbind"
wait $cat
expect_eq $? 1 "status of cat"
grep -q "No such device" /tmp/cat.err || fail "cat says: $(cat /tmp/cat.err)"
wait $acq
expect_eq $? 5 "status of acq"
[ ! -e /dev/acqdev ] || fail "the node is still there"
card stall off >/dev/null
log "unbinding wakes sleeping readers with ENODEV"

# What was read before the card went can still be read; the number is kept until the last close.
echo "$first" >$driver/bind || fail "cannot bind"
exec 9</dev/acqdev
must dd bs=4096 count=1 of=/dev/null <&9
echo "$first" >$driver/unbind
dd bs=4096 of=/tmp/rest <&9 2>/tmp/dd.err && fail "the rest does not end in an error"
grep -q "No such device" /tmp/dd.err || fail "dd says: $(cat /tmp/dd.err)"
echo "$first" >$driver/bind
[ -e /dev/acqdev ] && fail "the number is reused while a file of the old card is open"
exec 9<&-
echo "$first" >$driver/unbind
echo "$first" >$driver/bind
[ -e /dev/acqdev ] || fail "the number is not free again"
log "numbers are reused only after the last close"

# Unbinding and binding while samples flow
for turn in 1 2 3 4 5; do
	cat /dev/acqdev >/dev/null 2>&1 &
	cat=$!
	wait_for '[ "$(cat /sys/class/misc/acqdev/counters/bytes)" -gt 0 ]' || fail "nothing flows in turn $turn"
	echo "$first" >$driver/unbind
	wait $cat
	echo "$first" >$driver/bind
done
log "unbinding while samples flow"
exit 0
