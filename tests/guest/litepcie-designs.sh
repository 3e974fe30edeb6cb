#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: card="$litepcie --wait --csr-little" memory=2048 takes=15 kernels=7 \
#	card="--model litepcie --lite-id 10ee:7028 --first a5a50001 --ident 'LiteX-M2SDR SoC / baseboard variant / built on 2026-05-24 13:55:57'"
# What only a write can tell of a card with LitePCIe is found out before its DMA runs; and
# what is not known is not written to.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

driver=/sys/bus/pci/drivers/acqdev-litepcie

# stat NAME LINE
stat()
{
	"${2:-card}" stats | tr ' ' '\n' | sed -n "s/^$1=//p"
}

# says TEXT: the driver has said it since the last mark
says()
{
	kmsg_since_mark "$here" | grep -q -e "$1" || fail "does not say: $1; but: $(kmsg_since_mark "$here" | tail -n 3)"
}

# begin TEXT: what the driver says is looked for from here on
begin()
{
	here="litepcie designs test: $1"
	mark "$here"
}

begin little
echo 10ee 7024 >$driver/new_id || fail "new_id"
says "has the lower word of a register first (csr_ordering=little)"
[ ! -e /dev/acqdev ] || fail "binds"
expect_eq "$(stat writer0_pushes)" 0 "descriptors that it got"
log "a build with csr_ordering=little is refused"

begin baseboard
echo 10ee 7028 >$driver/new_id || fail "new_id"
says "'LiteX-M2SDR SoC / baseboard variant / built on 2026-05-24 13:55:57': 1 Writer, 1 Reader"
grep -q '^early 0' /sys/kernel/debug/acqdev/acqdev/card || fail "its date is not read"
case "$(card2 regs)" in
*scratch:a5a50001*) log "an M2SDR on its baseboard is known, whatever is in its scratch register" ;;
*) fail "scratch was written: $(card2 regs)" ;;
esac

card=$(pci_devices 10ee 7028)
echo "$card" >$driver/unbind
for wrong in phy:0x5000 ident:0x4001,msi:0x5800,dma0:0x6000 dma0:0x5000,msi:0x5800,ident:0x4000 \
	dma0:0x6000,msi:0x5800,ident:0x4000,sync:1,reader:0 dma0:0x6000,msi:0x5800,ident:0x8800; do
	writes=$(stat reg_writes card2)
	printf %s "$wrong" >/sys/module/acqdev/parameters/litepcie_csr
	echo "$card" >$driver/bind 2>/dev/null && fail "binds with $wrong"
	expect_eq "$(stat reg_writes card2)" "$writes" "writes for $wrong"
done
log "nothing is written where something is not as it was told"
begin msi
printf %s dma0:0x6000,msi:0x5000,ident:0x4000,sync:1,buffering:1 >/sys/module/acqdev/parameters/litepcie_csr
echo "$card" >$driver/bind 2>/dev/null && fail "binds with interrupts nowhere"
says "msi: no interrupts are where they should be"
