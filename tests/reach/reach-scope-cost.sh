#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# acqtest: part=reach card="--source ramp --channels 2 --format s16" kernels=7 takes=60 memory=1024 add=$BUILD/bin/acq-scope:/acq-scope add=tests/reach/slow-viewers.py:/slow-viewers.py
#
# Ten viewers on a slow network beside a recorder: it loses nothing, and what the stream does for
# its readers is the same as before: interrupts, wake-ups, and the least time of a turn.
# shellcheck shell=dash source=tests/guest/lib.sh disable=SC2016
. /lib.sh

[ -d /tree/usr ] || skip "needs the tree: boot --reach"
must ip link set lo up
must mkdir -p /tmp/scope
must cp /acq-scope /slow-viewers.py /tmp/scope/
must cp /bin/acq /tmp/scope/acq

stat() { /bin/acq stat --json | tr -d ' ,"' | sed -n "s/^$1://p" | head -n 1; }

# count: what has happened while the recorder got so many frames, "frames interrupts wakeups"
count()
{
	local frames interrupts wakeups

	frames=$(stat frames) interrupts=$(stat interrupts) wakeups=$(stat wakeups)
	sleep 8
	echo "$(($(stat frames) - frames)) $(($(stat interrupts) - interrupts)) $(($(stat wakeups) - wakeups))"
}

# least: the shortest time in which the driver says what the stream does, which is a turn, in us
least()
{
	in_tree python3 -c '
import fcntl, os, time
fd = os.open("/dev/acqdev", os.O_RDONLY)
times, status = [], bytearray(152)
for _ in range(200):
    time.sleep(0.0005)
    a = time.monotonic_ns()
    fcntl.ioctl(fd, 0x8098e707, status)
    times.append(time.monotonic_ns() - a)
print(min(times) // 1000)'
}

must /bin/acq config rate=200k ring=8M count=endless block=default
must card speed 1
/bin/acq read --watermark 64k --json=/tmp/summary -o /dev/null >/tmp/out 2>&1 &
recorder=$!
wait_for '[ "$(stat state)" = running ]' || fail "the recorder does not run: $(cat /tmp/out)"
sleep 2
turn=$(least)
before=$(count)

in_tree /tmp/scope/acq-scope --port 8710 >/tmp/address 2>/tmp/scope.err &
scope=$!
wait_for '[ -s /tmp/address ]' || fail "no scope: $(cat /tmp/scope.err)"
in_tree python3 /tmp/scope/slow-viewers.py "$(cat /tmp/address)" 10 40 >/tmp/viewers 2>&1 &
viewers=$!
wait_for -t 60 'grep -q ready /tmp/viewers' || fail "the viewers see nothing: $(cat /tmp/viewers /tmp/scope.err)"
wait_for '[ "$(stat readers)" = 2 ]' || fail "$(stat readers) readers, not the recorder and one monitor"
with=$(count)
turn_with=$(least)
kill -0 $viewers 2>/dev/null || fail "the viewers have gone: $(cat /tmp/viewers)"
must kill $scope
wait $scope
kill $viewers 2>/dev/null
wait $viewers 2>/dev/null
must kill -INT $recorder
wait $recorder

log "alone: $before (frames, interrupts, wake-ups), a turn of $turn us at least"
log "with ten slow viewers: $with, a turn of $turn_with us"
lost=$(tr -d ' ,"' </tmp/summary | sed -n 's/^lost://p; s/^frames_lost://p' | head -n 1)
[ "$lost" = 0 ] || fail "the recorder lost '$lost' frames: $(cat /tmp/summary)"
# counted for as many frames each; a quarter more is what two countings differ in
echo "$before $with" | awk '{ print "interrupts", $2 / $1 * $4, $5; print "wake-ups", $3 / $1 * $4, $6
	exit !($5 <= 1.25 * $2 / $1 * $4 + 8 && $6 <= 1.25 * $3 / $1 * $4 + 8) }' >/tmp/compared ||
	fail "more than before, for as many frames: $(cat /tmp/compared)"
log "for as many frames, before and with: $(tr '\n' ' ' </tmp/compared)"
[ "$turn_with" -le $((3 * turn + 100)) ] || fail "a turn took $turn us, and $turn_with with viewers"
