#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: card="$ramp --serial 5" card="$ramp --serial 5" args=same kernels=6.12
# acqtest: args=none card="$ramp --serial 5" card="$ramp --serial 0" kernels=6.12
# acqtest: args=example modargs="xdma_ids=10ee:7024" card="--model xdma --serial 101000a35 $ramp" kernels=6.12
# A serial number is a name only while one card has it; 0 is none, and so is what each card has
# whose gateware gives it none.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

driver=/sys/bus/pci/drivers/acqdev
class=/sys/class/misc
# where it is, and its serial number
first=$(basename "$(readlink -f $class/acqdev/device)")
second=$(basename "$(readlink -f $class/acqdev1/device 2>/dev/null)")

if [ "$1" = example ]; then
	expect_eq "$(cat $class/acqdev/family)" xdma
	expect_eq "$(cat $class/acqdev/serial)" "" "serial number of an example"
	exit 0
fi
if [ "$1" = none ]; then
	expect_eq "$(cat $class/acqdev/serial)" 0000000000000005
	expect_eq "$(cat $class/acqdev1/serial)" "" "serial number of a card without one"
	exit 0
fi
expect_eq "$(cat $class/acqdev/serial)" 0000000000000005
expect_eq "$(cat $class/acqdev1/serial)" "" "serial number that is taken"
dmesg | grep -q "acqdev $second: has the serial number 0000000000000005 of $first" || fail "no word of it"

# When the first has gone, the number is free, also while a file of it is open.
exec 9</dev/acqdev
echo "$first" >$driver/unbind || fail "cannot unbind"
echo "$second" >$driver/unbind || fail "cannot unbind"
echo "$second" >$driver/bind || fail "cannot bind"
expect_eq "$(cat $class/acqdev1/serial)" 0000000000000005 "serial number that is free again"
exec 9<&-
echo "$first" >$driver/bind || fail "cannot bind"
expect_eq "$(cat $class/acqdev/serial)" "" "serial number that is taken now"
# As it was, for the next test
for card in $first $second; do
	echo "$card" >$driver/unbind
done
for card in $first $second; do
	echo "$card" >$driver/bind
done
expect_eq "$(cat $class/acqdev/serial)" 0000000000000005
exit 0
