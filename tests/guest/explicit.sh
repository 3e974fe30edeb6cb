#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# acqtest: ramp kernels=debug
# Whose ring it is: one that was started stays until the next start, one of a reader goes with the last close, also if it
# could not be started.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

dev=/dev/acqdev
ring=/sys/kernel/debug/acqdev/acqdev/ring

# debugfs files have no size: what they say counts
is_there()
{
	[ -n "$(cat $ring)" ] || fail "$1: no ring"
}

is_gone()
{
	[ -z "$(cat $ring)" ] || fail "$1: the ring is there: $(head -n 2 $ring)"
}

read_some()
{
	head -c 4096 $dev >/dev/null 2>err
}

must /bin/acq config $dev trigger=immediate count=0 pattern=ramp rate=48k
read_some || fail "cannot read: $(cat err)"
is_gone "behind a reader's run"

must /bin/acq start $dev
is_there "in a started run"
must /bin/acq stop $dev
is_there "behind a started run"
read_some || fail "cannot read: $(cat err)"
is_gone "behind a reader's run after a started one"

must /bin/acq start $dev
must /bin/acq stop $dev
is_there "behind a started run"
must card fault reset-stuck on
! read_some || fail "it starts"
grep -q -i "input/output" err || fail "the start fails otherwise: $(cat err)"
must card clear
is_gone "behind a start that failed after a started run"

# one that was to be explicit, and failed
must card fault reset-stuck on
expect_fail /bin/acq start $dev
must card clear
is_gone "behind an explicit start that failed"
read_some || fail "cannot read: $(cat err)"
is_gone "at last"
exit 0
