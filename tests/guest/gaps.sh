#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# acqtest: ramp tree takes=60 kernels=6.12
# Programs that have never heard of a gap do not end well behind one: none gives a sum of what has been joined over it.
# wait_for evaluates its condition: SC2016
# shellcheck source=tests/guest/lib.sh disable=SC2016
. /lib.sh

dev=/dev/acqdev
sys=/sys/class/misc/acqdev
# so many that nothing is over before the loss; what comes behind it may come fast
frames=800000

# ends_badly NAME CMD...: a run with one gap amid it makes CMD fail
ends_badly()
{
	name=$1
	shift
	must card speed 1
	must /bin/acq config $dev format=s16 channels=0-1 pattern=ramp count=$frames rate=16k ring=1M
	"$@" >out 2>err &
	pid=$!
	wait_for '[ "$(cat $sys/state)" = running ] && [ "$(cat $sys/counters/bytes)" -gt 0 ]' || fail "$name: no run: $(cat err)"
	must card overflow 1000
	must card speed 20
	wait_for -t 60 '! kill -0 $pid 2>/dev/null' || fail "$name: no end"
	wait $pid
	status=$?
	log "$name: exit status $status, $(head -n 1 err)"
	[ $status != 0 ] || fail "$name ends with 0: $(head -c 100 out)"
	[ "$(cat $sys/totals/gaps)" -gt "$gaps" ] || fail "$name: there was no gap"
	gaps=$(cat $sys/totals/gaps)
}

must card wait on
gaps=$(cat $sys/totals/gaps)
for sum in sha256sum md5sum b2sum cksum sum; do
	ends_badly $sum in_tree $sum $dev
done
ends_badly "busybox sha256sum" busybox sha256sum $dev
ends_badly cat in_tree cat $dev
ends_badly dd in_tree dd if=$dev bs=64k
ends_badly gzip in_tree gzip -c -1 $dev
ends_badly Python in_tree python3 -c "
f = open('$dev', 'rb')
while f.read(4096):
    pass"
exit 0
