#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# acqtest: none
# demo.sh FRAMES [NAME=VALUE...]: what tests/demo shows, with a recording of so many frames. One card replays it; the
# second one plays, and samples what it plays. Settings: live=1 (a terminal looks on), colour=1, rows=, columns=, locale=.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

frames=$1 live=0 colour=0 rows=24 columns=80 locale=C
shift
for setting in "$@"; do
	eval "$setting"
done

screen=/dev/ttyS5
[ -c $screen ] || fail "no $screen: boot --show makes it"
# held open: a serial line forgets its size with the last close
exec 8<>$screen
stty -F $screen raw -echo rows "$rows" cols "$columns"
if [ "$live" = 1 ]; then
	exec >$screen 2>&1
else
	# programs that find no terminal draw once, and write no escape sequences
	mkfifo screen
	# shellcheck disable=SC2094	# a FIFO
	/usr/bin/cat <screen >$screen &
	exec >screen 2>&1
fi
[ "$colour" = 1 ] || export NO_COLOR=1
export LC_ALL="$locale"
cp "$MODULE" .

# those of coreutils, which the shell would not take by itself; run() calls them
# shellcheck disable=SC2317
{
	cat() { /usr/bin/cat "$@"; }
	dd() { /usr/bin/dd "$@"; }
	cmp() { /usr/bin/cmp "$@"; }
	sha256sum() { /usr/bin/sha256sum "$@"; }
	acq() { /bin/acq "$@"; }
}

strong()
{
	if [ "$colour" = 1 ]; then
		printf '\033[1m%s\033[0m\n' "$*"
	else
		printf '%s\n' "$*"
	fi
}

heading()
{
	printf '\n'
	if [ "$colour" = 1 ]; then
		printf '\033[1;36m== %s\033[0m\n' "$*"
	else
		printf '== %s\n' "$*"
	fi
}

bad=0

# run COMMAND: shows it as typed, then runs it; a failure is counted
run()
{
	printf '\n$ '
	strong "$1"
	eval "$1" && return
	printf '(exit status %s)\n' $?
	bad=$((bad + 1))
}

# hundredths of a second
now()
{
	cut -d' ' -f1 /proc/uptime | tr -d .
}

interrupts()
{
	cat "/sys/class/misc/$1/counters/interrupts"
}

# measure NODE FILE COMMAND: run, then how long it took, at what rate, and with how many interrupts
measure()
{
	irqs=$(interrupts "$1") began=$(now)
	run "$3"
	took=$(($(now) - began)) irqs=$(($(interrupts "$1") - irqs))
	bytes=$(wc -c <"$2")
	[ $took -gt 0 ] || took=1
	printf '%s bytes in %d.%02d s (%d kB/s), %d interrupts\n' "$bytes" $((took / 100)) $((took % 100)) \
		$((bytes / took / 10)) $irqs
}

# what is still in the pipe goes out before the machine ends
end()
{
	exec >/dev/null 2>&1
	[ "$live" = 1 ] || wait
	[ $bad = 0 ] || exit 1
	exit 0
}

heading "The kernel finds two cards and has no driver for them yet"
run 'uname -sr'
run 'dmesg | grep "1234:ac01.*class" | cut -c 16-'

heading "Load the driver"
run 'insmod acqdev.ko'
[ $bad = 0 ] || end
run 'dmesg | grep "acqdev [0-9]" | cut -c 16-'
run 'ls -l /dev/acqdev*'
run 'acq list'
run 'acq info'

heading "Read by DMA: the first card plays the recording and waits for nobody"
measure acqdev /tmp/by-cat 'cat /dev/acqdev > /tmp/by-cat'
measure acqdev /tmp/by-dd 'dd if=/dev/acqdev of=/tmp/by-dd bs=4k'
measure acqdev /tmp/by-acq "acq read --plot=$frames -o /tmp/by-acq"

heading "Read its FIFO word by word: now the card waits for a slow host"
card wait on >/dev/null || bad=$((bad + 1))
run 'acq config acqdev transfer=fifo | grep transfer'
measure acqdev /tmp/by-fifo 'cat /dev/acqdev > /tmp/by-fifo'

heading "Is it what the card played? Another program made /recording.raw of it"
run 'sha256sum /recording.raw /tmp/by-*'
# shellcheck disable=SC2016	# expanded when it is run
run 'for f in /tmp/by-*; do cmp /recording.raw $f && echo $f is identical; done'
for file in /tmp/by-cat /tmp/by-dd /tmp/by-acq /tmp/by-fifo; do
	cmp -s /recording.raw $file || bad=$((bad + 1))
done

heading "Play it and record it at once: a wire leads from output to input"
run 'acq config acqdev1 rate=48k format=s16 | grep rate'
run 'acq read acqdev1 -q -n 192000 -o /tmp/recorded & acq write /song.wav; wait $!'
printf '\nHow many frames of silence are there before it?\n'
# shellcheck disable=SC2016	# expanded when it is run
run 'loud() { od -An -v -tx2 -w2 $1 | grep -n -m1 -v 0000 | cut -d: -f1; }
  at=$(($(loud /tmp/recorded) - $(loud /recording.raw))); echo $at'
run "cmp -i \$((2 * at)):0 -n $((2 * frames)) /tmp/recorded /recording.raw && echo identical"

heading "Unload the driver"
run 'rmmod acqdev'
end
