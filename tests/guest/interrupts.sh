#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The kind of interrupt that the card has is used, and samples flow by it.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

expect=$1
dmesg | grep -q "ACQ-R1 map.*, $expect\$" || fail "not $expect: $(dmesg | grep 'ACQ-R1 map')"
for transfer in dma fifo; do
	rate=48k
	[ $transfer = dma ] || rate=4k
	must /bin/acq read --config "rate=$rate,format=s16,channels=0-1,pattern=ramp,transfer=$transfer,count=10000" \
		--verify ramp --strict
	before=$(cat /sys/class/misc/acqdev/counters/interrupts)
	must /bin/acq read -n 5000 --verify ramp --strict
	[ "$(cat /sys/class/misc/acqdev/counters/interrupts)" -gt "$before" ] || fail "no interrupt counted"
	grep acqdev /proc/interrupts | awk '{ n = 0; for (i = 2; i <= 3; i++) n += $i; exit n == 0 }' ||
		fail "no interrupt in /proc/interrupts"
done
exit 0
