#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# acqtest: odd tree takes=60 kernels=6.12
# Programs that fill a buffer, or want an exact number of bytes, of frames that fit neither: each gets just these.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

dev=/dev/acqdev
must card speed free

# configured FRAMES: the next run has so many, 0: endless
configured()
{
	must /bin/acq config $dev format="$format" channels="$channels" pattern=ramp count="$1"
}

# try NAME BYTES CMD...: CMD prints the first BYTES of the ramp
try()
{
	name=$1 bytes=$2
	shift 2
	"$@" >out 2>err || fail "$name, frames of $frame bytes: exit status $?: $(cat err)"
	expect_eq "$(wc -c <out)" "$bytes" "$name, frames of $frame bytes"
	head -c "$bytes" ramp | cmp -s - out || fail "$name, frames of $frame bytes: other bytes than the ramp's"
	[ ! -s err ] || ! grep -q -i error err || fail "$name: $(cat err)"
	log "$name, frames of $frame bytes: right"
}

the_usual()
{
	configured 0
	try "dd" 1048576 in_tree dd if=$dev bs=64k count=16 iflag=fullblock
	try "od" 100 in_tree sh -c "od -A n -t x1 -v -N 100 $dev | tr -d ' \n' | tr a-f A-F | basenc -d --base16"
	configured 5000
	whole=$((5000 * frame))
	try "gzip" $whole in_tree sh -c "gzip -1 <$dev | gunzip"
}

the_others()
{
	configured 0
	try "dd with blocks of 512 bytes" 51200 in_tree dd if=$dev bs=512 count=100 iflag=fullblock
	try "busybox dd" 1048576 busybox dd if=$dev bs=64k count=16 iflag=fullblock
	try "head" 100000 in_tree head -c 100000 $dev
	try "busybox head" 100000 busybox head -c 100000 $dev
	try "pv" 100000 in_tree pv -q -S -s 100000 $dev
	try "Python" 101007 in_tree python3 -c "
import sys
f = open('$dev', 'rb')
for n in 1000, 7, 100000:
    sys.stdout.buffer.write(f.read(n))"
	configured 5000
	whole=$((5000 * frame))
	try "cat" $whole in_tree cat $dev
	try "split" $whole in_tree sh -c "split -b 100000 $dev part. && cat part.* && rm part.*"
	try "tail" $whole in_tree tail -c +1 $dev
	try "acq" $whole /bin/acq read $dev -o -
}

format=s32 channels=0-8 frame=36
in_tree python3 -c "
import array, sys
array.array('i', range(300000)).tofile(sys.stdout.buffer)" >ramp
the_usual
the_others
format=s16 channels=0-2 frame=6
in_tree python3 -c "
import array, sys
array.array('H', (i & 65535 for i in range(600000))).tofile(sys.stdout.buffer)" >ramp
the_usual
must card speed 1
exit 0
