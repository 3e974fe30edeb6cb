#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: card="$ramp --irq intx" args=masked kernels=6.12
# acqtest: card="$ramp --output --irq intx" own args=masked kernels=debug
# acqtest: card="$ramp --irq intx" args=storm kernels=6.12 takes=100 long
# A card on a shared line that interrupts without end: the run fails, the machine lives. One that ignores its mask is
# silenced by its PCI configuration. Where nothing tells that it is this card, the kernel gives up the line.
# shellcheck source=tests/guest/lib.sh disable=SC2016
. /lib.sh

allow 'nobody cared'
allow 'Call Trace'
driver=/sys/bus/pci/drivers/acqdev
first=$(pci_cards | head -n 1)

well()
{
	must /bin/acq read --verify ramp --strict -n 5000 \
		--config "rate=48k,format=s16,channels=0-1,pattern=ramp,transfer=dma,count=0,irq_us=default,irq_frames=default"
}

# fails FAULT TEXT: with that fault a run fails, and the log says so
fails()
{
	mark "before $1"
	cat /dev/acqdev >/dev/null 2>/tmp/cat.err &
	cat=$!
	wait_for '[ "$(cat /sys/class/misc/acqdev/counters/readers)" = 1 ]' || fail "cat does not read"
	card fault "$1" >/dev/null
	wait $cat
	grep -q "Input/output error" /tmp/cat.err || fail "cat says: $(cat /tmp/cat.err)"
	kmsg_since_mark "before $1" | grep -q "$2" || fail "no word of it"
}

# interrupts: those on the card's line
interrupts()
{
	awk '/acqdev/ { print $2 + $3 }' /proc/interrupts
}

well
if [ "$1" = masked ]; then
	fails mask-ignored "the card interrupts without end, though masked"
	before=$(interrupts)
	sleep 0.5
	expect_eq "$(interrupts)" "$before" "interrupts of a card that is silenced"
	kmsg_since_mark "$ACQ_MARK" | grep -q "nobody cared" && fail "the line is lost for others"
	must card clear
	well
	exit 0
fi

# a hundred thousand interrupts, of which few have a reason
must /bin/acq config irq_us=1000000 irq_frames=1000000
fails irq-storm "the kernel has disabled the card's interrupt line"
kmsg_since_mark "$ACQ_MARK" | grep -q "nobody cared" || fail "who has disabled it?"
must card clear
# who takes the card anew gets a line that works
echo "$first" >$driver/unbind
echo "$first" >$driver/bind
well
exit 0
