#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: card="$ramp --window-32" card="$ramp --window-32=upper" kernels=6.12
# Cards whose endpoints answer reads of one word: their FIFO gives the right samples all the same.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

for name in acqdev acqdev1; do
	for format in s16 u8; do
		must /bin/acq read "/dev/$name" --verify ramp --strict \
			--config "rate=4k,format=$format,channels=0-1,pattern=ramp,transfer=fifo,count=10000"
	done
done
exit 0
