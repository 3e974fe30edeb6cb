#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: ramp kernels=6.1,7
# acqtest: ramp kernels=debug long
# An hour of 48 kHz, two channels of 16 bits, faster than real time: every sample checked against the ramp. With the
# debug kernel a tenth of it. Then a reader that is stopped for a while: one gap, of the size that the card says.
# wait_for evaluates its condition: SC2016
# shellcheck source=tests/guest/lib.sh disable=SC2016
. /lib.sh

# json KEY FILE: the first value of that name
json()
{
	sed -n 's/^ *"'"$1"'": *\(.*[^,]\),*$/\1/p' "$2" | head -n 1
}

frames=$((3600 * 48000))
[ "$ACQ_KERNEL" != debug ] || frames=$((frames / 10))

card clear >/dev/null
must /bin/acq stop
must /bin/acq config /dev/acqdev rate=48k format=s16 channels=0-1 pattern=ramp transfer=dma count=$frames \
	trigger=immediate pretrigger=0 block=64k ring=4M irq_frames=0
card wait on >/dev/null
card speed free >/dev/null
/bin/acq read /dev/acqdev --verify ramp --json=/tmp/hour.json -q || fail "acq: $? $(cat /tmp/hour.json)"
card speed 1 >/dev/null
expect_eq "$(json frames /tmp/hour.json)" $frames frames
expect_eq "$(json gaps /tmp/hour.json)" 0 gaps
expect_eq "$(cat /sys/class/misc/acqdev/counters/lost)" 0 "lost frames"
log "$frames frames in $(json seconds /tmp/hour.json) s, no gap"

must /bin/acq config /dev/acqdev count=0 ring=8M block=4k
/bin/acq read /dev/acqdev --verify ramp --json=/tmp/gap.json -q -n 3000000 &
acq=$!
wait_for '[ "$(cat /sys/class/misc/acqdev/counters/frames)" -gt 1000 ]' || fail "nothing flows"
kill -STOP $acq
card wait off >/dev/null
card speed 100 >/dev/null
dropped()
{
	card stats | sed 's/.* dropped=\([0-9]*\).*/\1/'
}
wait_for -t 60 '[ "$(dropped)" -gt 100000 ]' || fail "nothing is dropped: $(card stats)"
card speed 1 >/dev/null
card wait on >/dev/null
kill -CONT $acq
card speed 5 >/dev/null
wait $acq || fail "acq: $? $(cat /tmp/gap.json)"
card speed 1 >/dev/null
expect_eq "$(json gaps /tmp/gap.json)" 1 gaps
lost=$(json lost /tmp/gap.json)
expect_eq "$lost" "$(dropped)" "frames lost"
place=$(card gaps | sed 's/[^0-9]*\([0-9]*\):.*/\1/')
expect_eq "$(json index /tmp/gap.json)" "$place" "place of the gap"
log "a stopped reader: one gap of $lost frames at sample index $place, as the card says"
exit 0
