#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# guest.sh FRAMES PATTERN TRANSFER...: the card under the driver, in the test machine; driver.py starts it and reads what it
# says: a line "conformance pass|fail CLAUSE WHAT" for each finding.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

frames=$1 pattern=$2
shift 2
verify="--verify ramp"
[ "$pattern" = ramp ] || verify=''
counters=/sys/class/misc/acqdev/counters

pass()
{
	log "conformance pass $*"
}

wrong()
{
	log "conformance fail $*"
}

# The driver says what it does not like of a card in the kernel's log.
complaints()
{
	dmesg -r | grep -E '^<[0-4]>.*acqdev' | grep -v -e 'taints kernel' -e 'verification failed' | head -n 3 | sed 's/^<[0-9]*>\[[^]]*\] *//' | tr '\n' ';'
}

if ! wait_for '[ -e /dev/acqdev ]'; then
	wrong driver.probe "there is no /dev/acqdev; the log says: $(complaints)"
	exit 0
fi

for transfer in "$@"; do
	if ! /bin/acq config "pattern=$pattern" "transfer=$transfer" >/tmp/said 2>&1; then
		wrong driver.ramp "transfer=$transfer: $(head -n 1 /tmp/said)"
		continue
	fi
	# shellcheck disable=SC2086	# words
	if /bin/acq read -n "$frames" $verify -o /dev/null >/tmp/said 2>&1; then
		[ -z "$verify" ] || pass driver.ramp
	else
		wrong driver.ramp "$transfer, status $?: $(tail -n 2 /tmp/said | tr '\n' ' ')"
	fi
	for turn in 1 2 3 4 5; do
		# shellcheck disable=SC2086	# words
		if /bin/acq read -n $((turn * 7)) $verify -o /dev/null >/tmp/said 2>&1; then
			pass driver.stop
		else
			wrong driver.stop "$transfer, start $turn behind a stop, status $?: $(tail -n 2 /tmp/said | tr '\n' ' ')"
		fi
	done
	width=$(/bin/acq config 2>&1 | sed -n 's/.*a frame has \([0-9]*\) bytes.*/\1/p')
	bytes=$(cat $counters/bytes) produced=$(cat $counters/frames) lost=$(cat $counters/lost)
	log "counters: bytes $bytes, frames $produced, lost $lost, frame $width"
	if [ "${width:-0}" -gt 0 ] && [ $((bytes / width + lost)) = "$produced" ]; then
		pass driver.counters
	else
		wrong driver.counters "$transfer: frames $produced, lost $lost, $bytes bytes in frames of $width"
	fi
done
said=$(complaints)
if [ -z "$said" ]; then
	pass driver.probe
else
	wrong driver.probe "the driver says: $said"
fi
exit 0
