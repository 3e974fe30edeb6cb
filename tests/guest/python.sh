#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# acqtest: card="$ramp --output --out-loopback --irq msi" tree cases add=$BUILD/tests/python.tar:/python.tar takes=60 kernels=7,debug
# The Python package with the real driver: python.py has the tests, names of which may be given.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

[ -d /tree/usr ] || skip "needs the tree: boot --tree"
mkdir -p /tmp/python && tar -xf /python.tar -C /tmp/python || fail "no package"
must card clear
in_tree env PYTHONPATH=/tmp/python "ACQDEV_LIBRARY=$(echo /tmp/python/libacq.so.*)" ACQ_KERNEL="$ACQ_KERNEL" \
	python3 -X faulthandler /tmp/python/python.py "$@"
