#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: ramp kernels=6.1,6.12,7,debug check
# The tracepoints tell what happens.
# wait_for evaluates its condition: SC2016
# shellcheck source=tests/guest/lib.sh disable=SC2016
. /lib.sh

trace=/sys/kernel/tracing
[ -d $trace/events/acqdev ] || fail "no events in $trace"
for event in acq_irq acq_block acq_gap acq_state acq_read; do
	[ -d $trace/events/acqdev/$event ] || fail "no event $event"
done
card clear >/dev/null
must /bin/acq stop
must /bin/acq config /dev/acqdev rate=48k format=s16 channels=0-1 pattern=ramp transfer=dma count=0 trigger=immediate pretrigger=0 block=4k
# An earlier test may have left it failed: from here on it is idle.
dd if=/dev/acqdev bs=4096 count=1 of=/dev/null 2>/dev/null
wait_for '[ "$(cat /sys/class/misc/acqdev/state)" = idle ]' || fail "the stream does not become idle"
echo 8192 >$trace/buffer_size_kb
echo >$trace/trace
echo 1 >$trace/tracing_on
echo 1 >$trace/events/acqdev/enable
must dd if=/dev/acqdev bs=4096 count=4 of=/dev/null
/bin/acq read -q -o /dev/null &
acq=$!
wait_for '[ "$(cat /sys/class/misc/acqdev/counters/frames)" -gt 100 ]' || fail "no samples"
must card overflow 77
wait_for '[ "$(cat /sys/class/misc/acqdev/counters/gaps)" -ge 1 ]' || fail "no gap"
kill -INT $acq
wait $acq
echo 0 >$trace/events/acqdev/enable
cp $trace/trace /tmp/trace
for want in "acq_state: stream=0 idle -> running" "acq_state: stream=0 running -> idle" "acq_irq: stream=0" \
	"acq_block: stream=0 block=0 pos=0 index=0 .*complete" "acq_read: stream=0 pos=0 want=4096 ret=" \
	"acq_gap: stream=0 .*lost=77 cause=card-fifo"; do
	grep -q "$want" /tmp/trace || {
		grep -v " acq_block: " /tmp/trace | sed -n '1,40s/^/# /p'
		fail "no '$want' in the trace"
	}
done
echo >$trace/trace
exit 0
