#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: card="$ramp" card="$xdma" modargs="xdma_ids=10ee:7024" add=$BUILD/tests/kexec:/bin/kexec tree memory=1024 kernels=6.12 takes=30 last
# acqtest: args=asleep card="$ramp" modargs=xdma_channels=1 add=$BUILD/tests/kexec:/bin/kexec tree memory=1024 kernels=6.12 takes=30 last
# The kernel ends amid a run: the first card is quiet before the next one takes it. The engine of the second, which waits
# for data, cannot be stopped; it is taken all the same.
# Or the card is in D3hot: nothing touches its registers until it is awake.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

mode=${1:-running}

run_both()
{
	must card2 pause on
	/bin/acq read -q -o /dev/null /dev/acqdev &
	/bin/acq read -q -o /dev/null /dev/acqdev1 &
	wait_for 'card stats | grep -q state=running' || fail "the first card does not run"
	wait_for 'card2 stats | grep -q c2h0_busy=1' || fail "the second card does not run"
}

sleep_soon()
{
	power=/sys/class/misc/acqdev/device/power
	echo 0 >$power/autosuspend_delay_ms
	echo auto >$power/control
	wait_for 'card stats | grep -q power=D3hot' || fail "the card does not sleep"
}

if [ -z "$ACQ_AGAIN" ]; then
	if [ "$mode" = running ]; then
		run_both
	else
		sleep_soon
	fi
	kernel=/tree/boot/vmlinuz-$(uname -r)
	[ -e "$kernel" ] || skip "this kernel is not in the tree"
	cp "$kernel" /tmp/kernel || fail "cannot copy $kernel"
	(cd / && find . -xdev | cpio -o -H newc >/tmp/initrd 2>/dev/null) || fail "cannot make an initrd"
	log "an initrd of $(wc -c </tmp/initrd) bytes"
	# what has been written to the verdict's port is to get there
	sleep 0.5
	/bin/kexec /tmp/kernel /tmp/initrd "$(cat /proc/cmdline) acq_again=$ACQ_GO_ON"
	fail "there is no other kernel"
fi

# Before this kernel has touched them
case $(card stats) in
*" state=idle "*) ;;
*) fail "the first card was left as $(card stats)" ;;
esac
case $(card stats) in
*" asleep_accesses=0"*) ;;
*) fail "the card's registers were touched in D3hot: $(card stats)" ;;
esac
# shellcheck disable=SC2086
must insmod_acq $MODARGS
if [ "$mode" = asleep ]; then
	must /bin/acq read -n 10000 --verify ramp --strict /dev/acqdev \
		--config rate=48k,format=s16,channels=0-1,pattern=ramp
	exit 0
fi
must card2 pause off
[ -e /dev/acqdev1 ] || fail "the second card is not taken: $(dmesg | grep acqdev)"
must /bin/acq read -n 10000 --verify ramp --strict /dev/acqdev \
	--config rate=48k,format=s16,channels=0-1,pattern=ramp
must /bin/acq read -n 10000 --verify ramp --strict /dev/acqdev1
exit 0
