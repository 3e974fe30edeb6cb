#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# acqtest: three-channels disks soak kmod=nbd add=$BUILD/tests/powercut:/powercut add=$BUILD/tests/promised:/promised \
#          kernels=7 takes=60 limit=1200 cases
# shellcheck shell=dash disable=SC2016
#
# What acq record leaves when it is killed, the power fails, or the disk does: what it has said is
# safe is there, and --repair makes a whole recording of it. The disk is powercut.c's.
#
# powercut.sh [CASE...]: 2 rounds of each kind, with ACQ_SEED 20. A round that fails says its seed.

# shellcheck source=tests/guest/lib.sh
. /lib.sh

control=$PWD/control

disk()
{
	/powercut tell "$control" "$@"
}

# begin_disk MIB: a disk without anything on it
begin_disk()
{
	rm -f "$control"
	mib=$1
	/powercut disk /dev/nbd0 "$mib" "$control" 2>server.err &
	server=$!
	wait_for '[ -S "$control" ]' || fail "no disk: $(cat server.err)"
	wait_for_disk
}

# The kernel is connected, and knows the disk's size.
wait_for_disk()
{
	wait_for '[ -e /sys/block/nbd0/pid ] && [ "$(cat /sys/block/nbd0/size)" = $((mib * 2048)) ]' ||
		fail "no disk: $(cat server.err)"
}

# connect HOW: once more, as the disk was ("on"), or with what is kept ("fresh")
connect()
{
	must disk "$1"
	wait_for_disk
}

end_disk()
{
	must disk quit
	wait $server
}

# make_file_system [OPTIONS]: mounted; by the real mke2fs, which the shell's own would hide
make_file_system()
{
	/usr/bin/mke2fs -q -F -t ext4 -J size=1 -N 64 -O ^resize_inode /dev/nbd0 >out 2>&1 || fail "mke2fs: $(cat out)"
	mount -t ext4 -o "noatime$1" /dev/nbd0 disk 2>err || fail "mount: $(cat err)"
}

# The machine is started anew: the disk has what survived, and the file system's journal is replayed.
start_anew()
{
	umount disk || fail "umount"
	connect on
	mount -t ext4 -o noatime /dev/nbd0 disk 2>err || fail "mount after the power cut: $(cat err)"
}

# pick N: $picked is from 0 to N - 1, by the round's seed
pick()
{
	state=$(((state * 1103515245 + 12345) & 0x7fffffff))
	picked=$(((state >> 8) % $1))
}

# An acknowledged write is forgotten unless it is flushed; a flushed one never.
forgets_what_is_not_flushed()
{
	lost=0
	for seed in 1 2; do
		for how in sync dsync lie; do
			begin_disk 16
			must disk cut $((seed * 7)) "$seed"
			/powercut write /dev/nbd0 1000000 $how >announced 2>/dev/null && fail "it can write without power"
			expect_eq "$(disk state | cut -d' ' -f1)" off "the disk's state"
			announced=$(tail -n 1 announced)
			connect on
			said=$(/powercut verify /dev/nbd0 "${announced:-0}")
			there=$?
			end_disk
			[ $how = lie ] || [ $there = 0 ] || fail "seed $seed, $how: the disk has lost what was flushed: $said"
			[ $there = 0 ] || lost=$((lost + 1))
		done
	done
	log "$lost of 2 have lost what was not flushed"
	[ $lost -ge 1 ] || fail "the disk forgets nothing: it proves nothing"
}

# A file keeps what was synchronized; and not if the file system does not flush the disk.
keeps_what_is_synchronized()
{
	lost=0
	for seed in 1 2; do
		for barrier in 1 0; do
			begin_disk 16
			make_file_system ",barrier=$barrier"
			must disk cut $((20 + seed * 10)) "$seed"
			/powercut write disk/file 10000000 sync >announced 2>/dev/null && fail "it can write without power"
			announced=$(tail -n 1 announced)
			umount disk
			connect on
			if mount -t ext4 -o noatime /dev/nbd0 disk 2>err; then
				said=$(/powercut verify disk/file "${announced:-0}")
				there=$?
				umount disk
			else
				there=1 said=$(cat err)
			fi
			end_disk
			log "seed $seed, barrier=$barrier: $said"
			[ $barrier = 0 ] || [ $there = 0 ] || fail "seed $seed: a file has lost what was synchronized: $said"
			[ $there = 0 ] || lost=$((lost + 1))
		done
	done
	[ $lost -ge 1 ] || fail "without barriers nothing is lost: the power cut proves nothing"
}

# value WORD TEXT: what follows WORD= in it
value()
{
	echo "$2" | tr ' ' '\n' | sed -n "s/^$1=//p"
}

# record_begin NAME OPTIONS...: the recorder in the background, and gaps of the card now and then
record_begin()
{
	name=$1
	shift
	pick 3
	flush=0.$((picked + 1))
	/bin/acq record acqdev "disk/$name" -q --flush $flush "$@" >out 2>err &
	acq=$!
	pick 8
	loses=$picked
	(
		while [ "$loses" -gt 0 ]; do
			card overflow $((loses * 10)) >/dev/null
			usleep $((loses * 50000))
			loses=$((loses - 1))
		done
	) &
	losing=$!
}

# What is a random moment: so many milliseconds behind the first bytes, or from the very beginning
record_for_a_while()
{
	pick 4
	[ "$picked" = 0 ] || wait_for 'cat disk/*.sigmf-journal 2>/dev/null | grep -q . || ! kill -0 $acq' || fail "it does not begin: $(cat err)"
	pick 1000
	usleep $((picked * 1000))
	kill -0 "$acq" 2>/dev/null || fail "$kind seed $seed: it has ended: $(cat err)"
}

record_killed()
{
	kill -KILL "$acq" 2>/dev/null
	wait "$acq" 2>/dev/null
	wait "$losing"
}

# The journals as every process has seen them, whether they were on the disk or not
keep_journals()
{
	rm -rf seen
	mkdir seen
	cp disk/*.sigmf-journal seen/ 2>/dev/null
}

# promised FILE NAME: $said has what this journal or metadata says, all of which is there
promised()
{
	said=$(/promised "$1" "disk/$2.sigmf-data" 2 2>&1) || fail "$kind seed $seed: $2: $1 is not true: $said; $(cat "$1")"
}

# What the recorder has said is on the disk is on the disk; and no more than its last word of it is lost.
check_promises()
{
	announced=0 durable=0
	for journal in seen/*.sigmf-journal; do
		[ -e "$journal" ] || continue
		base=$(basename "$journal" .sigmf-journal)
		promised "$journal" "$base"
		good=$(value good "$said") before=$(value before "$said") left=0
		if [ -e "disk/$base.sigmf-journal" ]; then
			promised "disk/$base.sigmf-journal" "$base"
			left=$(value good "$said")
		fi
		[ "$left" -ge "$before" ] || fail "$kind seed $seed: $base had $good bytes, and $before before that; $left are left"
		announced=$((announced + good)) durable=$((durable + left))
	done
}

# repair NAME: and a second time, which changes nothing
repair()
{
	[ -e "disk/$1.sigmf-journal" ] || return 0
	good=$(value good "$(/promised "disk/$1.sigmf-journal" "disk/$1.sigmf-data" 2)")
	/bin/acq record --repair "disk/$1" >out 2>err || fail "$kind seed $seed: --repair: $(cat out err)"
	[ ! -e "disk/$1.sigmf-journal" ] || fail "$kind seed $seed: the journal is still there"
	if [ ! -e "disk/$1.sigmf-meta" ] && [ "$good" = 0 ]; then
		return
	fi
	expect_eq "$(stat -c %s "disk/$1.sigmf-data")" "$good" "$kind seed $seed: size of what is repaired"
	md5sum disk/"$1".* >was
	/bin/acq record --repair "disk/$1" >out 2>err || fail "$kind seed $seed: --repair once more: $(cat out err)"
	md5sum disk/"$1".* | cmp -s was - || fail "$kind seed $seed: a second repair changes what is there"
}

# Every recording on the disk is whole, and adds up.
check_recordings()
{
	frames=0 gaps=0
	for meta in disk/*.sigmf-meta; do
		[ -e "$meta" ] || continue
		promised "$meta" "$(basename "$meta" .sigmf-meta)"
		expect_eq "$(stat -c %s "${meta%-meta}-data")" "$(value good "$said")" "$kind seed $seed: size of $meta"
		frames=$((frames + $(value good "$said") / 4)) gaps=$((gaps + $(value gaps "$said")))
	done
	for data in disk/*.sigmf-data; do
		[ ! -e "$data" ] || [ -e "${data%-data}-meta" ] || fail "$kind seed $seed: $data has no metadata"
	done
	left=$(find disk -type f ! -name '*.sigmf-data' ! -name '*.sigmf-meta' ! -name '*.sigmf-collection')
	[ -z "$left" ] || fail "$kind seed $seed: left over: $left"
}

# note NAME: a line of the campaign's numbers
note()
{
	log "$kind seed $seed flush $flush: announced $announced, left $durable, lost $((announced - durable)); $frames frames and $gaps gaps in all${1:+; $1}"
	total=$((total + announced)) lost=$((lost + announced - durable))
}

killed()
{
	record_begin r
	record_for_a_while
	record_killed
	keep_journals
	check_promises
	expect_eq "$durable" "$announced" "$kind seed $seed: what is left"
	repair r
	check_recordings
	note
}

# record_until_the_power_fails OPTIONS...: after so many more writes and flushes. That ends the recorder, too.
record_until_the_power_fails()
{
	record_begin "$@"
	record_for_a_while
	pick 30
	must disk cut "$picked" "$seed" "$acq"
	wait_for 'disk state | grep -q ^off' || fail "$kind seed $seed: the power is still on: $(disk state) $(cat err)"
	record_killed
	keep_journals
	dropped="$(disk state | cut -d' ' -f6-)"
	start_anew
}

power_cut()
{
	record_until_the_power_fails r
	check_promises
	repair r
	check_recordings
	note "$dropped"
}

# and once more while it is repaired
power_cut_in_a_repair()
{
	record_until_the_power_fails r
	check_promises
	pick 12
	must disk cut "$picked" "$seed"
	/bin/acq record --repair disk/r >out 2>err
	first=$?
	# what else there is to write is written by this
	[ "$(disk state | cut -d' ' -f1)" = off ] || sync
	start_anew
	must disk heal
	repair r
	check_recordings
	note "the first repair had status $first"
}

# Writes fail from a moment on: those of samples, or all. The recorder ends by itself.
disk_fails()
{
	record_begin r
	record_for_a_while
	pick 2
	least=$((picked * 16384))
	pick 30
	must disk fail "$picked" $least
	wait_for -t 30 '! kill -0 "$acq" 2>/dev/null' || fail "$kind seed $seed: it does not end: $(disk state)"
	wait "$acq"
	status=$?
	[ $status = 2 ] || fail "$kind seed $seed: status $status: $(cat err)"
	grep -qi 'input/output\|read-only' err || fail "$kind seed $seed: no word of the disk: $(cat err)"
	record_killed
	keep_journals
	must disk heal
	start_anew
	check_promises
	repair r
	check_recordings
	note "writes of $least bytes and more"
}

# A disk that is full ends it, with all that was promised; here the power fails, too.
full_and_cut()
{
	dd if=/dev/zero of=disk/fill bs=1M count=$(($(df -m disk | awk 'NR == 2 { print $4 }') - 1)) 2>/dev/null
	record_begin r
	wait_for -t 30 '! kill -0 "$acq" 2>/dev/null' || fail "$kind seed $seed: it does not end: $(df disk) $(cat err)"
	wait "$acq"
	expect_eq $? 8 "$kind seed $seed: status with a full disk: $(cat err)"
	keep_journals
	must disk cut 0 "$seed"
	record_killed
	start_anew
	rm -f disk/fill
	check_promises
	[ -e disk/r.sigmf-meta ] || fail "$kind seed $seed: it has ended, and there is no metadata"
	grep -q '"acqdev:end": *"full"' disk/r.sigmf-meta || fail "$kind seed $seed: not for the full disk"
	check_recordings
	note
}

# in_metadata KEY FILE: a number or a text of it
in_metadata()
{
	grep -oE "\"$1\": *(\"[^\"]*\"|[0-9.]+)" "$2" | sed 's/^[^:]*:[^:]*: *//' | tr -d '"'
}

# The series is repaired, or the same command continues it: all of its files are whole, each sample is
# in one of them or accounted for, and the collection lists them.
check_series()
{
	frames=0 gaps=0
	pick 2
	if [ -z "$(find disk -name 'r*')" ]; then
		note 'it had not begun'
		return
	fi
	# killed before there was a collection: nobody knows of a series but who continues it
	[ -e disk/r.sigmf-collection ] || picked=1
	if [ "$picked" = 0 ]; then
		/bin/acq record --repair disk/r >out 2>err || fail "$kind seed $seed: --repair: $(cat out err)"
	else
		/bin/acq record acqdev disk/r -q --max-file-size "$size" -n 20000 >out 2>err ||
			fail "$kind seed $seed: it does not go on: $(cat out err)"
	fi
	check_recordings
	: >names
	last=
	for meta in disk/*.sigmf-meta; do
		[ -e "$meta" ] || continue
		base=$(basename "$meta" .sigmf-meta)
		promised "$meta" "$base"
		run=$(in_metadata acqdev:run "$meta" | head -n 1) first=$(value first "$said")
		if [ -n "$last" ] && [ "$run" = "$last_run" ]; then
			expect_eq "$first" "$next" "$kind seed $seed: index at which $base begins, behind $last"
		elif [ -n "$last" ]; then
			expect_eq "$(in_metadata acqdev:previous "$meta")" "$last" "$kind seed $seed: what $base continues"
			[ -n "$(in_metadata acqdev:missing_seconds "$meta")" ] || fail "$kind seed $seed: $base does not say what is missing"
		fi
		last=$base last_run=$run next=$(value next "$said")
		echo "$base $(sha512sum "$meta" | cut -d' ' -f1)" >>names
	done
	tr -d '\n' <disk/r.sigmf-collection | sed 's/.*"core:streams"//' | grep -oE '"(name|hash)": *"[^"]*"' |
		sed 's/.*: *"\(.*\)"/\1/' | paste -d' ' - - >listed
	cmp -s names listed || fail "$kind seed $seed: the collection is not as what is there: $(diff listed names)"
	[ "$picked" = 0 ] && picked=repaired || picked=continued
	note "$(wc -l <names) files of $size, $picked"
}

# pick_size: files that end before their first "good", or after some
pick_size()
{
	pick 2
	size=$((100 + picked * 400))k
}

rotation_killed()
{
	pick_size
	record_begin r --max-file-size "$size"
	record_for_a_while
	record_killed
	keep_journals
	check_promises
	check_series
}

rotation_cut()
{
	pick_size
	record_until_the_power_fails r --max-file-size "$size"
	check_promises
	check_series
}

# rounds MIB KIND: each begins with an empty file system
rounds()
{
	kind=$2 total=0 lost=0
	begin_disk "$1"
	make_file_system
	umount disk
	must disk keep
	for round in $(seq "$ROUNDS"); do
		seed=$((first_seed * 1000 + round))
		# seeds beside each other begin far from each other
		state=$((seed * 40503 ^ seed << 16 ^ 0x5bd1e995))
		connect fresh
		mount -t ext4 -o noatime /dev/nbd0 disk 2>err || fail "mount: $(cat err)"
		"$kind"
		umount disk
	done
	end_disk
	log "$kind: $ROUNDS rounds, $total bytes were announced, $lost of them lost"
}

[ -b /dev/nbd0 ] || skip "there is no network block device"
grep -qw ext4 /proc/filesystems || skip "this kernel has no ext4"
first_seed=${ACQ_SEED:-1}
ROUNDS=${ACQ_SEED:+20}
: "${ROUNDS:=2}"
cases=${*:-forgets_what_is_not_flushed keeps_what_is_synchronized killed power_cut power_cut_in_a_repair disk_fails
	full_and_cut rotation_killed rotation_cut}
mkdir -p disk
must /bin/acq config acqdev trigger=immediate count=0 pretrigger=0 transfer=dma rate=48k block=64k ring=8M pattern=ramp format=s16 channels=2
must card speed 4
echo "KTAP version 1"
echo "1..$(echo "$cases" | wc -w)"
n=0
for case in $cases; do
	n=$((n + 1))
	case $case in
	forgets_* | keeps_*) "$case" ;;
	full_*) rounds 12 "$case" ;;
	*) rounds 24 "$case" ;;
	esac
	echo "ok $n $case"
done
must card speed 1
