#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: card="$ramp --serial 5" card="$ramp --serial 0" tree own kernels=6.12 \
#          add=udev/70-acqdev.rules:/70-acqdev.rules add=udev/90-acqdev-restore.rules:/90-acqdev-restore.rules
# Profiles of a card with a serial number and of one without, restored by udev when the module is loaded again, when a
# card comes back, and by hand.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

profiles=/tree/var/lib/acq

settle()
{
	must in_tree udevadm settle --timeout=30
}

# acq ARGS...: in the tree, as udev runs it
acq()
{
	in_tree /run/acq "$@"
}

# config NODE KEY: what stands
config()
{
	cat "/sys/class/misc/$1/config/$2"
}

# stands WHEN: what was saved of both cards is how they are configured
stands()
{
	expect_eq "$(config acqdev rate) $(config acqdev trigger) $(config acqdev ring_bytes)" \
		"1000.000 software 1048576" "the first card $1"
	expect_eq "$(config acqdev1 rate) $(config acqdev1 channel_mask)" "2000.000 0x2" "the second card $1"
}

export SYSTEMD_IGNORE_CHROOT=1
must mount -t tmpfs run /tree/run
must mount -t tmpfs lib /tree/var/lib
must mkdir -p /tree/run/udev/rules.d
must cp /70-acqdev.rules /tree/run/udev/rules.d/
must cp /bin/acq /tree/run/acq
sed 's|/usr/bin/acq|/run/acq|' /90-acqdev-restore.rules >/tree/run/udev/rules.d/90-acqdev-restore.rules
in_tree /usr/lib/systemd/systemd-udevd 2>/dev/null &
udevd=$!
# shellcheck disable=SC2064 # this one
trap "kill $udevd; wait $udevd" EXIT
wait_for 'in_tree udevadm control --ping 2>/dev/null' || fail "udevd does not start"

# With nothing saved, nothing is changed.
before=$(config acqdev rate)
must in_tree udevadm trigger --action=add --subsystem-match=misc
settle
expect_eq "$(config acqdev rate)" "$before" "rate without a profile"
expect_eq "$(ls $profiles 2>/dev/null)" "" "profiles"

second=$(cat /sys/class/misc/acqdev1/card)
must acq config acqdev rate=1k trigger=software ring=1M --save
must acq config acqdev1 rate=2k channels=1-1
must acq config --save --all
expect_eq "$(echo $profiles/*)" "$profiles/acq-r1-0000000000000005.conf $profiles/pci-$second.conf" "profiles"
stands "now"

# The module is loaded again.
rmmod_acq
# shellcheck disable=SC2086 # several
insmod_acq $MODARGS
settle
stands "after the module was loaded again"

# A card comes back.
must acq config acqdev1 rate=3k
echo "$second" >/sys/bus/pci/drivers/acqdev/unbind
echo "$second" >/sys/bus/pci/drivers/acqdev/bind
settle
stands "after it came back"

# By hand, all at once
must acq config acqdev rate=4k
must acq config acqdev1 rate=4k
must acq config --restore --all
stands "restored by hand"

# A card that is in use is left alone.
must acq config acqdev trigger=immediate rate=4k
must acq start acqdev
acq config --restore --all 2>why && fail "a stream in use was configured"
grep -q 'acqdev: .*in use' why || fail "in use: $(cat why)"
expect_eq "$(config acqdev rate)" 4000.000 "rate of a stream in use"
must acq stop acqdev
must acq config --restore --all

# What the card cannot do exactly changes nothing, also not by udev.
sed -i 's/^rate=.*/rate=3.7M/; s/^trigger=.*/trigger=immediate/' "$profiles/acq-r1-0000000000000005.conf"
acq config acqdev --restore 2>why && fail "a rate that the card does not have was restored: $(config acqdev rate)"
grep -q 'profile has rate=3.7M, the card can do' why || fail "does not fit: $(cat why)"
echo 'rate=1k' >"$profiles/pci-$second.conf"
must in_tree udevadm trigger --action=add --subsystem-match=misc
settle
stands "with profiles that do not fit"
acq config --restore --all 2>why && fail "profiles that do not fit were restored"
grep -q "does not fit: nothing is changed" why || fail "does not fit: $(cat why)"
grep -q "is no profile" why || fail "no profile: $(cat why)"

# Counters of both, as a timer has them
must acq stat --prometheus=/run/acqdev.prom
grep -q '^acqdev_frames_total{device="acqdev",card="[0-9a-f:.]*",serial="0000000000000005"} [0-9]' /tree/run/acqdev.prom ||
	fail "no frames: $(cat /tree/run/acqdev.prom)"
expect_eq "$(grep -c '^acqdev_state{.*} 1$' /tree/run/acqdev.prom)" 2 "states"

# With systemd, a unit does it.
must mkdir -p /tree/run/systemd/system
must in_tree udevadm trigger --action=add --subsystem-match=misc
settle
in_tree udevadm info -q property /dev/acqdev1 >properties
grep -qx 'SYSTEMD_WANTS=acq-restore@acqdev1.service' properties || fail "no unit: $(cat properties)"
in_tree udevadm info -q property -n /dev/acqdev1 | grep -q ':systemd:' || fail "systemd does not see it"

# As it was, for the next test
rm -r $profiles
must rmmod_acq
# shellcheck disable=SC2086 # several
insmod_acq $MODARGS
exit 0
