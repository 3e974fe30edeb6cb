#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: ramp kernels=6.1,6.12,7 check
# The acq tool and the attributes in sysfs, as a user meets them.
# wait_for evaluates its condition: SC2016
# shellcheck source=tests/guest/lib.sh disable=SC2016
. /lib.sh

card clear >/dev/null
# Nothing is lost on a machine that is late.
card wait on >/dev/null
must /bin/acq stop
sys=/sys/class/misc/acqdev
expect_eq "$(cat $sys/family)" acq-r1
expect_eq "$(cat $sys/state)" idle
[ "$(cat $sys/card)" = "$(basename "$(readlink -f $sys/device)")" ] || fail "card is $(cat $sys/card)"
grep -q . $sys/serial || fail "no serial number"

must /bin/acq list
must /bin/acq info
must /bin/acq stat --json
/bin/acq info | grep -q '^in total  *[0-9]* frames in ' || fail "no totals: $(/bin/acq info)"
must /bin/acq config rate=48k format=s16 channels=0-1 pattern=prbs transfer=dma count=0 trigger=immediate pretrigger=0 block=16k ring=1M
expect_eq "$(cat $sys/config/rate)" 48000.000
expect_eq "$(cat $sys/config/pattern)" prbs
expect_eq "$(cat $sys/config/frame_bytes)" 4
expect_eq "$(cat $sys/config/ring_bytes)" 1048576

modes="read poll epoll uring mmap"
case $(uname -r) in 6.1.*) ;; *) modes="$modes uring-multishot" ;; esac
for mode in $modes; do
	for pattern in ramp prbs; do
		must /bin/acq read --mode "$mode" --config pattern=$pattern -n 30000 --verify $pattern --strict \
			--json=/tmp/out.json
		grep -q '"ok": *true' /tmp/out.json || fail "$mode $pattern: $(cat /tmp/out.json)"
		[ "$mode" != poll ] || grep -q '"empty": *0\b' /tmp/out.json || fail "$mode: readable, but EAGAIN: $(cat /tmp/out.json)"
	done
	log "acq read --mode $mode: verified"
done
must /bin/acq read --config pattern=prbs,format=u8,channels=0-0 -n 10000 --verify prbs
must /bin/acq read --config pattern=ramp,format=s32,channels=0-1 -n 10000 --verify ramp

# A check of nothing has failed.
must /bin/acq config pattern=ramp format=s16 trigger=software
/bin/acq read --verify ramp --strict -t 0.5 2>/tmp/err
expect_eq $? 4 "status without a sample"
grep -q 'no sample to compare' /tmp/err || fail "$(cat /tmp/err)"
grep -q 'the stream waits for its trigger' /tmp/err || fail "$(cat /tmp/err)"
must /bin/acq config trigger=immediate

# A run that was started stays until it is stopped.
must /bin/acq config format=s16 pattern=ramp
must /bin/acq start
expect_eq "$(cat $sys/state)" running
sleep 0.3
must /bin/acq stop
expect_eq "$(cat $sys/state)" idle
must /bin/acq read --oldest -q -o /tmp/past
[ -s /tmp/past ] || fail "nothing left of the past"
expect_eq $(($(wc -c </tmp/past) % 4)) 0 "part of a frame"

/bin/acq config rate=fast 2>/tmp/err && fail "takes a rate of 'fast'"
/bin/acq info /dev/null 2>/tmp/err && fail "takes /dev/null for a card"
log "$(cat /tmp/err)"
exit 0
