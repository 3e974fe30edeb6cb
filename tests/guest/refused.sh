#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: card="$ramp --map-version 2.0" card="$ramp --bad-id" kernels=6.12
# acqtest: args=bar card="$ramp --bar-bytes 256" card="--model xdma --irq intx --bar-bytes 4096" modargs="xdma_ids=10ee:7024" kernels=6.12
# Cards that the driver must refuse: the first has a register map of the future, the second is no ACQ-R1. Or (bar) the
# registers of both are not in their BARs.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

[ ! -e /dev/acqdev ] || fail "there is a node for a card that nobody knows"
if [ "$1" = bar ]; then
	dmesg | grep -q "acqdev .*BAR 0 is too small for this card" || fail "no word of the ACQ-R1's BAR"
	dmesg | grep -q "acqdev-xdma .*which BAR has the DMA registers" || fail "no word of XDMA's BAR"
	must rmmod_acq
	exit 0
fi
dmesg | grep -q "acqdev .*register map 2.0 is not known to this driver" || fail "no word of the register map"
dmesg | grep -q "acqdev .*not an ACQ-R1 card: identity 0x" || fail "no word of the identity"
have_module || fail "the module is not there"
must rmmod_acq
exit 0
