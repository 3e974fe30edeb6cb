#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: card="$ramp" tree memory=3072 kmod=brd,ext4 append=brd.rd_size=1572864 add=/usr/sbin/mke2fs \
#	add=tests/acq/sigmf.py:/sigmf.py kernels=6.12 takes=600 limit=3600 long own
# As many samples as a day has at 2 kHz, two channels of 16 bits, recorded faster than real time in files of 64 MiB;
# meanwhile the card loses samples twice, the disk is full once, and the recorder is killed and begins again. Then every
# sample is compared with the ramp, and every one that is missing is counted, by a program that knows the files alone.
# wait_for evaluates its condition: SC2016, SC2317
# shellcheck source=tests/guest/lib.sh disable=SC2016,SC2317
. /lib.sh

day=$((86400 * 2000))
name=disk/day

# reached N: the card is so far
reached()
{
	[ "$(taken)" -ge "$1" ]
}

# taken: frames that the driver has taken from the card in this run
taken()
{
	cat /sys/class/misc/acqdev/counters/frames
}

# on PART: the card has gone on by so much of the day since now
on()
{
	wait_for -t 600 "reached $(($(taken) + day / $1))" || fail "nothing flows: $(cat err)"
}

# loses N: the card does, and a file that says so is complete: nothing that is killed can cut that off
loses()
{
	must card overflow "$1"
	wait_for -t 600 "grep -q '\"acqdev:lost\": *$1[^0-9]' disk/*.sigmf-meta 2>/dev/null" || fail "no file says that $1 are lost: $(cat err)"
}

# begin_recorder: it continues the series
begin_recorder()
{
	/bin/acq record acqdev $name --max-file-size 64M "$@" >out 2>err &
	acq=$!
}

# ends STATUS WHAT
ends()
{
	wait $acq
	expect_eq $? "$1" "$2"
	log "$2: $(tail -n 3 err | tr '\n' ' ')"
}

mkdir disk
/usr/bin/mke2fs -q -F -t ext4 /dev/ram0 >out 2>&1 || fail "mke2fs: $(cat out)"
mount -t ext4 /dev/ram0 disk || fail "mount"
must /bin/acq config acqdev rate=2k format=s16 channels=0-1 pattern=ramp transfer=dma count=0 trigger=immediate \
	pretrigger=0 block=64k ring=8M
card wait on >/dev/null
card speed free >/dev/null
begin_recorder --start
on 8
loses 100
on 8
loses 2345678
on 8
kill -KILL $acq
wait $acq
log "killed at $(taken)"

begin_recorder --oldest
on 8
dd if=/dev/zero of=disk/fill bs=1M 2>/dev/null
ends 8 "a full disk"
rm disk/fill
files=$(find disk -name '*.sigmf-data' | wc -l)

begin_recorder
on 8
wait_for -t 600 "reached $day" || fail "nothing flows: $(cat err)"
kill -INT $acq
ends 0 "the end"
must /bin/acq stop acqdev
[ "$(find disk -name '*.sigmf-data' | wc -l)" -gt "$files" ] || fail "nothing was recorded behind the full disk"
log "$(card gaps)"

cp /sigmf.py .
mount -o bind disk "/tree$PWD/disk" || fail "mount -o bind"
in_tree python3 sigmf.py --ramp --fast $name.sigmf-collection >said 2>&1 || fail "$(cat said)"
while read -r line; do log "$line"; done <said
# no more and no less than the card says
grep -q ' 2 gaps, 2345778 lost; all accounted for' said || fail "the card lost 2345778 frames in 2 gaps: $(cat said)"
expect_eq "$(card stats | sed 's/.* dropped=\([0-9]*\).*/\1/')" 2345778 "frames that the card lost"
umount "/tree$PWD/disk"
umount disk
exit 0
