#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# acqtest: part=reach card="$ramp --output --out-loopback --irq msi" add=$BUILD/tests/soapy.tar:/soapy.tar kernels=7 cases takes=60
# The SoapySDR module with the real driver and a card that loses samples when it is told to.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

[ -d /tree/usr ] || skip "needs the second tree: boot --reach"
must mkdir -p /tmp/soapy
must tar -xf /soapy.tar -C /tmp/soapy
must card clear
in_tree env LD_LIBRARY_PATH=/tmp/soapy SOAPY_SDR_PLUGIN_PATH=/tmp/soapy/SoapySDR \
	python3 -X faulthandler /tmp/soapy/soapy_card.py "$@"
