#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# acqtest: card="$ramp --output --out-loopback --irq msi" tree cases add=$BUILD/tests/python.tar:/python.tar takes=60 kernels=7
# acqtest: card="$ramp --output --out-loopback --irq msi" tree cases add=$BUILD/tests/python.tar:/python.tar takes=25 kernels=debug \
#	args="everything_comes gaps what_is_kept_costs_nobody a_device_goes_amid_iteration fork close_ends_a_wait plays unplug"
# The Python package with the real driver: python.py has the tests, names of which may be given.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

[ -d /tree/usr ] || skip "needs the tree: boot --tree"
must mkdir -p /tmp/python
must tar -xf /python.tar -C /tmp/python
must card clear
in_tree env PYTHONPATH=/tmp/python "ACQDEV_LIBRARY=$(echo /tmp/python/libacq.so.*)" ACQ_KERNEL="$ACQ_KERNEL" \
	python3 -X faulthandler /tmp/python/python.py "$@"
