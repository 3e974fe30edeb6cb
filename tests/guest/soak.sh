#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: soak long args="10000000000 10M" memory=1024 limit=2000 modargs="xdma_ids=10ee:7024 xdma_losses=1" \
#          card="--model xdma --mark-gaps --fifo 4194304 --source ramp --channels 1 --format s32" kernels=6.12
# soak.sh BYTES RATE: so many bytes of a free-running source, each verified, and none lost
#
# The card has XDMA, tells of losses, and samples a ramp of one channel of 32 bits,
# which comes round in 16 GiB only: no old sample passes for a new one.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

bytes=$1 rate=$2

# field NAME: a number of the card's statistics
field()
{
	card stats | tr ' ' '\n' | sed -n "s/^$1=//p"
}

must /bin/acq config "rate=$rate" block=64k ring=64M
must /bin/acq read -q -n "$((bytes / 4))" --verify ramp --strict -o /dev/null
log "$(/bin/acq stat | tr '\n' ';')"
log "$(tr '\n' ' ' </sys/kernel/debug/acqdev/acqdev/card)"
log "registers of XDMA read $(field reg_reads), written $(field reg_writes); of the user BAR read $(field user_reads); interrupts $(field irqs)"
# The list is of this run, and goes on until the card was told of its end.
first=$(card gaps | grep -oE '[0-9]+:' | head -n 1)
[ -z "$first" ] || [ "${first%:}" -ge "$((bytes / 4))" ] || fail "the card has lost: $(card gaps)"
expect_eq "$(field c2h0_lost_writes)" 0
expect_eq "$(field c2h0_broken_rules)" 0
[ "$(field c2h0_bytes)" -ge "$bytes" ] || fail "the card has sent $(field c2h0_bytes) bytes only"
exit 0
