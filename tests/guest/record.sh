#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# acq record: what is on the disk is what was sampled, whole but for the gaps that are listed.
# Needs a disk: boot --kmod brd --kmod ext4; and a card of three channels. The disk is memory, the direct I/O is real.

# shellcheck source=tests/guest/lib.sh disable=SC2016
. /lib.sh

# try NAME CMD...: one test; ends the script if CMD fails
n=0
try()
{
	n=$((n + 1))
	"$@"
	echo "ok $n $1"
}

check()
{
	/recorded "$1" "${2:-2}" >said || fail "$1: $(cat said) $(cat out err 2>/dev/null)"
	log "$(cat said)"
}

records_direct()
{
	must card speed 20
	before=$(sed -n 's/^nr_dirtied //p' /proc/vmstat)
	/bin/acq record acqdev disk/direct -n 1000000 --config pattern=ramp,format=s16,channels=2,ring=8M >out 2>err ||
		fail "acq record: $(cat out err)"
	log "$(cat out err)"
	expect_eq "$(stat -c %s disk/direct)" 4000000 size
	check disk/direct
	! grep -qi 'copied' out err || fail "it copied: $(cat out err)"
	# Pages that the kernel copied into its cache: those of the file system's own, not the 976 of the samples
	copied=$(($(sed -n 's/^nr_dirtied //p' /proc/vmstat) - before))
	log "$copied pages copied to the cache"
	[ $copied -lt 200 ] || fail "$copied pages were copied"
}

records_odd_frames()
{
	# A frame that fills no block: there is no way but to copy
	/bin/acq record acqdev disk/odd -n 50000 --config pattern=ramp,format=s16,channels=3 >out 2>err ||
		fail "acq record: $(cat out err)"
	expect_eq "$(stat -c %s disk/odd)" 300000 size
	check disk/odd 3
}

records_without_direct_io()
{
	must card speed 5
	/bin/acq record acqdev buffered -n 100000 --config pattern=ramp,format=s16,channels=2 >out 2>err ||
		fail "acq record: $(cat out err)"
	log "$(cat out err)"
	expect_eq "$(stat -c %s buffered)" 400000 size
	check buffered
}

lists_gaps()
{
	must card speed 5
	/bin/acq config acqdev pattern=ramp format=s16 channels=2 >out
	/bin/acq record acqdev disk/gaps -n 1000000 >out 2>err &
	acq=$!
	for i in 1 2 3; do
		sleep 0.2
		must card overflow $((100 * i))
	done
	wait $acq || fail "acq record: $(cat out err)"
	check disk/gaps
	grep -q '"lost": *[1-9]' disk/gaps.json || fail "no gap is listed: $(cat disk/gaps.json)"
	log "$(cat out)"
}

full_disk_is_told()
{
	must card speed 20
	dd if=/dev/zero of=disk/fill bs=1M 2>/dev/null
	/bin/acq record acqdev disk/full -t 20 >out 2>err && fail "it says nothing of a full disk: $(cat out)"
	log "$(cat err)"
	grep -qi 'space' err || fail "no word of space: $(cat out err)"
	rm -f disk/fill disk/full
}

[ -b /dev/ram0 ] || skip "there is no disk"
mkdir -p disk
mkfs=$(command -v mke2fs || command -v mkfs.ext2) || skip "there is no mkfs"
"$mkfs" -q /dev/ram0 >out 2>&1 || "$mkfs" /dev/ram0 >out 2>&1 || fail "mkfs: $(cat out)"
mount -t ext4 /dev/ram0 disk 2>err || mount -t ext2 /dev/ram0 disk 2>>err || fail "mount: $(cat err)"
echo "KTAP version 1"
echo "1..5"
try records_direct
try records_odd_frames
try records_without_direct_io
try lists_gaps
try full_disk_is_told
umount disk
