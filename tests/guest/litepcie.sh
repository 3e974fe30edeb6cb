#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: args=designs card="$litepcie --wait" card="$litepcie --wait --design core-msix --dmas 2" \
#	modargs=litepcie_channels=2 memory=4608 takes=20 kernels=6.12
# acqtest: args=others card="$litepcie --wait --design core --dmas 2" \
#	card="$litepcie --wait --design multi --dmas 2 --only writer" modargs=litepcie_channels=2 memory=4608 kernels=7
# acqtest: args=wrong card="$litepcie --wait --design core --dmas 2" card="--model litepcie --lite-id 10ee:7028 --bad-id" \
#	modargs=litepcie_channels=2 iommu append=iommu.forcedac=1 memory=4608 kernels=6.12
# Cards with LitePCIe are bound only where the user says so and the driver knows where registers
# are, and refused with a reason.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

driver=/sys/bus/pci/drivers/acqdev-litepcie
told=/sys/module/acqdev/parameters/litepcie_csr

# says TEXT: the driver has said it since the last mark
says()
{
	kmsg_since_mark "$here" | grep -q -e "$1" || fail "does not say: $1; but: $(kmsg_since_mark "$here" | tail -n 3)"
}

# begin TEXT: what the driver says is looked for from here on
begin()
{
	here="litepcie test: $1"
	mark "$here"
}

# streams NUMBER
streams()
{
	must /bin/acq read "$1" -q --config format=s16,channels=0-1,block=4k,ring=256k,rate=48k -n 20000 --verify ramp --strict -o /dev/null
}

# refused LIST WHY: what is told is wrong, and no register was written
refused()
{
	writes=$($line stats | grep -o " reg_writes=[0-9]*")
	begin "$1"
	printf %s "$1" >$told
	echo "$card" >$driver/bind 2>/dev/null && fail "binds with $1"
	says "$2"
	# Where interrupts are nothing but a write can tell.
	kmsg_since_mark "$here" | grep -q "msi: no interrupts" ||
		expect_eq "$($line stats | grep -o " reg_writes=[0-9]*")" "$writes" "registers written with $1"
}

# keeps_rules: nothing of what the card has been told went nowhere
keeps_rules()
{
	case "$($line stats)" in
	*broken_rules=[1-9]* | *lost_writes=[1-9]* | *lost_pushes=[1-9]*) fail "breaks a rule: $($line stats)" ;;
	esac
}

# tried IDS LIST LINE: all of its inputs are there, and bring the ramp
tried()
{
	card=$(pci_devices "${1% *}" "${1#* }" | head -n 1)
	line=$3
	begin "not told"
	printf ' ' >$told
	echo "$1" >$driver/new_id || fail "new_id"
	says "a LiteX design that is not known: tell where its registers are by litepcie_csr"
	begin told
	printf %s "0000:ff:1f.7=dma0:1;$card=$2" >$told
	echo "$card" >$driver/bind || fail "does not bind with $2: $(dmesg | tail -n 3)"
	says "acqdev-litepcie $card: 'Lite"
	streams 0
	streams 1
	[ -z "$line" ] || keeps_rules
	log "$2"
}

m2sdr()
{
	card=$(pci_devices 10ee 7024)
	line=card
	good="dma0:0x6000,msi:0x5800,ident:0x4000,header:0xb800,width:64,sync:1,buffering:1"
	begin known
	echo 10ee 7024 >$driver/new_id || fail "new_id"
	says "acqdev-litepcie $card: 'LiteX-M2SDR SoC .*': 1 Writer, 1 Reader, 64-bit addresses, MSI, headers"
	says "control node: BAR 0 from 0x7000 on"
	streams 0
	# its clock: 0x8800 of the BAR counts ns
	expect_eq "$(/bin/acq reg 0 0x1800)" 0x00000001 "its clock"
	log "an M2SDR is known by its identifier"
	echo "$card" >$driver/unbind
	refused "dma9:1" "litepcie_csr: 'dma9' is not understood"
	for wrong in dma0:0x6800 dma0:0x5800 msi:0x6000 msi:0x5000 ident:0x4800 ident:0x3800 header:0xc000 header:0xb000; do
		name=${wrong%:*}
		refused "$(printf %s "$good" | sed "s/$name:0x[0-9a-f]*/$wrong/")" "should be\|no place for\|no identifier"
	done
	log "each bank off by one is refused, and nothing is started"
	printf %s "$good" >$told
	echo "$card" >$driver/bind || fail "does not bind with $good"
	streams 0
	keeps_rules
	# Or it is bound with the next ones
	echo 10ee 7024 >$driver/remove_id
	echo "$card" >$driver/unbind
}

# A vector that is masked sends nothing, and nothing afterwards: the watchdog looks.
msix()
{
	tried "10ee 8038" "dma0:0x3800,dma1:0x4000,msi:0x1800,ident:0x3000,kind:2" card2
	case "$(card2 stats)" in
	*vectors=*1:*) log "each line has its vector" ;;
	*) fail "no vector of its own: $(card2 stats)" ;;
	esac
	must card2 mask 1 on
	streams 0
	must card2 mask 1 off
	echo "$card" >$driver/unbind
	refused "dma0:0x4000,dma1:0x4800,msi:0x1800,ident:0x3000,kind:2" "no DMA channel is where it should be"
}

# One that has addresses of 32 bits and is said to have 64: what it writes is refused.
wide()
{
	card=$(pci_devices 10ee 7024)
	line=card
	echo 10ee 7024 >$driver/new_id
	begin wide
	printf %s "dma0:0x3000,dma1:0x3800,msi:0x1800,ident:0x2800,width:64" >$told
	echo "$card" >$driver/bind || fail "does not bind"
	/bin/acq read 0 -q --config format=s16,channels=0-1,block=4k,ring=256k,rate=48k -n 20000 -o /dev/null
	case "$(card stats)" in
	*lost_writes=[1-9]*) log "$(card stats | grep -o "writer0_lost_writes=[0-9]*")" ;;
	*) fail "nothing was refused: $(card stats)" ;;
	esac
	echo "$card" >$driver/unbind
	printf %s "dma0:0x3000,dma1:0x3800,msi:0x1800,ident:0x2800" >$told
	echo "$card" >$driver/bind || fail "does not bind again"
	streams 0
	streams 1
}

[ ! -e /dev/acqdev ] || fail "a card is taken that nobody named"
case "$1" in
designs)
	m2sdr
	msix
	printf ' ' >$told
	must rmmod_acq
	must insmod_acq litepcie_ids=10ee:7024
	[ -e /dev/acqdev ] || fail "litepcie_ids does not bind"
	must rmmod_acq
	! insmod_acq litepcie_early=7 || fail "litepcie_early=7"
	must insmod_acq
	;;
others)
	tried "10ee 7024" "dma0:0x3000,dma1:0x3800,msi:0x1800,ident:0x2800" card
	echo "$card" >$driver/unbind
	tried "10ee 9034" "dma0:0x2800,dma1:0x3000,msi:0x5000,ident:0x2000,kind:1,reader:0,width:64" card2
	grep -q '^early 1' /sys/kernel/debug/acqdev/acqdev/card || fail "its date says that it counts early"
	;;
wrong)
	wide
	begin "no scratch register"
	echo 10ee 7028 >$driver/new_id || fail "new_id"
	says "no LiteX design: no scratch register at 0x4 of BAR 0"
	;;
esac
