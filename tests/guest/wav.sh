#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: wav kernels=6.1,6.12,7 check
# A recording goes through card, transfer, ring and read(), and comes out as it was. The second card replays it;
# /recording.raw is what is in the file, extracted by another program.
# wait_for evaluates its condition: SC2016
# shellcheck source=tests/guest/lib.sh disable=SC2016
. /lib.sh

same()
{
	cmp "$1" /recording.raw || fail "$2: $(wc -c <"$1") bytes differ from the recording's $(wc -c </recording.raw)"
	log "$2: $(wc -c <"$1") bytes, identical"
}

for transfer in dma fifo; do
	must /bin/acq config /dev/acqdev1 transfer=$transfer

	must sh -c 'cat /dev/acqdev1 >/tmp/one'
	same /tmp/one "$transfer, cat"

	must dd if=/dev/acqdev1 of=/tmp/one bs=1000
	same /tmp/one "$transfer, dd"

	# Two at once: the card waits until both are there.
	card2 stall on >/dev/null
	cat /dev/acqdev1 >/tmp/one &
	one=$!
	wait_for '[ "$(cat /sys/class/misc/acqdev1/counters/readers)" = 1 ]'
	cat /dev/acqdev1 >/tmp/two &
	two=$!
	wait_for '[ "$(cat /sys/class/misc/acqdev1/counters/readers)" = 2 ]' || fail "two readers do not read"
	card2 stall off >/dev/null
	wait $one || fail "first cat"
	wait $two || fail "second cat"
	same /tmp/one "$transfer, first of two cats"
	same /tmp/two "$transfer, second of two cats"
done
exit 0
