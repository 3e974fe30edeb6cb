#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# acqtest: playing tree add=/usr/share/sounds/alsa/Front_Center.wav:/song.wav \
#          add=$BUILD/tests/player:/player add=$BUILD/tests/tone:/tone takes=60 kernels=6.1,7
# A song goes through write(), ring, transfer and converter, and is what the card has put out; /recording.raw is what is in
# the file, extracted by another program. The card keeps a digest of what it plays.
# wait_for evaluates its condition: SC2016
# shellcheck source=tests/guest/lib.sh disable=SC2016
. /lib.sh

dev=/dev/acqdev1
song=/song.wav
bytes=$(wc -c </recording.raw)
cp /recording.raw /tmp/recording.raw

# digest_of FILE: as the card has it of what it plays
digest_of()
{
	in_tree python3 -c '
import functools, sys
with open(sys.argv[1], "rb") as f:
    print(functools.reduce(lambda d, byte: (d ^ byte) * 0x100000001b3 & (1 << 64) - 1, f.read(), 0xcbf29ce484222325))
' "$1" || fail "no digest"
}

digest=$(digest_of /tmp/recording.raw)

# stat KEY: of the card's output
stat()
{
	card out stats | tr ' ' '\n' | sed -n "s/^$1=//p"
}

# whole WHAT [FILLER]: all of the song has been played, and how much else
whole()
{
	expect_eq "$(stat played)" $((bytes / 2)) "$1: frames played"
	expect_eq "$(stat filler)" "${2:-0}" "$1: frames of filler"
	expect_eq "$(stat digest)" "$digest" "$1: digest"
	log "$1: $bytes bytes, identical"
}

/bin/acq list | grep -q "^$dev  *out " || fail "no output: $(/bin/acq list)"
must /bin/acq write $song
whole "acq write, WAV, the first output"
/bin/acq config $dev >/tmp/config
for setting in rate=48k channels=0-0 format=s16; do
	grep -q "^$setting\$" /tmp/config || fail "no $setting: $(cat /tmp/config)"
done

# as it is configured now
must sh -c "cat /recording.raw >$dev"
whole "cat"
must dd if=/recording.raw of=$dev bs=1000
whole "dd"
must in_tree sh -c "cat /tmp/recording.raw >$dev"
whole "Debian's cat"
must in_tree dd if=/tmp/recording.raw of=$dev bs=64k
whole "Debian's dd"
for way in write uring mapped sendfile; do
	must /player $dev $way /recording.raw
	whole "player, $way"
done
must sh -c "cat $song | /bin/acq write $dev -"
whole "acq write, WAV by a pipe"
must /bin/acq write /recording.raw --json=/tmp/out.json --prefill 10000
whole "acq write, raw"
grep -q '"underruns": *0' /tmp/out.json || fail "$(cat /tmp/out.json)"
grep -q "\"played\": *$bytes" /tmp/out.json || fail "$(cat /tmp/out.json)"

# who opens it to read hears all that is played from then on
/bin/acq read $dev -q -o /tmp/heard &
monitor=$!
wait_for 'grep -q attach /proc/$monitor/wchan' || fail "the monitor does not wait: $(cat /proc/$monitor/wchan)"
must /bin/acq write $song
wait $monitor || fail "monitor: $?"
cmp /tmp/heard /recording.raw || fail "heard: $(wc -c </tmp/heard) bytes"
log "a monitor: identical"

# late: told where, and how long, as the card has it; and the rest is played all the same
late()
{
	head -c 40000 /recording.raw
	sleep 2
	tail -c +40001 /recording.raw
}

late | /bin/acq write - 2>/tmp/err
expect_eq $? 7 "status behind an underrun"
grep -q '^underrun at byte 40000, index 20000: ' /tmp/err || fail "underrun: $(cat /tmp/err)"
# a late machine may have another one
filler=$(awk '/^underrun at .* frames of filler$/ { sum += $(NF - 3) } END { print sum }' /tmp/err)
[ "${filler:-0}" -gt 10000 ] || fail "underrun: $(cat /tmp/err)"
whole "behind an underrun" "$filler"
late | /bin/acq write - --stop-at-underrun 2>/tmp/err
expect_eq $? 7 "status of one that stops there"
expect_eq "$(stat played)" 20000 "played until the underrun: $(cat /tmp/err)"
late | cat >$dev 2>/tmp/err && fail "cat has not seen the underrun"
grep -qi 'broken pipe' /tmp/err || fail "cat: $(cat /tmp/err)"

# Ctrl-C
/bin/acq write $song --loop --json=/tmp/out.json 2>/tmp/err &
writer=$!
wait_for '[ "$(stat played)" -gt 100000 ]' || fail "does not play on: $(card out stats)"
kill -INT $writer
wait $writer
expect_eq $? 0 "status behind Ctrl-C"
grep -q 'that were queued have not been played' /tmp/err || fail "Ctrl-C: $(cat /tmp/err)"
dropped=$(sed -n 's/.*"dropped": *\([0-9]*\).*/\1/p' /tmp/out.json)
accepted=$(sed -n 's/.*"bytes": *\([0-9]*\).*/\1/p' /tmp/out.json)
[ "${dropped:-0}" -gt 0 ] || fail "nothing dropped: $(cat /tmp/out.json)"
expect_eq "$(stat played)" $(((accepted - dropped) / 2)) "played of what was accepted"
must /bin/acq write $song
whole "behind Ctrl-C"

# the example of a tone
must /tone $dev 1000 0.25
must in_tree python3 -c '
import array, math
tone = array.array("h", (round(16384 * math.sin(2 * math.pi * 1000 * 1000 / 48000000 * i)) for i in range(12000)))
with open("/tmp/tone.raw", "wb") as f:
    tone.tofile(f)
'
expect_eq "$(stat played)" 12000 "frames of a tone"
expect_eq "$(stat digest)" "$(digest_of /tmp/tone.raw)" "digest of a tone"

# what the card does not have is said
must in_tree python3 -c '
import wave
with wave.open("/tmp/six.wav", "wb") as f:
    f.setparams((6, 2, 48000, 0, "NONE", ""))
    f.writeframes(bytes(12000))
'
expect_fail /bin/acq write /tmp/six.wav 2>/tmp/err
grep -q 'channels 0-1 only' /tmp/err || fail "six channels: $(cat /tmp/err)"
exit 0
