#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: card="$ramp --block-min 6 --block-max 11" card="--source ramp --channels 6 --format s16 --pow2-channels" kernels=6.12
# acqtest: card="$ramp --irq none" card="--source ramp --channels 6 --format s16 --pow2-channels --no-dma" kernels=6.12
# What probe can know: a card with blocks smaller than a page or without an interrupt has no node, one that has 1, 2 or
# 4 channels takes no other number.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

dmesg | grep -q "acqdev .*blocks of up to 2048 bytes, and this kernel has pages of 4096\|acqdev .*no interrupt" ||
	fail "no word of the first card"
[ ! -e /dev/acqdev1 ] || fail "there is a node for it"
expect_eq "$(cat /sys/class/misc/acqdev/config/channel_mask)" 0xf "channels that the card recommends"
for channels in 0-2 0-4 0-5 0,2,4; do
	expect_fail /bin/acq config rate=4k format=s16 "channels=$channels"
done
dmesg | grep -q "acqdev .*4, 8, 16 or 32 channels go together, not 3" || fail "no word of the channels"
for channels in 2 1,4 2-5; do
	must /bin/acq read --verify ramp --strict \
		--config "rate=4k,format=s16,channels=$channels,pattern=ramp,count=5000"
done
exit 0
