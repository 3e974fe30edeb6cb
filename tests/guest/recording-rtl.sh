#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: rtl kernels=6.12
# acqtest: rtl-fifo kernels=6.12
# A recording goes through the stream of samples, the Verilog, the kernel and cat, and comes out as it was: at a pace,
# as fast as the host, and by a bus that does all that PCI allows.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

frames=$(($(wc -c </recording.raw) / 4))
head -c $((frames * 4)) /recording.raw >whole || fail "cannot cut the recording"

# same NAME: one run, by cat
same()
{
	must sh -c 'cat /dev/acqdev >got'
	cmp got whole || fail "$1: $(wc -c <got) bytes differ from the recording's $(wc -c <whole)"
	log "$1: $(wc -c <got) bytes, identical"
}

must card clear
must card wait on
must /bin/acq config /dev/acqdev pattern=input count=$frames
case $(cat /sys/class/misc/acqdev/config/transfer) in
dma) must card speed 4 ;;
*) must card speed 3 ;;
esac
same "at a pace"
must card speed free
same "as fast as the host"
must card bus seed 7
must card bus all 300
same "on a bus that is late"
must card bus off
must card speed 1
exit 0
