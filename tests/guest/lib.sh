# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC3045	# busybox has read -t
#
# For test scripts in the test machine: ". /lib.sh". A test ends with 0 (passed),
# 4 (skipped: skip) or anything else (failed: fail). busybox sh.
#
# set by the machine: ACQ_TEST (the test's name), ACQ_KERNEL (6.1, 6.12, 7, rt, debug), ACQ_CARDS (how many),
# MODULE (path of the module), MODARGS; the working directory is empty and the test's own.

log()
{
	echo "# $*"
}

# fail MSG: ends the test
fail()
{
	echo "# FAIL: $*"
	exit 1
}

# skip MSG: ends the test, which does not count
skip()
{
	echo "$*" >/tmp/skip
	exit 4
}

# expect_eq GOT WANT [WHAT]
expect_eq()
{
	[ "$1" = "$2" ] || fail "${3:-value}: got '$1', not '$2'"
}

# expect_fail CMD...: CMD must fail
expect_fail()
{
	! "$@" || fail "succeeded: $*"
}

# allow PATTERN: kernel messages that match (grep -E) do not make this test fail
allow()
{
	echo "$1" >>"$ACQ_ALLOW"
}

# ask TTY TIMEOUT LINE: sends one line, prints the reply line; fails if there is none or it is no "ok"
ask()
{
	[ -c "$1" ] || fail "$1 is not there"
	(
		exec 5<>"$1" || exit 1
		# what an earlier, abandoned command left
		while read -r -t 0 _ <&5 2>/dev/null && read -r -t 1 _ <&5; do :; done
		printf '%s\n' "$3" >&5
		read -r -t "$2" reply <&5 || {
			echo "error: no reply within $2 s to: $3"
			exit 1
		}
		reply=$(printf %s "$reply" | tr -d '\r')
		echo "$reply"
		case $reply in ok*) ;; *) exit 1 ;; esac
	)
}

# card LINE...: one command to the first card's control line; prints the reply ("ok ..." or "error ...")
card()
{
	ask /dev/ttyS2 10 "$*"
}

card2()
{
	ask /dev/ttyS3 10 "$*"
}

# host LINE...: one command to the machine's other side:
#	hmp COMMAND		QEMU's monitor, e.g. "hmp pcie_aer_inject_error rp0 COMP_TIME"
#	qmp JSON		QEMU's machine protocol
#	signal N SIGNAL		a signal to card N's process (0 is the first), e.g. "signal 0 KILL"
#	stall N MS		stop that for so long; a processor that asks the card something meanwhile stands still
#	wake SECONDS		wake the machine so long after it next suspends (1 without this)
#	plug N / unplug N	hot-plug (device_add, device_del) of card N
host()
{
	ask /dev/ttyS4 20 "$*"
}

# The emulator's firmware does not tell the host bridge again where extended configuration is.
# So the kernel, when it wakes, gives the ports' to nobody, and they do not interrupt for errors.
suspend_bridge=/sys/bus/pci/devices/0000:00:00.0/config

# suspend_ports CMD: does that with each that has AER, at 0x100 as all of the emulator's have it
suspend_ports()
{
	for suspend_port in /sys/bus/pci/devices/*/config; do
		[ "$(od -A n -t x2 -j 256 -N 2 "$suspend_port")" = " 0001" ] || continue
		case $(cat "${suspend_port%/*}/class") in
		0x0604*) "$1" "$suspend_port" "/tmp/suspend.$(basename "${suspend_port%/*}")" ;;
		esac
	done
}

# the root error command of a port, to a file and back
suspend_keep()
{
	dd if="$1" of="$2" bs=4 skip=$((0x12c / 4)) count=1 2>/dev/null
}

suspend_put_back()
{
	dd if="$2" of="$1" bs=4 seek=$((0x12c / 4)) conv=notrunc 2>/dev/null
}

# suspend [SECONDS]: suspends to memory; the host wakes the machine after so long (1)
suspend()
{
	must host wake "${1:-1}"
	# PCIEXBAR
	dd if=$suspend_bridge of=/tmp/suspend.bridge bs=4 skip=$((0x60 / 4)) count=2 2>/dev/null
	suspend_ports suspend_keep
	# without this the emulator at times takes a minute to get the second processor going again
	for suspend_cpu in /sys/devices/system/cpu/cpu[1-9]/online; do
		[ ! -e "$suspend_cpu" ] || echo 0 >"$suspend_cpu" || fail "cannot stop a processor"
	done
	echo mem >/sys/power/state || fail "the machine does not suspend"
	dd if=/tmp/suspend.bridge of=$suspend_bridge bs=4 seek=$((0x60 / 4)) conv=notrunc 2>/dev/null
	suspend_ports suspend_put_back
	for suspend_cpu in /sys/devices/system/cpu/cpu[1-9]/online; do
		[ ! -e "$suspend_cpu" ] || echo 1 >"$suspend_cpu" || fail "cannot start a processor"
	done
}

# must CMD...: ends the test if CMD fails; its output is shown only then
must()
{
	must_out=$("$@" 2>&1) || fail "$*: $must_out"
}

# Simulated cards are often told to be faster than they say.
insmod_acq()
{
	insmod "$MODULE" rate_check=0 "$@"
}

rmmod_acq()
{
	rmmod "$(basename "$MODULE" .ko | tr - _)"
}

# have_module: is the module loaded
have_module()
{
	[ -d "/sys/module/$(basename "$MODULE" .ko | tr - _)" ]
}

# wait_for [-t SECONDS] CONDITION: until the shell command CONDITION succeeds; after 10 s fails
wait_for()
{
	wait_for_limit=10
	if [ "$1" = -t ]; then
		wait_for_limit=$2
		shift 2
	fi
	wait_for_end=$(($(cut -d. -f1 /proc/uptime) + wait_for_limit))
	until eval "$*"; do
		[ "$(cut -d. -f1 /proc/uptime)" -le "$wait_for_end" ] || return 1
		sleep 0.1
	done
}

# kmsg_since_mark [TEXT]: the kernel's log since this test began, or since "mark TEXT"
kmsg_since_mark()
{
	dmesg | awk -v mark="${1:-$ACQ_MARK}" 'seen { print } index($0, mark) { seen = 1 }'
}

mark()
{
	echo "$*" >/dev/kmsg
}

# pci_devices VENDOR DEVICE: the PCI addresses of those with these ids, one a line
pci_devices()
{
	for pci_dev in /sys/bus/pci/devices/*; do
		[ "$(cat "$pci_dev/vendor" "$pci_dev/device" | tr '\n' ' ')" != "0x$1 0x$2 " ] || basename "$pci_dev"
	done
}

# pci_cards: the PCI addresses of the simulated ACQ-R1 cards, one a line
pci_cards()
{
	pci_devices 1234 ac01
}

# in_tree CMD...: a program of the rig's Debian tree ("boot --tree"), in the same working directory, if that is in /tmp
in_tree()
{
	chroot /tree /usr/bin/env -C "$PWD" PATH=/usr/local/bin:/usr/bin:/usr/sbin LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 "$@"
}
