#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# acqtest: card="$ramp" card="$ramp" own last kernels=6.12
# acqtest: card="$ramp" card="$ramp" own last kernels=debug long
# Numbers of nodes: whose is still open the log says, and one that has become free is taken by the next card that is bound.
# wait_for evaluates its condition: SC2016
# shellcheck source=tests/guest/lib.sh disable=SC2016
. /lib.sh

driver=/sys/bus/pci/drivers/acqdev
sys=/sys/class/misc

# address NODE: of the card that it is of
address()
{
	basename "$(readlink -f "$sys/$1/device")"
}

unbind()
{
	echo "$1" >$driver/unbind || fail "cannot unbind $1"
}

# binds ADDRESS NODE: it is bound, and gets NODE
binds()
{
	echo "$1" >$driver/bind || fail "cannot bind $1"
	wait_for "[ -e $sys/$2 ]" || fail "$1 does not become $2: $(cd $sys && echo acqdev*)"
	expect_eq "$(address "$2")" "$1" "card of $2"
}

first=$(address acqdev)
second=$(address acqdev1)
[ "$first" != "$second" ] || fail "one card only"

for node in /dev/acqdev /dev/acqdev1; do
	# What the test before this one had given to io_uring is closed by a worker.
	wait_for "/bin/acq config $node trigger=immediate count=0 pattern=ramp rate=48k" ||
		fail "$node cannot be configured"
done
exec 5</dev/acqdev
unbind "$first"
kmsg_since_mark | grep 'acqdev: still open by' | grep -q "pid $$)" || fail "the log does not say who holds acqdev"
# its name is taken, and that of the other card
binds "$first" acqdev2
[ ! -e $sys/acqdev ] || fail "there are two of them"
exec 5<&-
# whoever comes next takes it
unbind "$second"
binds "$second" acqdev
[ -c /dev/acqdev ] || fail "no node"
unbind "$first"
binds "$first" acqdev1
head -c 4096 /dev/acqdev >/dev/null || fail "acqdev does not read"
head -c 4096 /dev/acqdev1 >/dev/null || fail "acqdev1 does not read"

# nobody holds it: nothing to say
mark "acqtest: nobody holds it"
unbind "$second"
! kmsg_since_mark "acqtest: nobody holds it" | grep -q 'still open' || fail "it is not open"
binds "$second" acqdev
exit 0
