#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: soak long args="10000000000 10M" memory=1024 limit=2000 modargs="xdma_ids=10ee:7024 xdma_losses=1" \
#          card="--model xdma --mark-gaps --fifo 4194304 --source ramp --channels 1 --format s32" kernels=6.12
# acqtest: soak long args="10000000000 10M 1M" memory=1024 limit=2000 kernels=6.12 \
#          modargs="litepcie_ids=10ee:7024 litepcie_channels=1 litepcie_format=s32 litepcie_slack=0" \
#          card="--model litepcie --each-run --fifo 4194304 --source ramp --channels 1 --format s32 --clock 100000000 --rate 10000000"
# soak.sh BYTES RATE [BLOCK]: so many bytes of a free-running source, each verified, and none lost
#
# The card has XDMA or LitePCIe, tells of losses, and samples a ramp of one channel of
# 32 bits, which comes round in 16 GiB only: no old sample passes for a new one. A table of
# LitePCIe has 128 blocks with headers: they have to be large to bridge a late machine.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

bytes=$1 rate=$2 block=${3:-64k}
case $(card stats) in
*model=litepcie*) engine=writer0 ;;
*) engine=c2h0 ;;
esac

# field NAME: a number of the card's statistics
field()
{
	card stats | tr ' ' '\n' | sed -n "s/^$1=//p"
}

must /bin/acq config "rate=$rate" "block=$block" ring=64M
must /bin/acq read -q -n "$((bytes / 4))" --verify ramp --strict -o /dev/null
log "$(/bin/acq stat | tr '\n' ';')"
log "$(tr '\n' ' ' </sys/kernel/debug/acqdev/acqdev/card)"
log "registers of the DMA read $(field reg_reads), written $(field reg_writes); of the user BAR read $(field user_reads); interrupts $(field irqs)"
# The list is of this run, and goes on until the card was told of its end.
first=$(card gaps | grep -oE '[0-9]+:' | head -n 1)
[ -z "$first" ] || [ "${first%:}" -ge "$((bytes / 4))" ] || fail "the card has lost: $(card gaps)"
expect_eq "$(field "${engine}_lost_writes")" 0
expect_eq "$(field "${engine}_broken_rules")" 0
[ "$(field "${engine}_bytes")" -ge "$bytes" ] || fail "the card has sent $(field "${engine}_bytes") bytes only"
exit 0
