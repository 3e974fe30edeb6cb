#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: ramp args=MSI-X kernels=6.12
# acqtest: card="$ramp --irq intx" card="$ramp --irq msi" args="INTx MSI" kernels=6.12
# acqtest: card="$ramp --irq intx" card="$ramp --irq msi" args="INTx MSI" long kernels=rt
# The kind of interrupt that each card has is used, and samples flow by it.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

# seen: interrupts of our driver, as the kernel counts them
seen()
{
	awk '/acqdev/ { n += $2 + $3 } END { print n + 0 }' /proc/interrupts
}

name=acqdev number=0
for expect in "$@"; do
	counted=/sys/class/misc/$name/counters/interrupts
	pci=$(basename "$(readlink -f /sys/class/misc/$name/device)")
	dmesg | grep "$pci: ACQ-R1 map" | grep -q ", $expect\$" || fail "$name: not $expect: $(dmesg | grep 'ACQ-R1 map')"
	for transfer in dma fifo; do
		rate=48k
		[ $transfer = dma ] || rate=4k
		before=$(seen)
		must /bin/acq read "/dev/$name" --verify ramp --strict \
			--config "rate=$rate,format=s16,channels=0-1,pattern=ramp,transfer=$transfer,count=10000"
		[ "$(seen)" -gt "$before" ] || fail "$name: no interrupt in /proc/interrupts"
		before=$(cat $counted)
		must /bin/acq read "/dev/$name" -n 5000 --verify ramp --strict
		[ "$(cat $counted)" -gt "$before" ] || fail "$name: no interrupt counted"
	done
	log "$name: $expect"
	number=$((number + 1))
	name=acqdev$number
done
exit 0
