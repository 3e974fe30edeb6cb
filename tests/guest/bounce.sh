#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# acqtest: ramp bounce kernels=6.12
#
# That the other tests of this machine mean anything: samples do go through bounce
# buffers there, and all of these come back.
# wait_for evaluates its condition: SC2016
# shellcheck source=tests/guest/lib.sh disable=SC2016
. /lib.sh

used=/sys/kernel/debug/swiotlb/io_tlb_used
[ -r $used ] || fail "no $used"
before=$(cat $used)
# in pieces of 2 KiB
ring=$(($(cat /sys/class/misc/acqdev/config/ring_bytes) / 2048))
/usr/bin/cat /dev/acqdev >/dev/null &
wait_for '[ "$(cat /sys/class/misc/acqdev/state)" = running ]' || fail "it does not run"
now=$(cat $used)
[ "$((now - before))" -ge "$ring" ] || fail "a ring of $ring pieces, and only $((now - before)) more in use"
kill $!
wait_for "[ \"\$(cat $used)\" -le $before ]" || fail "$before in use before the run, $(cat $used) after it"
