#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: args=bind card="$xdma" card="--model xdma --mm 65536" kernels=6.12
# acqtest: args=refuse card="--model xdma --bad-id" card="" kernels=6.12
# acqtest: args=losses modargs=xdma_losses=1 card="--model xdma --no-user-bar" \
#          card="--model xdma --pci-id 10ee:7025" kernels=6.12
# Cards with XDMA are bound only where the user says so, and refused with a reason.
#
# xdma.sh bind		the first card has a stream, the second only memory-mapped channels
# xdma.sh refuse	the first card has wrong identifiers, the second is an ACQ-R1
# xdma.sh losses	the first card has no user BAR, the second loses samples and marks none
# shellcheck source=tests/guest/lib.sh
. /lib.sh

driver=/sys/bus/pci/drivers/acqdev-xdma
first=$(pci_devices 10ee 7024 | head -n 1)

# says TEXT: the driver has said it since the last mark
says()
{
	kmsg_since_mark "$here" | grep -q -e "$1" || fail "does not say: $1; but: $(kmsg_since_mark "$here" | tail -n 3)"
}

# begin TEXT: what the driver says is looked for from here on
begin()
{
	here="xdma test: $1"
	mark "$here"
}

streams()
{
	must /bin/acq read -q --config format=s16,channels=0-1,block=4k,ring=64k -n 20000 --verify ramp --strict -o /dev/null
}

refuse()
{
	begin "wrong identifiers"
	echo "$first" >$driver/bind 2>/dev/null && fail "binds without an id"
	echo 10ee 7024 >$driver/new_id || fail "new_id"
	says "not XDMA: identity 0x.* at 0x3000 of BAR 1"
	begin "another card"
	echo acqdev-xdma >"/sys/bus/pci/devices/$(pci_cards)/driver_override"
	pci_cards >/sys/bus/pci/drivers/acqdev/unbind
	pci_cards >$driver/bind 2>/dev/null && fail "binds an ACQ-R1"
	says "which BAR has the DMA registers? 0 are of 64 KiB"
	[ ! -e /dev/acqdev ] || fail "there is a node"
	exit 0
}

refuse_losses()
{
	begin "no word of losses"
	echo 10ee 7024 >$driver/new_id || fail "new_id"
	says "xdma_losses: no user BAR before the DMA BAR 0"
	begin "losses without a mark"
	echo 10ee 7025 >$driver/new_id || fail "new_id"
	says "xdma_losses: C2H channel 0 loses samples without tlast before them"
	[ ! -e /dev/acqdev ] || fail "there is a node"
	exit 0
}

[ "$1" != refuse ] || refuse
[ "$1" != losses ] || refuse_losses

[ ! -e /dev/acqdev ] || fail "a card is taken that nobody named"
begin new_id
echo 10ee 7024 >$driver/new_id || fail "new_id"
says "acqdev-xdma $first: XDMA version 6 in BAR 1: 1 C2H stream, MSI-X"
says "no channel with a stream: 2 memory-mapped"
[ -e /dev/acqdev ] || fail "no node"
[ ! -e /dev/acqdev1 ] || fail "a node for a card without a stream"
streams
case "$(card stats)" in
*user_reads=0\ user_writes=0\ *) ;;
*) fail "the user BAR was accessed: $(card stats)" ;;
esac
log "new_id binds the card with a stream alone, and its user BAR is left alone"

must rmmod_acq
must insmod_acq
[ ! -e /dev/acqdev ] || fail "a card is taken that nobody named"
echo acqdev-xdma >"/sys/bus/pci/devices/$first/driver_override"
echo "$first" >/sys/bus/pci/drivers_probe
[ -e /dev/acqdev ] || fail "driver_override does not bind"
streams
must rmmod_acq
echo >"/sys/bus/pci/devices/$first/driver_override"
log "driver_override"

must insmod_acq xdma_ids=10ee:9038,10ee:7024 xdma_channels=2 xdma_format=u16 xdma_rate=48000
expect_eq "$(cat /sys/class/misc/acqdev/config/format)" u16
expect_eq "$(cat /sys/class/misc/acqdev/config/frame_bytes)" 4
must /bin/acq read -q -n 20000 --verify ramp --strict -o /dev/null
must rmmod_acq
log "parameters"

for bad in xdma_ids=1 xdma_ids=10ee:7024x "xdma_ids=10ee:7024," xdma_ids=10ee:17024 xdma_channels=0 xdma_channels=33 \
	xdma_format=f32 xdma_bar=6 xdma_bar=-2 xdma_rate=0; do
	begin "$bad"
	if insmod_acq "$bad" 2>/dev/null; then
		fail "loads with $bad"
	fi
	says "acqdev: ${bad%%=*}"
done
log "bad parameters are refused"

begin "the user BAR"
must insmod_acq xdma_ids=10ee:7024 xdma_bar=0
says "acqdev-xdma $first: .*not XDMA: identity 0x.* at 0x3000 of BAR 0"
must rmmod_acq
begin "no BAR"
must insmod_acq xdma_ids=10ee:7024 xdma_bar=4
says "xdma_bar=4: this BAR has no 64 KiB of memory"
must rmmod_acq
begin "busy"
must card fault stuck-busy on
must insmod_acq xdma_ids=10ee:7024
says "C2H channel 0 is busy with what is not ours: resets the card"
says "C2H channel 0 stays busy, although it was reset"
must card clear
begin "bound again"
echo "$first" >$driver/bind || fail "cannot bind again"
streams
must rmmod_acq
begin "gone"
must card fault gone on
# the PCI core's own word
allow "acqdev-xdma $first: Unable to change power state"
must insmod_acq xdma_ids=10ee:7024
[ ! -e /dev/acqdev ] || fail "a card that is not there has a node"
says "acqdev-xdma $first: .*does not answer: all registers read ones"
must card clear
log "refused: another BAR, none, busy, not there"
exit 0
