#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# acqtest: wav tree cases takes=60 kernels=7
# acqtest: wav tree cases takes=60 kernels=6.1,debug long
# Other people's programs, as Debian ships them, read the device: each must bring what the card gave, byte for byte.
# Needs boot --tree. A program that reads to the end gets a finite run, others the beginning of an endless one.
# wait_for evaluates its condition: SC2016; the tests are called by name: SC2317, SC2329
# shellcheck source=tests/guest/lib.sh disable=SC2016,SC2317,SC2329
. /lib.sh

dev=/dev/acqdev
sys=/sys/class/misc/acqdev
frames=131072
[ -d /tree/usr ] || skip "needs the tree: boot --tree"

# What the card must give, made by something that shares no code with it: frames of two channels, sample n is n.
cat >ramp.py <<'EOF'
import numpy, sys
ramp = numpy.arange(2 * int(sys.argv[1]), dtype='<u4')
ramp.tofile('ramp.s32')
ramp.astype('<u2').tofile('ramp.s16')
EOF

# Says of a ramp of 32 bits how many frames it has, how often some are missing, and how many.
cat >gaps.py <<'EOF'
import numpy, sys
v = numpy.fromfile(sys.argv[1], '<u4')
assert len(v) % 2 == 0 and v[0] == 0
step = numpy.diff(v)
# The two channels of a frame stay together.
assert (step[0::2] == 1).all() and (step % 2 == 1).all()
missing = step[step != 1] // 2
print(len(v) // 2, len(missing), missing.sum())
EOF

# setup FORMAT FRAMES [KEY=VALUE...]: what the next run is like; 0 frames: endless
setup()
{
	setup_format=$1
	setup_count=$2
	shift 2
	must /bin/acq config $dev rate=48k "format=$setup_format" channels=0-1 pattern=ramp transfer=dma \
		"count=$setup_count" trigger=immediate pretrigger=0 block=16k ring=1M irq_frames=0 irq_us=10000 "$@"
}

# finite FORMAT: a run of so many frames as there are in the reference, as fast as it is read
finite()
{
	setup "$1" $frames
	must card speed free
}

# endless FORMAT: a run without an end, in real time
endless()
{
	setup "$1" 0
	must card speed 1
}

# same FILE REFERENCE [BYTES]: FILE has all of the reference, or just so many of its first bytes
same()
{
	same_bytes=${3:-$(wc -c <"$2")}
	expect_eq "$(wc -c <"$1")" "$same_bytes" "bytes in $1"
	head -c "$same_bytes" "$2" | cmp - "$1" || fail "$1 is not what the card gave"
	log "$same_bytes bytes, identical"
}

# flows: waits for some more frames
flows()
{
	flows_from=$(($(cat $sys/counters/frames) + 2000))
	wait_for -t 30 "[ \$(cat $sys/counters/frames) -gt $flows_from ]" || fail "nothing flows"
}

# lose FRAMES: the card loses so many; returns when that is known
lose()
{
	lose_gaps=$(($(cat $sys/counters/gaps) + 1))
	must card overflow "$1"
	wait_for "[ \$(cat $sys/counters/gaps) -ge $lose_gaps ]" || fail "no gap after an overflow"
	flows
}

# --- coreutils ---

cat_to_the_end()
{
	finite s16
	in_tree cat $dev >out || fail "cat: $?"
	same out ramp.s16
}

# An early end must not look like a whole file.
cat_ends_at_a_gap()
{
	endless s32
	exec 4<$dev # keeps the run's counters
	in_tree cat $dev >out 2>err &
	cat=$!
	flows
	lose 1000
	must /bin/acq stop $dev
	wait $cat && fail "cat does not tell the loss"
	grep -q 'Broken pipe' err || fail "cat says: $(cat err)"
	at=$(card gaps | sed 's/[^0-9]*\([0-9]*\):.*/\1/')
	same out ramp.s32 $((at * 8))
}

cat_killed_stops_the_card()
{
	endless s16
	{
		wait_for -t 60 '[ -s out ]'
		killall -INT cat
	} &
	# timeout gives it back the signal, which this shell ignores
	in_tree timeout 300 cat $dev >out && fail "cat ended by itself"
	expect_eq "$(cat $sys/state)" idle
	bytes=$(wc -c <out)
	[ "$bytes" -gt 0 ] || fail "nothing came"
	same out ramp.s16 "$bytes"
}

cp_to_the_end()
{
	finite s16
	in_tree cp $dev out || fail "cp: $?"
	same out ramp.s16
}

dd_to_the_end()
{
	finite s16
	in_tree dd if=$dev of=out bs=1000 2>err || fail "dd: $(cat err)"
	same out ramp.s16
	grep -q "^$((frames * 4)) bytes" err || fail "dd counts: $(cat err)"
}

dd_fullblock()
{
	endless s16
	in_tree dd if=$dev of=out bs=64k count=4 iflag=fullblock 2>err || fail "dd: $(cat err)"
	grep -q '^4+0 records in' err || fail "dd counts: $(cat err)"
	same out ramp.s16 262144
}

# dd reads on behind an error, and pads nothing: it must not get behind a gap.
dd_noerror_stays_before_a_gap()
{
	endless s32
	exec 4<$dev
	in_tree timeout 60 sh -c "dd if=$dev of=out bs=64k conv=noerror 2>&1 | head -n 30 >err" &
	dd=$!
	flows
	# With its thirty errors dd ends, and the run with it.
	must card overflow 10
	wait $dd
	[ "$(grep -c 'error reading.*Broken pipe' err)" -ge 3 ] || fail "dd: $(cat err)"
	in_tree python3 gaps.py out >found || fail "what came is no ramp"
	read -r there gaps missing <found
	expect_eq "$gaps $missing" "0 0" "gaps in what dd wrote"
	log "$there frames, and $(grep -c 'Broken pipe' err) errors behind them"
}

head_of_the_endless()
{
	endless s16
	in_tree head -c 200000 $dev >out || fail "head: $?"
	expect_eq "$(cat $sys/state)" idle
	same out ramp.s16 200000
}

tail_of_a_run()
{
	finite s16
	in_tree tail -c 10001 $dev >out || fail "tail: $?"
	tail -c 10001 ramp.s16 >want
	same out want
	in_tree tail -c +400001 $dev >out || fail "tail: $?"
	tail -c +400001 ramp.s16 >want
	same out want
}

split_to_the_end()
{
	finite s16
	in_tree split -b 100k $dev part. || fail "split: $?"
	expect_eq "$(echo part.*)" "part.aa part.ab part.ac part.ad part.ae part.af"
	cat part.* >out
	same out ramp.s16
}

sums_and_dumps()
{
	finite s16
	expect_eq "$(in_tree sha256sum $dev | cut -c 1-64)" "$(sha256sum ramp.s16 | cut -c 1-64)" "checksum"
	in_tree gzip -1 <$dev | gunzip >out
	same out ramp.s16
	endless s16
	expect_eq "$(in_tree od -A n -t d2 -w4 -N 16 $dev | tr -s ' \n' ' ')" " 0 1 2 3 4 5 6 7 " "dump"
}

# --- pipes and sockets ---

pv_to_a_pipe()
{
	finite s16
	# pv splices into a pipe, if it can
	in_tree sh -c "strace -s 4 -o trace -e trace=read,splice -P $dev pv -n -b -i 0.1 $dev 2>err | cat >out"
	same out ramp.s16
	expect_eq "$(tail -n 1 err)" $((frames * 4)) "pv's count"
	log "$(grep -c 'splice(.*= [1-9]' trace) splices, $(grep -c 'read(.*= [1-9]' trace) reads"
	grep -q 'splice(.*= [1-9]' trace || fail "not spliced: $(head -n 5 trace)"
}

# listening PORT
listening()
{
	grep -q ":$(printf %04X "$1") 00000000:0000 0A" /proc/net/tcp
}

socat_to_tcp()
{
	finite s16
	in_tree socat -u TCP-LISTEN:5000,bind=127.0.0.1 CREATE:out &
	to=$!
	wait_for 'listening 5000' || fail "the receiver does not listen"
	in_tree socat -u OPEN:$dev,rdonly TCP:127.0.0.1:5000 || fail "socat: $?"
	wait $to || fail "the receiver: $?"
	same out ramp.s16
}

# The other way round: who connects gets samples; what comes through is a recording.
socat_serves()
{
	[ -c /dev/acqdev1 ] || skip "needs a second card"
	must /bin/acq config /dev/acqdev1 transfer=dma
	must card2 speed free
	in_tree socat -u OPEN:/dev/acqdev1,rdonly TCP-LISTEN:5001,bind=127.0.0.1 &
	from=$!
	wait_for 'listening 5001' || fail "the server does not listen"
	nc 127.0.0.1 5001 </dev/null >out
	wait $from || fail "socat: $?"
	must card2 speed 1
	same out /recording.raw
}

# --- fio ---

# fio_read ENGINE DEPTH: a megabyte in as many requests as there are at a time, so that all of it is in fio's
# buffers at the end; those are in a file here
fio_read()
{
	# fio forgets the rest of a request if its last one is answered in part. So the card tells of its samples only
	# when there are enough for all.
	setup s32 0 ring=8M block=2M irq_frames=160000 irq_us=5000000
	must card speed 10
	rm -f fio.mem fio.keep fio.json
	truncate -s 1M fio.mem
	ln fio.mem fio.keep
	in_tree fio --name=job --readonly --ioengine="$1" --iodepth="$2" --filename=$dev --rw=read --size=1M \
		--bs=$((1048576 / $2)) --mem="mmapshared:$PWD/fio.mem" --output-format=json --output=fio.json >err 2>&1 ||
		fail "fio: $(cat err fio.json | head -n 20)"
	expect_eq "$(sed -n 's/^ *"error" : \([0-9]*\).*/\1/p' fio.json)" 0 "fio's error"
	expect_eq "$(sed -n 's/^ *"io_bytes" : \([0-9]*\).*/\1/p' fio.json | head -n 1)" 1048576 "fio's count"
	# With several requests at a time, which of them gets what is nobody's promise: but each sample goes to one of them.
	if [ "$2" = 1 ]; then
		mv fio.keep got
	else
		in_tree python3 -c "import numpy; v = numpy.fromfile('fio.keep', '<u4'); v.sort(); v.tofile('got')"
	fi
	log "$1, $2 at a time"
	same got ramp.s32 1048576
}

# The debug kernel takes ten seconds for each of fio's starts: there only those that go ways of their own in the kernel.
not_debug()
{
	[ "$ACQ_KERNEL" != debug ] || skip "slow with the debug kernel"
}

fio_sync()
{
	not_debug
	fio_read sync 1
}

fio_libaio()
{
	[ "$ACQ_KERNEL" = debug ] || fio_read libaio 1
	fio_read libaio 8
}

fio_io_uring()
{
	[ "$ACQ_KERNEL" = debug ] || fio_read io_uring 1
	fio_read io_uring 8
}

fio_posixaio()
{
	not_debug
	fio_read posixaio 1
}

# pread() names a place to read from, which means nothing here: it reads on.
fio_psync()
{
	not_debug
	fio_read psync 1
}

# --- Python ---

cat >aio.py <<'EOF'
import asyncio, os, sys

dev = sys.argv[1]
want = open('ramp.s16', 'rb').read()

async def by_callback():
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    fd = os.open(dev, os.O_RDONLY | os.O_NONBLOCK)
    got = bytearray()
    calls = 0

    def readable():
        nonlocal calls
        calls += 1
        try:
            part = os.read(fd, 65536)
        except OSError as error:	# BlockingIOError above all: it was said to be readable
            loop.remove_reader(fd)
            done.set_exception(error)
            return
        got.extend(part)
        if not part:
            loop.remove_reader(fd)
            done.set_result(None)

    loop.add_reader(fd, readable)
    await done
    os.close(fd)
    assert got == want, len(got)
    print(f'add_reader: {len(got)} bytes, identical, {calls} reads, each had something')

async def by_stream():
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), open(dev, 'rb', buffering=0))
    got = await reader.read()
    transport.close()
    assert got == want, len(got)
    print(f'connect_read_pipe: {len(got)} bytes, identical')

async def both():
    await by_callback()
    await asyncio.sleep(0)
    await by_stream()

asyncio.run(both())
EOF

python_asyncio()
{
	finite s16
	in_tree python3 aio.py $dev || fail "python: $?"
}

cat >wait.py <<'EOF'
import os, select, sys

dev = sys.argv[1]
want = open('ramp.s16', 'rb').read()

def poll(fd):
    p = select.poll()
    p.register(fd, select.POLLIN)
    return lambda: p.poll() == [(fd, select.POLLIN)]

def epoll(flags):
    def make(fd):
        e = select.epoll()
        e.register(fd, select.EPOLLIN | flags)
        return lambda: e.poll() == [(fd, select.EPOLLIN)]
    return make

def plain_select(fd):
    return lambda: select.select([fd], [], []) == ([fd], [], [])

for name, make, edge in (('select', plain_select, False), ('poll', poll, False), ('epoll', epoll(0), False),
                         ('epoll, edge-triggered', epoll(select.EPOLLET), True)):
    fd = os.open(dev, os.O_RDONLY | os.O_NONBLOCK)
    ready = make(fd)
    got = bytearray()
    waits = reads = 0
    part = None
    while part != b'':
        assert ready(), name
        waits += 1
        while part != b'':
            try:
                part = os.read(fd, 4096)
            except BlockingIOError:
                # Of a new edge this may happen too: that of what was read already.
                assert edge, 'readable, but EAGAIN'
                break
            reads += 1
            got += part
            if not edge:
                break
    os.close(fd)
    assert got == want, (name, len(got))
    print(f'{name}: {len(got)} bytes, identical, {waits} waits, {reads} reads')
EOF

python_select_poll_epoll()
{
	finite s16
	in_tree python3 wait.py $dev || fail "python: $?"
}

cat >gap.py <<'EOF'
import fcntl, os, select, sys
ACQ_IOC_GAP = 0x8040e708
fd = os.open(sys.argv[1], os.O_RDONLY | os.O_NONBLOCK)
e = select.epoll()
e.register(fd, select.EPOLLIN)
got = bytearray()
gaps = 0
part = None
while part != b'':
    e.poll()
    try:
        part = os.read(fd, 65536)
        got += part
    except BrokenPipeError:
        # It stands until somebody asks what was lost.
        fcntl.ioctl(fd, ACQ_IOC_GAP, bytes(64))
        gaps += 1
open('out', 'wb').write(got)
print(gaps)
EOF

python_meets_gaps()
{
	endless s32
	exec 4<$dev
	in_tree python3 gap.py $dev >told &
	python=$!
	flows
	lose 77
	lose 7700
	must /bin/acq stop $dev
	wait $python || fail "python: $?"
	expect_eq "$(cat told)" 2 "exceptions"
	in_tree python3 gaps.py out >found || fail "what came is no ramp"
	read -r there gaps missing <found
	expect_eq "$gaps $missing" "2 7777" "gaps and frames missing"
	expect_eq "$missing" "$(cat $sys/counters/lost)" "frames missing"
	expect_eq $((there + missing)) "$(cat $sys/counters/frames)" "frames there and missing"
	log "2 gaps, 2 exceptions, $missing frames lost"
}

cat >files.py <<'EOF'
import numpy, os, sys, threading

dev = sys.argv[1]
samples = 100000
want = numpy.arange(samples, dtype='<u4').astype('<u2').view('<i2')

def same(got, how):
    assert len(got) == samples and (got == want).all(), how
    print(f'{how}: {samples} samples, identical')

with open(dev, 'rb') as f:
    got = b''.join(f.read(n) for n in (2, 3, 1, 7777, 2 * samples - 7783))
same(numpy.frombuffer(got, '<i2'), 'numpy.frombuffer of read(), buffered')

with open(dev, 'rb', buffering=0) as f:
    got = numpy.empty(samples, '<i2')
    rest = memoryview(got).cast('B')
    while rest:
        rest = rest[f.readinto(rest):]
same(got, 'readinto() an array, unbuffered')

# As soon as numpy.fromfile() takes what cannot seek, a pipe, it must take the device too.
def fromfile(path):
    try:
        with open(path, 'rb', buffering=0) as f:
            return numpy.fromfile(f, dtype='<i2', count=samples)
    except OSError as error:
        return error

os.mkfifo('fifo')
def feed():
    try:
        with open('fifo', 'wb') as f:
            f.write(want.tobytes())
    except BrokenPipeError:
        pass
feeder = threading.Thread(target=feed)
feeder.start()
pipe = fromfile('fifo')
feeder.join()
got = fromfile(dev)
if isinstance(pipe, OSError):
    assert isinstance(got, OSError) and got.errno == pipe.errno, got
    print('numpy.fromfile: of a pipe and of the device:', got)
else:
    same(got, 'numpy.fromfile')
EOF

python_numpy()
{
	endless s16
	must card speed free
	in_tree python3 files.py $dev || fail "python: $?"
}

# --- what the system calls do ---

strace_cat_at_a_gap()
{
	endless s16
	exec 4<$dev
	in_tree strace -s 4 -o trace -P $dev cat $dev >out 2>err &
	cat=$!
	flows
	lose 5
	must /bin/acq stop $dev
	wait $cat && fail "cat does not tell the loss"
	expect_eq "$(grep -c 'read(.*EPIPE' trace)" 1 "reads that fail with EPIPE"
	expect_eq "$(grep 'read(' trace | grep -v '= [1-9]' | grep -vc EPIPE)" 0 "reads that fail otherwise"
	expect_eq "$(grep 'read(' trace | tail -n 1 | grep -c EPIPE)" 1 "EPIPE at the last read"
	log "$(grep -c 'read(' trace) reads, the last: $(grep 'read(' trace | tail -n 1)"
}

# Readable means that a read gets something: poll, read, poll, read, and no EAGAIN.
strace_poll()
{
	cp /bin/acq acq
	setup s16 60000 irq_us=50000 # rarely: strace is slow
	must card speed 1
	in_tree strace -s 4 -o trace -e trace=ppoll,read -P $dev ./acq read $dev --mode poll --verify ramp --strict -q || fail "acq: $?"
	expect_eq "$(grep -c EAGAIN trace)" 0 "EAGAIN after poll"
	# acq looks once, which also starts the card, before it begins
	grep '^ppoll(.*= 1 \|^read(' trace >turns
	awk '/^ppoll\(.*= 1 / { turn = "poll" } /^read\(.*= [0-9]+$/ { turn = "read" }
		turn != (NR % 2 ? "poll" : "read") { print; bad = 1 } { turn = "" } END { exit bad || NR < 6 }' turns >err ||
		fail "not poll and read in turn: $(cat err)"
	tail -n 1 turns | grep -q '^read(.*= 0$' || fail "no end: $(tail -n 3 trace)"
	log "$(grep -c '^ppoll(' turns) polls, $(grep -c 'read(.*= [1-9]' trace) reads with samples, one with 0"
}

# Edge-triggered: after EAGAIN comes another edge, up to the end.
strace_epoll()
{
	cp /bin/acq acq
	setup s16 60000 irq_us=50000 # rarely: strace is slow
	must card speed 1
	in_tree strace -s 4 -o trace -e trace=epoll_pwait2,read,epoll_ctl ./acq read $dev --mode epoll --verify ramp --strict -q ||
		fail "acq: $?"
	sed -n '/epoll_ctl(.*EPOLL_CTL_ADD/,$p' trace >loop
	eagain=$(grep -c 'read(.*EAGAIN' loop)
	[ "$eagain" -gt 0 ] || fail "never had to wait: $(tail -n 20 loop)"
	expect_eq "$(grep -c 'epoll_pwait2(.*EPOLLIN.*= 1$' loop)" "$eagain" "waits for an edge"
	expect_eq "$(grep -e '= -1' loop | grep -vc EAGAIN)" 0 "other errors"
	log "$eagain times EAGAIN, as many edges, $(grep -c 'read(.*= [1-9]' loop) reads with samples"
}

strace_acq_crosses_a_gap()
{
	cp /bin/acq acq
	endless s16
	in_tree strace -s 4 -o trace -e trace=read,ioctl -P $dev ./acq read $dev --verify ramp -q &
	acq=$!
	flows
	lose 321
	must /bin/acq stop $dev
	wait $acq || fail "acq: $?"
	# It asks which gap, and where it is then.
	grep -A 3 'read(.*EPIPE' trace | sed 2d >around
	expect_eq "$(grep -c 'read(.*EPIPE' trace)" 1 "reads that fail with EPIPE"
	sed -n 2p around | grep -q 'ioctl(.*= 0' || fail "it does not ask for the gap: $(cat around)"
	sed -n 3p around | grep -q 'read(.*= [1-9]' || fail "it does not go on: $(cat around)"
	log "$(tr '\n' ';' <around | tr -s ' ')"
}

tests="cat_to_the_end cat_ends_at_a_gap cat_killed_stops_the_card cp_to_the_end dd_to_the_end dd_fullblock
	dd_noerror_stays_before_a_gap head_of_the_endless tail_of_a_run split_to_the_end sums_and_dumps pv_to_a_pipe
	socat_to_tcp socat_serves fio_sync fio_libaio fio_io_uring fio_posixaio fio_psync python_asyncio
	python_select_poll_epoll python_meets_gaps python_numpy strace_cat_at_a_gap strace_poll strace_epoll
	strace_acq_crosses_a_gap"
[ $# = 0 ] || tests=$*

echo "KTAP version 1"
echo "1..$(echo "$tests" | wc -w)"
must in_tree python3 ramp.py $frames
n=0 bad=0
for t in $tests; do
	n=$((n + 1))
	card clear >/dev/null
	card wait on >/dev/null
	/bin/acq stop $dev >/dev/null
	rm -f out err trace
	began=$(cut -d. -f1 /proc/uptime)
	# What fails ends this test alone; descriptors that it opened go with it.
	("$t")
	rc=$?
	# Whatever a program does: when it is gone, the card stops.
	[ $rc != 0 ] || wait_for '[ "$(cat $sys/state)" = idle ]' || { log "the card goes on after $t"; rc=1; }
	case $rc in
	0) echo "ok $n $t # $(($(cut -d. -f1 /proc/uptime) - began)) s" ;;
	4) echo "ok $n $t # SKIP $(cat /tmp/skip)" ;;
	*)
		echo "not ok $n $t"
		bad=$((bad + 1))
		;;
	esac
done
card speed 1 >/dev/null
[ $bad = 0 ]
