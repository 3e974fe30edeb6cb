#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: ramp kernels=kcsan takes=20 own
# KCSAN watches the module, and finds a race that is there: else its silence would say nothing.
# wait_for evaluates its condition: SC2016
# shellcheck source=tests/guest/lib.sh disable=SC2016
. /lib.sh

kcsan=/sys/kernel/debug/kcsan
race=/sys/module/acq_test_race/parameters
mark='BUG: KCSAN: data-race in .*\[acq_test_race\]'

# count NAME: one of KCSAN's counters
count()
{
	sed -n "s/^$1: //p" $kcsan
}

# planted: has the race of the test's module been found?
planted()
{
	dmesg | grep -q "$mark"
}

[ "$(count enabled)" = 1 ] || fail "KCSAN is not on: $(tr '\n' ' ' <$kcsan)"
allow "$mark"

# Nothing else is watched: modules are, and this one alone is at work.
before=$(count setup_watchpoints)
must /bin/acq config /dev/acqdev rate=48k format=s16 channels=0-1 pattern=ramp transfer=dma count=0 trigger=immediate pretrigger=0 block=4k
# A late one loses samples, and dd ends there.
for _ in 1 2 3 4 5; do
	dd if=/dev/acqdev bs=4096 count=100 of=/dev/null 2>/dev/null
done
after=$(count setup_watchpoints)
log "$((after - before)) watchpoints while up to 500 blocks were read"
[ $((after - before)) -ge 20 ] || fail "KCSAN does not watch the module: is it built for this kernel?"

must insmod /lib/modules/extra/acq_test_race.ko
tries=0
while ! planted && [ $tries -lt 2000 ]; do
	cat $race/seen >/dev/null
	tries=$((tries + 1))
done
log "$(cat $race/seen) pieces, looked at $tries times or some more"
rmmod acq_test_race
planted || fail "KCSAN finds nothing: not even the race of acq_test_race.c"
exit 0
