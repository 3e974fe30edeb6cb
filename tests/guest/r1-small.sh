#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: card="--source ramp --channels 1 --format s16 --formats 0xc --fifo 4" card="--source ramp --channels 1 --format s16 --formats 0xc --fifo 5 --wait --map-version 1.0" kernels=6.12
# FIFOs of a frame: the first has no room for what waits for the rest of a word, the second has.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

dmesg | grep -q "acqdev .*claims a FIFO of 4 bytes: must be 5 to" || fail "no word of the FIFO"
[ ! -e /dev/acqdev1 ] || fail "there is a node for it"
before=$(cat /sys/class/misc/acqdev/counters/interrupts)
must /bin/acq read /dev/acqdev --verify ramp --strict \
	--config "rate=20,format=s16,channels=1,pattern=ramp,transfer=fifo,count=20"
after=$(cat /sys/class/misc/acqdev/counters/interrupts)
log "$((after - before)) interrupts for 20 frames"
[ $((after - before)) -le 30 ] || fail "the interrupt storms"
exit 0
