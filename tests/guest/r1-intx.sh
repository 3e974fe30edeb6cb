#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: card="$ramp --irq intx" kernels=6.12,debug last
# A card on a shared line that ignores its mask: the kernel gives the line up, the run fails, the machine lives.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

allow 'nobody cared'
allow 'Call Trace'
driver=/sys/bus/pci/drivers/acqdev
first=$(pci_cards | head -n 1)

must /bin/acq read --verify ramp --strict -n 5000 --config "rate=48k,format=s16,channels=0-1,pattern=ramp,transfer=dma"
cat /dev/acqdev >/dev/null 2>/tmp/cat.err &
cat=$!
# shellcheck disable=SC2016 # for wait_for to expand
wait_for '[ "$(cat /sys/class/misc/acqdev/counters/readers)" = 1 ]' || fail "cat does not read"
card fault mask-ignored >/dev/null
wait $cat
grep -q "Input/output error" /tmp/cat.err || fail "cat says: $(cat /tmp/cat.err)"
wait_for 'dmesg | grep -q "nobody cared"' || fail "the kernel has not given up the line"
kmsg_since_mark "$ACQ_MARK" | grep -q "the kernel has disabled the card's interrupt line\|interrupts without end" ||
	fail "no word of the line"
must card clear

# who takes the card anew gets a line that works
echo "$first" >$driver/unbind
echo "$first" >$driver/bind
must /bin/acq read --verify ramp --strict -n 5000 --config "rate=48k,format=s16,channels=0-1,pattern=ramp,transfer=dma"
exit 0
