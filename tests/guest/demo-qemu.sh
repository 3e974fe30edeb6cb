#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# acqtest: none
# demo-qemu.sh FRAMES: what tests/demo-qemu shows. QEMU's first sound card samples a recording of so many frames,
# which is in /recording.raw, too; the second one plays into a file of the host.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

frames=$1
bad=0
cp "$MODULE" .
exec >/dev/ttyS5 2>&1
stty -F /dev/ttyS5 raw -echo
export NO_COLOR=1 LC_ALL="${2:-C}"

# shellcheck disable=SC2317
{
	cat() { /usr/bin/cat "$@"; }
	head() { /usr/bin/head "$@"; }
	cmp() { /usr/bin/cmp "$@"; }
	acq() { /bin/acq "$@"; }
	tone() { /bin/tone "$@"; }
}

heading()
{
	printf '\n== %s\n' "$*"
}

# run COMMAND: shows it as typed, then runs it; a failure is counted
run()
{
	printf '\n$ %s\n' "$1"
	eval "$1" && return
	printf '(exit status %s)\n' $?
	bad=$((bad + 1))
}

heading "Two sound cards of QEMU's, and no driver for them"
run 'uname -sr'
run 'dmesg | grep "8086:2415.*class" | cut -c 16-'

heading "Load the driver"
run 'insmod acqdev.ko ac97_ids=8086:2415'
[ $bad = 0 ] || exit 1
run 'dmesg | grep "acqdev-ac97" | cut -c 16-'
run 'acq list'

heading "Record: the first card has a recording at its line in"
run "cat /dev/acqdev | head -c $((4 * frames)) > /tmp/recorded"
run 'cmp /tmp/recorded /recording.raw && echo identical'
run "acq read -q --plot=$frames -n $frames -o /tmp/again"

heading "Play: the recording, and a tone of 440 Hz"
run 'cat /recording.raw > /dev/acqdev3'
run 'tone /dev/acqdev3 440 1'
run 'acq stat acqdev3'

heading "Unload the driver"
run 'rmmod acqdev'
[ $bad = 0 ]
