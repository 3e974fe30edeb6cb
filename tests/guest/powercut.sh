#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# acqtest: three-channels disks soak kmod=nbd add=$BUILD/tests/recorded:/recorded add=$BUILD/tests/powercut:/powercut \
#          add=$BUILD/tests/promised:/promised kernels=7 takes=60 limit=900 cases
# shellcheck shell=dash disable=SC2016
#
# What acq record leaves when it is killed, the power fails, or the disk does: what it has said is
# safe is there, and --repair makes a whole recording of it. The disk is powercut.c's.
#
# powercut.sh [CASE...]: 3 rounds of each kind, with ACQ_SEED 25. A round that fails has said its seed:
# ACQ_SEED=SEED ROUNDS=1 runs it again.

# shellcheck source=tests/guest/lib.sh
. /lib.sh

control=$PWD/control
work=$PWD

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

# make_file_system [OPTIONS]: by the real mke2fs, which the shell's own would hide
make_file_system()
{
	/usr/bin/mke2fs -q -F -t ext4 -J size=1 /dev/nbd0 >out 2>&1 || fail "mke2fs: $(cat out)"
	mount -t ext4 -o "noatime$1" /dev/nbd0 disk 2>err || fail "mount: $(cat err)"
}

# The machine is started anew: the disk has what survived, and the file system's journal is replayed.
start_anew()
{
	umount disk || fail "umount"
	must disk on
	mount -t ext4 -o noatime /dev/nbd0 disk 2>err || fail "mount after the power cut: $(cat err)"
}

# pick N: $picked is from 0 to N - 1, by the round's seed
pick()
{
	state=$(((state * 1103515245 + 12345) & 0x7fffffff))
	picked=$(((state >> 8) % $1))
}

# An acknowledged write is forgotten unless it is flushed; a flushed one never.
disk_forgets_what_is_not_flushed()
{
	lost=0
	for seed in 1 2 3 4; do
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
	log "$lost of 4 have lost what was not flushed"
	[ $lost -ge 1 ] || fail "the disk forgets nothing: it proves nothing"
}

# A file keeps what was synchronized; and not if the file system does not flush the disk.
file_keeps_what_is_synchronized()
{
	lost=0
	for seed in 1 2 3 4; do
		for barrier in 1 0; do
			begin_disk 16
			make_file_system ",barrier=$barrier"
			must disk cut $((20 + seed * 10)) "$seed"
			/powercut write disk/file 10000000 sync >announced 2>/dev/null && fail "it can write without power"
			announced=$(tail -n 1 announced)
			umount disk
			must disk on
			if mount -t ext4 -o noatime /dev/nbd0 disk 2>err; then
				said=$(/powercut verify disk/file "${announced:-0}")
				there=$?
				umount disk
			else
				there=1 said=$(cat err)
			fi
			end_disk
			log "seed $seed, barrier=$barrier: $said"
			[ $barrier = 0 ] || [ $there = 0 ] || fail "seed $seed: a file has lost what was synchronized: $said"
			[ $there = 0 ] || lost=$((lost + 1))
		done
	done
	[ $lost -ge 1 ] || fail "without barriers nothing is lost: the power cut proves nothing"
}

[ -b /dev/nbd0 ] || skip "there is no network block device"
grep -qw ext4 /proc/filesystems || skip "this kernel has no ext4"
mkdir -p disk
disk_forgets_what_is_not_flushed
file_keeps_what_is_synchronized
