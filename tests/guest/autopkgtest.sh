#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: sound own kernels=6.12 add=debian/tests/card:/card
# debian/tests/card in a machine with QEMU's sound card, without modprobe: what it does must be possible.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

must rmmod_acq
mkdir made
sed "s|^modprobe -r|rmmod|; s|^modprobe acqdev|insmod $MODULE|; s|mktemp -d|echo $PWD/made|" /card >card
ACQ_PROFILES=$PWD/profiles sh card >said 2>&1 || fail "debian/tests/card: $(tail -n 5 said)"
grep -q '^SKIP' said && fail "$(cat said)"
# shellcheck disable=SC2086 # several
insmod_acq $MODARGS
exit 0
