#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# acqtest: three-channels disks soak kmod=nbd add=$BUILD/tests/recorded:/recorded add=$BUILD/tests/powercut:/powercut kernels=7 takes=60
# shellcheck shell=dash disable=SC2016
#
# What acq record leaves when it is killed, the power fails, or the disk does: what it has said is
# safe is there, and --repair makes a whole recording of it. The disk is powercut.c's.
#
# ROUNDS of each kind, with ACQ_SEED hundreds. Each prints its seed: SEED=N makes the first round that.

# shellcheck source=tests/guest/lib.sh
. /lib.sh

control=$PWD/control

disk()
{
	/powercut tell "$control" "$@"
}

# begin_disk MIB: a disk without anything on it
begin_disk()
{
	rm -f "$control"
	/powercut disk /dev/nbd0 "$1" "$control" 2>server.err &
	server=$!
	wait_for '[ -S "$control" ] && [ "$(cat /sys/block/nbd0/size)" = '$(($1 * 2048))' ]' || fail "no disk: $(cat server.err)"
}

end_disk()
{
	must disk quit
	wait $server
}

# An acknowledged write is forgotten unless it is flushed; a flushed one never.
forgets_what_is_not_flushed()
{
	lost=0
	for seed in 1 2 3 4 5 6 7 8; do
		for how in sync dsync lie; do
			begin_disk 16
			must disk cut $((seed * 7)) "$seed"
			/powercut write /dev/nbd0 1000000 $how >announced 2>/dev/null && fail "it can write without power"
			expect_eq "$(disk state | cut -d' ' -f1)" off "the disk's state"
			announced=$(tail -n 1 announced)
			must disk on
			said=$(/powercut verify /dev/nbd0 "${announced:-0}")
			there=$?
			end_disk
			[ $how = lie ] || [ $there = 0 ] || fail "seed $seed, $how: the disk has lost what was flushed: $said"
			[ $there = 0 ] || lost=$((lost + 1))
		done
	done
	log "$lost of 8 have lost what was not flushed"
	[ $lost -ge 3 ] || fail "the disk forgets nothing: it proves nothing"
}

[ -b /dev/nbd0 ] || skip "there is no network block device"
forgets_what_is_not_flushed
