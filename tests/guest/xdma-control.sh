#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# acqtest: control kernels=6.12
# acqtest: control-intx kernels=6.12
# acqtest: control iommu kernels=debug
# "acq reg" and "acq irq" with a card that has a user BAR and 16 lines, and another without a user BAR; and the
# examples of docs/control.md. Needs boot --tree, and /control.py and /control-example there.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

acq=/bin/acq
# a card that has been in D3hot has forgotten what lines were up
echo on >/sys/class/misc/acqdev-ctl0/device/power/control || fail "the card may sleep"
second=$(cd /sys/class/misc && echo acqdev-ctl[1-9]*)

# refuses STATUS PATTERN CMD...
refuses()
{
	refuses_want=$1 refuses_pattern=$2
	shift 2
	refuses_said=$("$@" 2>&1)
	expect_eq $? "$refuses_want" "status of $*"
	echo "$refuses_said" | grep -q -e "$refuses_pattern" || fail "$*: no '$refuses_pattern' in: $refuses_said"
}

for name in 0 acqdev-ctl0 /dev/acqdev-ctl0; do
	expect_eq "$($acq reg $name 0)" 0x55514341 ID
done
must $acq reg 0 8 0xdeadbeef
expect_eq "$($acq reg 0 8)" 0xdeadbeef SCRATCH
must $acq reg 0 0x8 17
expect_eq "$($acq reg 0 8)" 0x00000011 SCRATCH
expect_eq "$($acq reg 0 0x1004)" 0x00010202 "a register of another page"
expect_eq "$($acq reg 0 0xfffc)" 0x00000000 "the last register"
refuses 1 'is beyond the user BAR, which has 0x10000 bytes' $acq reg 0 0x10000
refuses 2 'node of a stream: its card.s control node is /dev/acqdev-ctl0' $acq reg /dev/acqdev 0
refuses 2 'node of a stream: its card.s control node is /dev/acqdev-ctl0' $acq irq /dev/acqdev 0
refuses 2 'acqdev-ctl77: No such file' $acq reg 77 0
refuses 2 '/dev/tty is no control node' $acq reg /dev/tty 0
refuses 2 'has no user BAR' $acq reg "$second" 0
log "reg"

must card user-irq 3 on
expect_eq "$($acq irq 0 3)" 3
must card user-irq 5 on
expect_eq "$($acq irq 0 0x28 -n 1)" "3 5"
expect_eq "$($acq irq 0 4-5 --count 3)" "5
5
5"
must card user-irq 5 off
$acq irq 0 5,7 >told &
pid=$!
sleep 0.3
[ ! -s told ] || fail "a line that is down fires: $(cat told)"
must card user-irq 7 on
wait $pid
expect_eq "$? $(cat told)" "0 7"
log "irq"

refuses 2 'only root may' /usr/bin/setpriv --reuid 65534 --clear-groups $acq reg 0 8
refuses 2 'only root may' /usr/bin/setpriv --reuid 65534 --clear-groups $acq irq 0 3
refuses 2 'needs CAP_SYS_RAWIO' /usr/bin/setpriv --bounding-set -sys_rawio $acq reg 0 8
log "without privileges"

expect_eq "$(/control-example)" "card 0x55514341, scratch 1234
$(yes 'lines 0x1' | head -n 10)"
cp /control.py .
expect_eq "$(in_tree /usr/bin/python3 control.py)" "0x55514341 1234
lines 0x1"
log "examples"

# The card goes while somebody waits for a line
for line in 3 7; do
	must card user-irq $line off
done
pci=$(basename "$(readlink /sys/class/misc/acqdev-ctl0/device)")
$acq irq 0 0 >told 2>&1 &
pid=$!
sleep 0.3
echo "$pci" >/sys/bus/pci/drivers/acqdev-xdma/unbind
wait $pid
expect_eq "$? $(cat told)" "5 acq: cannot wait for /dev/acqdev-ctl0: the card is gone"
echo "$pci" >/sys/bus/pci/drivers/acqdev-xdma/bind
expect_eq "$($acq reg 0 0)" 0x55514341 ID
exit 0
