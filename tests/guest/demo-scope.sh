#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# acqtest: none
# demo-scope.sh PORT: what tests/demo-scope shows; the machine's port 8710 is that one of its host.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

screen=/dev/ttyS5
[ -c $screen ] || fail "no $screen: boot --show makes it"
exec 8<>$screen
stty -F $screen raw -echo
must ip link set lo up
wait_for '[ -e /sys/class/net/eth0 ]' || fail "no network card"
must ip addr add 10.0.2.15/24 dev eth0
must ip link set eth0 up
must mkdir -p /tmp/scope
must cp /acq-scope /tmp/scope/

must /bin/acq config rate=48k channels=4 format=s16 ring=8M
# a recorder, which the scope costs nothing
/bin/acq read -q -o /dev/null &
in_tree /tmp/scope/acq-scope --bind 0.0.0.0 --control >/tmp/address 2>&1 &
wait_for '[ -s /tmp/address ]' || fail "the scope does not start"
sed "s,http://[^/]*/,http://127.0.0.1:$1/,; s,^,Open this in a browser: ," /tmp/address >&8
wait
