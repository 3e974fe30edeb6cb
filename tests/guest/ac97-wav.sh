#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# acqtest: sound own kernels=6.12 args=$BUILD/ac97-heard.wav \
#          audiodev="wav,id=wav,path=$BUILD/ac97-heard.wav,out.frequency=48000,out.format=s16,out.channels=2" \
#          device=pcie-root-port,id=rp9,slot=9,chassis=9 device=AC97,id=card9,bus=rp9,audiodev=wav
# ac97-wav.sh FILE: a second sound card, of which QEMU writes what it plays to a file of the host. It is unplugged.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

# value TEXT KEY: the value of KEY in an answer
value()
{
	echo "$1" | tr ' ' '\n' | sed -n "s/^$2=//p"
}

[ -c /dev/acqdev3 ] || fail "no second card"
must card clear
head -c 400000 /dev/urandom >samples
cat samples >/dev/acqdev1 || fail "the first card does not play"
cat samples >/dev/acqdev3 || fail "the second card does not play"
# QEMU keeps the last 10 ms of what it plays until it plays again.
head -c 8000 /dev/zero >/dev/acqdev3 || fail "the second card does not play again"
cat /dev/acqdev2 >/dev/null 2>why &
must host unplug card9
wait $! && fail "a reader of a card that is gone has come to an end"
grep -q 'No such device' why || fail "the reader says: $(cat why)"
[ ! -e /dev/acqdev3 ] || fail "the node of a card that is gone"
mine=$(card out stats)
its=$(card "heard $1")
log "$its"
expect_eq "$(value "$its" played)" 100000 "frames in the file"
expect_eq "$(value "$its" filler)" 0 "filler in the file"
expect_eq "$(value "$its" digest)" "$(value "$mine" digest)" "digest of the file"
[ "$(head -c 4000 /dev/acqdev | wc -c)" = 4000 ] || fail "the first card has gone, too"
