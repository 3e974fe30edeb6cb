#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: xdma-module card="--model xdma --wait --loopback --source ramp --channels 1 --format s16 --rate 48000 --h2c-rate 48000 --h2c-wait" \
#          add=/usr/share/sounds/alsa/Front_Center.wav:/song.wav add=$BUILD/tests/player:/player takes=30 kernels=6.1,6.12,7
# A song goes by an H2C channel to the card's converter, over a wire to its C2H channel, and is what it was. /recording.raw is
# what is in the file, extracted by another program.
# wait_for evaluates its condition: SC2016
# shellcheck source=tests/guest/lib.sh disable=SC2016
. /lib.sh

bytes=$(wc -c </recording.raw)

for dev in acqdev acqdev1; do
	must /bin/acq config $dev rate=48k format=s16 channels=0-0 block=4k ring=256k
done
/bin/acq list | grep -q "^/dev/acqdev1  *out " || fail "no output: $(/bin/acq list)"
# One reader hears all: where it stops, XDMA has a block in hand, and begins the next run behind it.
/bin/acq read -q -n $((7 * bytes / 2)) -o /tmp/heard &
reader=$!
wait_for '[ "$(cat /sys/class/misc/acqdev/state)" = running ]' || fail "the reader does not begin"
must /bin/acq write /song.wav
must sh -c "cat /recording.raw >/dev/acqdev1"
must dd if=/recording.raw of=/dev/acqdev1 bs=10000
for way in write uring mapped sendfile; do
	must /player /dev/acqdev1 $way /recording.raw
done
wait "$reader" || fail "the reader says $?"
for _ in 1 2 3 4 5 6 7; do
	cat /recording.raw
done | cmp - /tmp/heard || fail "heard $(wc -c </tmp/heard) bytes"
expect_eq "$(card out stats | tr ' ' '\n' | sed -n 's/^filler=//p')" 0 filler
log "acq write, cat, dd, write, io_uring, mapped, sendfile: $bytes bytes each, identical"
exit 0
