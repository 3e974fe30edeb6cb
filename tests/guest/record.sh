#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# acqtest: three-channels disks add=$BUILD/tests/recorded:/recorded kernels=7 takes=60
# shellcheck shell=dash
#
# acq record: what is on the disk is what was sampled, whole but for the gaps that are listed.
# Needs a disk: boot --kmod brd --kmod ext4 --add /usr/sbin/mke2fs; and a card of three channels. The disk is memory, the direct I/O is real.

# shellcheck source=tests/guest/lib.sh disable=SC2016
. /lib.sh

# try NAME CMD...: one test; ends the script if CMD fails
n=0
try()
{
	n=$((n + 1))
	"$@"
	find disk -type f -exec rm {} +
	echo "ok $n $1"
}

# make_disk KIND: an empty one, by the real mke2fs, which the shell's own would hide
make_disk()
{
	/usr/bin/mke2fs -q -F -t "$1" /dev/ram0 >out 2>&1 || fail "mke2fs: $(cat out)"
	mount -t ext4 /dev/ram0 disk 2>err || fail "mount: $(cat err)"
}

check()
{
	/recorded "$1" "${2:-2}" >said || fail "$1: $(cat said) $(cat out err 2>/dev/null)"
	log "$(cat said)"
}

# size NAME: bytes of its data
size() { stat -c %s "$1.sigmf-data" 2>/dev/null; }

# meta NAME KEY: that field of its metadata
meta()
{
	sed -n "s/.*\"$2\": *\([^,]*[^, ]\).*/\1/p" "$1.sigmf-meta" 2>/dev/null | head -n 1
}

# good NAME: bytes that its journal vouches for, while it is recorded
good()
{
	sed -n 's/.*"t":"good","bytes":\([0-9]*\)}/\1/p' "$1.sigmf-journal" 2>/dev/null | tail -n 1
}

# lost NAME: gaps in its journal
lost()
{
	grep -c '"t":"gap"' "$1.sigmf-journal" 2>/dev/null
}

records_direct()
{
	must card speed 20
	before=$(sed -n 's/^nr_dirtied //p' /proc/vmstat)
	/bin/acq record acqdev disk/direct -n 1000000 --config pattern=ramp,format=s16,channels=2,ring=8M >out 2>err ||
		fail "acq record: $(cat out err)"
	log "$(cat out err)"
	expect_eq "$(size disk/direct)" 4000000 size
	check disk/direct
	! grep -qi 'copied\|cannot reserve' out err || fail "it copied: $(cat out err)"
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
	expect_eq "$(size disk/odd)" 300000 size
	check disk/odd 3
}

records_without_direct_io()
{
	must card speed 5
	/bin/acq record acqdev buffered -n 100000 --config pattern=ramp,format=s16,channels=2 >out 2>err ||
		fail "acq record: $(cat out err)"
	log "$(cat out err)"
	expect_eq "$(size buffered)" 400000 size
	check buffered
	rm -f buffered.*
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
	[ "$(meta disk/gaps acqdev:lost)" -gt 0 ] || fail "no gap is listed: $(cat disk/gaps.sigmf-meta)"
	log "$(cat out)"
}

strict_has_a_status()
{
	must card speed 5
	/bin/acq record acqdev disk/strict -n 500000 --strict -q >out 2>err &
	acq=$!
	sleep 0.3
	must card overflow 100
	wait $acq
	expect_eq $? 3 "status with --strict"
	check disk/strict
}

# The card goes on for longer than the file: what is there counts from the first sample that was asked for.
joins_a_run()
{
	must card speed 1
	/bin/acq config acqdev rate=1M >out 2>err || fail "acq config: $(cat out err)"
	/bin/acq start acqdev 2>err || fail "acq start: $(cat err)"
	sleep 0.3
	/bin/acq record acqdev disk/joined -n 200000 >out 2>err || fail "acq record: $(cat out err)"
	log "$(cat err)"
	check disk/joined
	! grep -q 'copied' err || fail "it copied: $(cat err)"
	grep -q '"core:global_index": [1-9]' disk/joined.sigmf-meta || fail "it begins at the run's begin"
	/bin/acq record acqdev disk/oldest -n 200000 --oldest >out 2>err || fail "acq record: $(cat out err)"
	log "$(cat err)"
	check disk/oldest
	! grep -q 'too slow' err || fail "calls the past a slow disk: $(cat err)"
	must /bin/acq stop acqdev
}

slow_disk_is_told()
{
	must card wait off
	must card speed 60
	/bin/acq record acqdev disk/slow -b 8M --config ring=64k,block=4k,rate=2M >out 2>err ||
		fail "acq record: $(cat out err)"
	log "$(tail -n 2 err)"
	must card speed 1
	must card wait on
	grep -q 'the disk is too slow: the ring is' err || fail "no word of a slow disk: $(cat err)"
	check disk/slow
	[ "$(meta disk/slow acqdev:gaps)" -gt 0 ] || fail "the disk was as fast as the card"
	must /bin/acq config acqdev ring=8M block=64k
}

signal_ends_it()
{
	must card speed 5
	/bin/acq record acqdev disk/signal -q --json=json --config rate=1M >out 2>err &
	acq=$!
	# shellcheck disable=SC2016	# evaluated by wait_for
	wait_for '[ "$(size disk/signal)" -gt 100000 ] 2>/dev/null' || fail "it does not begin"
	kill -INT $acq
	wait $acq || fail "status $? after SIGINT: $(cat err)"
	grep -q '"end": "signal"' json || fail "$(cat json)"
	check disk/signal
}

# A terminal that closes is a reason to end like any other.
hangup_ends_it()
{
	must card speed 5
	/bin/acq record acqdev disk/hangup -q --config rate=1M >out 2>err &
	acq=$!
	# shellcheck disable=SC2016	# evaluated by wait_for
	wait_for '[ "$(size disk/hangup)" -gt 100000 ] 2>/dev/null' || fail "it does not begin"
	kill -HUP $acq
	wait $acq || fail "status $? after SIGHUP: $(cat err)"
	expect_eq "$(meta disk/hangup acqdev:end)" '"signal"' end
	check disk/hangup
}

# Who is killed has said before what was lost, and how far the file is on the disk; a repair finishes that.
killed_has_told()
{
	must card speed 1
	/bin/acq record acqdev disk/killed -q -b 9M --flush 0.3 --config rate=48k >out 2>err &
	acq=$!
	wait_for '[ "$(good disk/killed)" -gt 100000 ] 2>/dev/null' || fail "the journal does not follow: $(cat err)"
	must card overflow 100
	wait_for '[ "$(lost disk/killed)" = 1 ]' || fail "the journal has no gap: $(cat disk/killed.sigmf-journal)"
	# shellcheck disable=SC2034	# used by wait_for
	at=$(sed -n 's/.*"t":"gap","frame":\([0-9]*\),.*/\1/p' disk/killed.sigmf-journal)
	wait_for '[ "$(good disk/killed)" -gt $((4 * at)) ]' || fail "the journal stands still"
	/bin/acq record --repair disk/killed 2>err && fail "it repairs what is recorded"
	grep -q 'another process is recording it' err || fail "acq record --repair: $(cat err)"
	kill -KILL $acq
	wait $acq
	bytes=$(good disk/killed) size=$(size disk/killed)
	log "killed with $bytes bytes accounted for, $size written"
	[ "$size" -ge "$bytes" ] || fail "$bytes bytes are accounted for, $size are there"
	# not what was reserved
	[ "$size" -lt $((9 << 20)) ] || fail "the file has bytes that nobody wrote"
	must /bin/acq record --repair disk/killed
	expect_eq "$(size disk/killed) $(meta disk/killed acqdev:end)" "$bytes \"repaired\"" repaired
	check disk/killed
	# and begins anew over what that one has left
	/bin/acq record acqdev disk/killed -q -n 1000 --force 2>err || fail "acq record --force: $(cat err)"
	check disk/killed
	expect_eq "$(find disk -type f | sort | tr '\n' ' ')" 'disk/killed.sigmf-data disk/killed.sigmf-meta ' files
}

full_disk_is_told()
{
	/bin/acq record acqdev disk/large -b 1G -q >out 2>err
	expect_eq $? 8 "status of what has no room"
	grep -q 'there is no room for' err || fail "no word of room: $(cat out err)"
	must card speed 5
	dd if=/dev/zero of=disk/fill bs=1M count=$(($(df -m disk | awk 'NR == 2 { print $4 }') - 4)) 2>/dev/null
	/bin/acq record acqdev disk/full >out 2>err &
	acq=$!
	wait_for '[ "$(size disk/full)" -gt 100000 ] 2>/dev/null' || fail "it does not begin"
	must card overflow 100
	wait $acq
	expect_eq $? 8 "status of a full disk"
	log "$(cat err)"
	grep -qi 'space' err || fail "no word of space: $(cat out err)"
	# what is there is whole, and the list of gaps has had its room
	[ "$(size disk/full)" -gt 1000000 ] || fail "only $(size disk/full) bytes are there"
	expect_eq "$(meta disk/full acqdev:end)" '"full"' end
	[ "$(meta disk/full acqdev:gaps)" -ge 1 ] || fail "the gap is not listed"
	check disk/full
	must card speed 1
}

# Others have filled the disk: what is reserved for the samples and for the list of gaps is there.
others_fill_the_disk()
{
	must card speed 1
	/bin/acq record acqdev disk/room -q -b 6M >out 2>err &
	acq=$!
	wait_for '[ "$(good disk/room)" -gt 0 ] 2>/dev/null' || fail "it does not begin: $(cat err)"
	dd if=/dev/zero of=disk/fill bs=4k 2>/dev/null && fail "the disk is not full"
	while [ "$(lost disk/room)" -lt 15 ]; do
		kill -0 $acq 2>/dev/null || fail "it has ended: $(cat err)"
		must card overflow 100
		sleep 0.1
	done
	must card speed 20
	wait $acq || fail "status $?: $(cat err)"
	expect_eq "$(meta disk/room acqdev:end)" '"limit"' end
	check disk/room
}

# refuses WORDS ARGUMENTS...: what is in disk stays as it is, to the byte
refuses()
{
	words=$1
	shift
	find disk -type f -exec md5sum {} + >was
	/bin/acq record -q "$@" >out 2>err && fail "acq record $* does it: $(cat out err)"
	grep -q "$words" err || fail "acq record $*: no '$words': $(cat err)"
	find disk -type f -exec md5sum {} + >is
	cmp -s was is || fail "acq record $*: $(diff was is)"
}

refusal_destroys_nothing()
{
	must card speed 20
	/bin/acq record acqdev disk/old -q -n 100000 || fail "acq record"
	refuses 'exists: --force overwrites it' acqdev disk/old -n 10
	refuses 'there is no room for' acqdev disk/old -b 1G --force
	refuses 'No such file' acqdev5 disk/old -n 10 --force
	refuses 'no value for rate' acqdev disk/old -n 10 --force --config rate=0
	refuses 'there is no room for' acqdev disk/new -b 1G
	refuses 'No such file' acqdev disk/none/new -n 10
	# nor does it change the card
	/bin/acq config acqdev rate=48k >was.config || fail "acq config"
	refuses 'there is no room for' acqdev disk/new -b 1G --config rate=2M
	/bin/acq read acqdev -q -n 1 -o /none/new --config rate=2M 2>/dev/null && fail "acq read writes to nowhere"
	/bin/acq config acqdev >is.config
	cmp -s was.config is.config || fail "the card was configured all the same: $(diff was.config is.config)"
	# somebody else's, by chance
	mv disk/old.sigmf-data disk/older
	refuses 'old.sigmf-meta exists' acqdev disk/old -n 10
	mv disk/older disk/old.sigmf-data
	check disk/old
	# nearly all that there is, so that what the older one has is needed
	/bin/acq record acqdev disk/old -q -n 100 --force || fail "acq record --force"
	expect_eq "$(size disk/old)" 400 size
	check disk/old
}

# A run that ends, or a time, before there is as much as was asked for
less_is_told()
{
	must card speed 20
	/bin/acq record acqdev disk/less -n 1001 --config count=1000 >out 2>err
	expect_eq $? 6 "status of a run that is too short"
	grep -q 'only 1000 of 1001 frames came' err || fail "$(cat err)"
	check disk/less
	! awk 'length > 80' err | grep . || fail "wider than a terminal"
	must /bin/acq config acqdev count=endless
}

# A write that was shorter than it should be: at the largest size that a file may have
short_write_is_noticed()
{
	must card speed 5
	(trap '' XFSZ; ulimit -f 3001; exec /bin/acq record acqdev short --chunk 256k) >out 2>err
	expect_eq $? 8 "status of a file that may not grow"
	log "$(cat err)"
	[ "$(size short)" -gt 1000000 ] || fail "only $(size short) bytes are there"
	check short
	rm -f short.*
}

# A file system that neither reserves nor has extents
without_reservation()
{
	umount disk
	make_disk ext2
	must card speed 5
	/bin/acq record acqdev disk/ext2 -n 100000 >out 2>err || fail "acq record: $(cat out err)"
	log "$(cat err)"
	grep -q 'cannot reserve room' err || fail "no word of it"
	check disk/ext2
}

[ -b /dev/ram0 ] || skip "there is no disk"
grep -qw ext4 /proc/filesystems || skip "this kernel has no ext4"
mkdir -p disk
make_disk ext4
# whatever a test before this one has left
must /bin/acq config acqdev trigger=immediate count=0 pretrigger=0 transfer=dma rate=48k block=64k ring=8M
must card wait on
echo "KTAP version 1"
echo "1..16"
try records_direct
try records_odd_frames
try records_without_direct_io
try lists_gaps
try strict_has_a_status
try joins_a_run
try slow_disk_is_told
try signal_ends_it
try hangup_ends_it
try killed_has_told
try others_fill_the_disk
try refusal_destroys_nothing
try less_is_told
try full_disk_is_told
try short_write_is_noticed
try without_reservation
umount disk
