#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: args=same card="$ramp --serial 5" card="$ramp --serial 5" tree add=udev/70-acqdev.rules:/70-acqdev.rules kernels=6.12
# acqtest: args=none card="$ramp --serial 5" card="$ramp --serial 0" tree add=udev/70-acqdev.rules:/70-acqdev.rules kernels=6.12
# acqtest: args=out playing tree add=udev/70-acqdev.rules:/70-acqdev.rules kernels=6.12
# The links that udev makes. "same": the two cards have one serial number; "none": the second has none; "out": each has an
# input and an output, with links of their own; the second has the number of the first.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

# links DIRECTORY: name and what it points to, one a line
links()
{
	for link in "/dev/acq/$1"/*; do
		[ ! -L "$link" ] || echo "${link##*/} $(basename "$(readlink "$link")")"
	done
}

settle()
{
	must in_tree udevadm settle --timeout=30
}


# udevadm does nothing in a chroot unless it is told to
export SYSTEMD_IGNORE_CHROOT=1
must mount -t tmpfs run /tree/run
must mkdir -p /tree/run/udev/rules.d
must cp /70-acqdev.rules /tree/run/udev/rules.d/
in_tree /usr/lib/systemd/systemd-udevd 2>/dev/null &
# shellcheck disable=SC2064 # this one
trap "kill $!; wait $!" EXIT
wait_for 'in_tree udevadm control --ping 2>/dev/null' || fail "udevd does not start"
must in_tree udevadm trigger --action=add --subsystem-match=misc
settle

if [ "$1" = out ]; then
	expect_eq "$(links by-id)" "acq-r1-0000000000000001 acqdev
acq-r1-0000000000000001-out0 acqdev1" "links by id"
	expect_eq "$(links by-path)" "pci-0000:01:00.0 acqdev
pci-0000:01:00.0-out0 acqdev1
pci-0000:02:00.0 acqdev2
pci-0000:02:00.0-out0 acqdev3" "links by path"
	dmesg | grep -E "acqdev ([^ ]*): has the serial number .* of \1" && fail "a card is in its own way"
	exit 0
fi
expect_eq "$(cat /sys/class/misc/acqdev1/serial)" "" "serial of the second card"
expect_eq "$(links by-id)" "acq-r1-0000000000000005 acqdev" "links by id"
expect_eq "$(links by-path | wc -l)" 2 "links by path"
expect_eq "$(readlink /dev/acqdev0)" acqdev "the first node's other name"
[ "$1" = same ] || exit 0
dmesg | grep "acqdev .*0000000000000005" | grep -qv "ACQ-R1 map" || fail "no word of a serial number that is taken"

# One that has no link takes none away.
# shellcheck disable=SC2046 # one address a word
set -- $(pci_cards)
echo "$2" >/sys/bus/pci/drivers/acqdev/unbind
settle
expect_eq "$(links by-id)" "acq-r1-0000000000000005 acqdev" "links by id without the second card"
echo "$2" >/sys/bus/pci/drivers/acqdev/bind
settle
expect_eq "$(links by-id)" "acq-r1-0000000000000005 acqdev" "links by id with the second card again"
# The number is free when the first card goes, for the next that is bound.
echo "$1" >/sys/bus/pci/drivers/acqdev/unbind
settle
expect_eq "$(links by-id)" "" "links by id without the first card"
echo "$2" >/sys/bus/pci/drivers/acqdev/unbind
echo "$2" >/sys/bus/pci/drivers/acqdev/bind
settle
expect_eq "$(links by-id | cut -d ' ' -f 1)" "acq-r1-0000000000000005" "links by id of the second card alone"
echo "$1" >/sys/bus/pci/drivers/acqdev/bind
settle
expect_eq "$(links by-id | wc -l)" 1 "links by id with both again"
exit 0
