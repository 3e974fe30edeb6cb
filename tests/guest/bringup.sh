#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: rtl add=docs/gateware.md:/gateware.md kernels=6.12 takes=20
# The commands that docs/gateware.md has for the bench, as they stand there, on the core of gateware/ as a card.
# commands are texts here: SC2016
# shellcheck source=tests/guest/lib.sh disable=SC2016
. /lib.sh

PATH=$PATH:/bin

# said TEXT: docs/gateware.md has it
said()
{
	grep -q -F -e "$*" /gateware.md || fail "docs/gateware.md does not say: $*"
}

# step TEXT: it has this command; runs that, and keeps its output in $out
step()
{
	said "$*"
	log "$*"
	out=$(eval "$*" 2>&1) || fail "$* ends with $?: $out"
}

said 'As root; 01:00.0 is the card'
rmmod acqdev || fail "rmmod"
said '`Operation not permitted` | a driver has the card already'
step 'echo 1 > /sys/bus/pci/devices/0000:01:00.0/enable'

said "bar=\$(head -n 1 /sys/bus/pci/devices/0000:01:00.0/resource | cut -d' ' -f1)"
bar=$(head -n 1 /sys/bus/pci/devices/0000:01:00.0/resource | cut -d' ' -f1)
step 'busybox devmem $bar 32'
expect_eq "$out" 0x31514341
step 'busybox devmem $((bar + 4)) 32'
expect_eq "$out" 0x00010001
insmod "$MODULE" rate_check=0 || fail insmod
expect_fail busybox devmem "$bar" 32 2>/dev/null
wait_for '[ -e /dev/acqdev ]' || fail "no device node"
dmesg | grep -q 'acqdev 0000:01:00.0: ACQ-R1 map 1.1 revision .* channels, DMA, MSI' || fail "$(dmesg | tail -n 3)"
said 'acqdev 0000:01:00.0: ACQ-R1 map 1.1 revision 1 serial'

# the simulated core loses frames on a machine that is late
card wait on >/dev/null
said 'acq read --config pattern=ramp -b 100M --verify ramp -o /dev/null'
out=$(acq read --config pattern=ramp -b 200k --verify ramp -o /dev/null 2>&1) || fail "$out"
said '`no gap` and `verified: all of them are the ramp pattern'
case $out in *'no gap'*"verified: all of them are the ramp pattern's"*) ;; *) fail "$out" ;; esac

step 'grep acqdev /proc/interrupts'
was=$(echo "$out" | awk '{ n = 0; for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i; print n }')
acq read -q -b 200k -o /dev/null || fail "acq read"
step 'grep acqdev /proc/interrupts'
[ "$(echo "$out" | awk '{ n = 0; for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i; print n }')" -gt "$was" ] || fail "no interrupt: $out"

step 'acq read -q --config pattern=input -n 16 -o - | od -An -v -tu2'
expect_eq "$(echo "$out" | wc -w)" 32 "samples of 16 frames of two channels"

# waits for nobody now: losses are what this step is about
card wait off >/dev/null
step 'acq read --config pattern=ramp,ring=64k,block=4k -t 8 --verify ramp -o - | (sleep 4; cat > /dev/null)'
case $out in *'frames lost'*verified:*) ;; *) fail "$out" ;; esac
said 'It reports gaps, and ends with `verified`'
acq config ring=default block=default >/dev/null 2>&1 || acq config ring=4M block=64k >/dev/null || fail "acq config"
