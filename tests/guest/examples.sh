#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# acqtest: ramp tree add=docs/read-samples.md:/read-samples.md add=tests/acq/docs.py:/docs.py \
#          add=include/uapi/linux/acqdev.h:/acqdev.h takes=60 kernels=7
# The programs of docs/read-samples.md that read a card, as they stand there, beside a loss (tests/acq/docs runs the others).
# shellcheck source=tests/guest/lib.sh disable=SC2016
. /lib.sh

dev=/dev/acqdev
sys=/sys/class/misc/acqdev
mkdir -p linux
cp /read-samples.md /docs.py .
cp /acqdev.h linux
must in_tree python3 docs.py extract read-samples.md .
must /bin/acq config $dev rate=48k format=s16 channels=0-1 pattern=ramp count=0

# loses N AFTER PROGRAM...: the card loses N frames while the program reads, once it has printed AFTER; it must say so
loses()
{
	lose=$1 after=$2
	shift 2
	"$@" >said 2>err &
	program=$!
	wait_for -t 30 'grep -q "^$after" said' || fail "$1 does not print $after: $(cat err)"
	wait_for -t 30 '[ "$(cat $sys/state)" = running ]' || fail "$1 does not read: $(cat err)"
	from=$(cat $sys/counters/frames)
	wait_for -t 30 "[ \$(cat $sys/counters/frames) -gt $((from + 2000)) ]" || fail "nothing flows"
	must card overflow "$lose"
}

loses 300 '(4096' in_tree python3 -u device.py
wait $program || fail "device.py: $(cat err)"
log "$(cat said)"
grep -q '^(4096, 2) ' said || fail "it has not read 4096 frames"
grep -q '^300 frames lost at index [0-9]*$' said || fail "it tells no loss"
grep -q ' bytes, 300 frames lost$' said || fail "it does not count the loss"

must in_tree cc -Wall -I. -o program C.c
loses 500 '' in_tree ./program
wait_for -t 30 'grep -q "^500 frames lost at index [0-9]*, cause " err' || fail "the C program tells no loss: $(cat err)"
must /bin/acq stop $dev
wait $program || fail "the C program does not end with the run: $(cat err)"
log "$(cat err)"
