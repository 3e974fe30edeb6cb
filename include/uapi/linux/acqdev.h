/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * acqdev: gapless streams of samples from acquisition cards.
 *
 * User space interface of /dev/acqdev, /dev/acqdev1, ... Data comes by read(2) or
 * from a mapping of the ring, everything else by the ioctls below. All structures
 * have one layout for 32- and 64-bit user space.
 *
 * There is no version: the interface grows by new ioctls, new flags and reserved
 * fields. In what a program passes, unknown flags and reserved fields must be zero,
 * else the call fails with EINVAL; in what the driver returns, reserved fields are
 * zero. Enumerations may grow, too: a program must expect values it does not know.
 */
#ifndef _UAPI_LINUX_ACQDEV_H
#define _UAPI_LINUX_ACQDEV_H

#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * enum acq_format - layout of one sample, little endian
 *
 * A sample frame is one sample of each enabled channel, lowest channel first.
 */
enum acq_format {
	ACQ_FORMAT_S8,
	ACQ_FORMAT_U8,
	ACQ_FORMAT_S16,
	ACQ_FORMAT_U16,
	ACQ_FORMAT_S32,
	ACQ_FORMAT_U32,
};

/* enum acq_trigger - what begins the acquisition once the stream is started */
enum acq_trigger {
	ACQ_TRIGGER_IMMEDIATE,
	ACQ_TRIGGER_SOFTWARE,	/* ACQ_IOC_TRIGGER */
	ACQ_TRIGGER_LEVEL,	/* a channel crosses a level */
	ACQ_TRIGGER_EXTERNAL,	/* an input of the card */
};

/* enum acq_edge - direction of a level trigger */
enum acq_edge {
	ACQ_EDGE_RISING,
	ACQ_EDGE_FALLING,
};

/* enum acq_pattern - where the samples come from */
enum acq_pattern {
	ACQ_PATTERN_INPUT,	/* the card's inputs */
	ACQ_PATTERN_RAMP,	/* sample n of the run has the value n, truncated */
	ACQ_PATTERN_PRBS,	/* PRBS31 (x^31 + x^28 + 1), first bit in the lowest place */
};

/* enum acq_transfer - how samples get from the card into the ring */
enum acq_transfer {
	ACQ_TRANSFER_AUTO,	/* the best that the card has */
	ACQ_TRANSFER_DMA,	/* the card writes to host memory */
	ACQ_TRANSFER_FIFO,	/* the driver copies, from a FIFO or what serves as one */
};

/* enum acq_state - where in its life a stream is */
enum acq_state {
	ACQ_STATE_IDLE,
	ACQ_STATE_ARMED,	/* started, waits for the trigger */
	ACQ_STATE_RUNNING,
	ACQ_STATE_DRAINING,	/* samples no more; the rest is on its way into the ring */
	ACQ_STATE_SUSPENDED,
	ACQ_STATE_FAILED,	/* the hardware failed; the next START tries again */
	ACQ_STATE_GONE,		/* the card was removed */
};

/* enum acq_cause - why samples were lost */
enum acq_cause {
	ACQ_CAUSE_NONE,
	ACQ_CAUSE_CARD_FIFO,	/* the card's own buffer overflowed */
	ACQ_CAUSE_RING_FULL,	/* readers held the whole ring */
	ACQ_CAUSE_OVERTAKEN,	/* this monitor was too slow */
	ACQ_CAUSE_SUSPEND,
	ACQ_CAUSE_RESET,
	ACQ_CAUSE_UNPLUG,
	ACQ_CAUSE_UNDERRUN,	/* an output had nothing to play, and put out something else */
};

/* acq_info.caps */
#define ACQ_CAP_DMA		(1ULL << 0)
#define ACQ_CAP_FIFO		(1ULL << 1)
#define ACQ_CAP_WAIT		(1ULL << 2)	/* the source waits for the host, nothing is lost */
#define ACQ_CAP_TRIGGER_SOFTWARE (1ULL << 3)
#define ACQ_CAP_TRIGGER_LEVEL	(1ULL << 4)
#define ACQ_CAP_TRIGGER_EXTERNAL (1ULL << 5)
#define ACQ_CAP_PRETRIGGER	(1ULL << 6)
#define ACQ_CAP_COUNT		(1ULL << 7)	/* finite acquisitions */
#define ACQ_CAP_RAMP		(1ULL << 8)
#define ACQ_CAP_PRBS		(1ULL << 9)
#define ACQ_CAP_PACKETS		(1ULL << 10)	/* its samples come in packets: ACQ_BLOCK_EOP */
#define ACQ_CAP_FIXED_CHANNELS	(1ULL << 11)	/* all channels, always */
#define ACQ_CAP_OUTPUT		(1ULL << 12)	/* it plays what is written to it */
#define ACQ_CAP_LINK		(1ULL << 13)	/* its two directions can be linked */

/**
 * struct acq_info - what the card is and can do
 * @stream: number of the stream, as in its node's name
 * @reserved0: zero
 * @caps: ACQ_CAP_*
 * @family: name of the card family, NUL-terminated
 * @card: name of the card, e.g. its PCI address, NUL-terminated
 * @serial: serial number, NUL-terminated
 * @revision: revision of the gateware
 * @hw_version: version of the register map, major << 16 | minor
 * @channels: number of channels
 * @formats: bit f set: the card has enum acq_format f
 * @rate_min_millihz: lowest sample rate, in millihertz
 * @rate_max_millihz: highest sample rate, in millihertz
 * @fifo_bytes: buffer on the card
 * @block_min: smallest block, bytes
 * @block_max: largest block, bytes
 * @blocks_max: most blocks in a ring
 * @pretrigger_bytes: room for samples from before the trigger
 * @reserved1: zero
 * @ring_max: largest ring, bytes
 * @timestamp_hz: frequency of the card's timestamp counter, 0: has none
 * @reserved: zero
 */
struct acq_info {
	__u32 stream;
	__u32 reserved0;
	__u64 caps;
	char family[16];
	char card[32];
	char serial[32];
	__u32 revision;
	__u32 hw_version;
	__u32 channels;
	__u32 formats;
	__u64 rate_min_millihz;
	__u64 rate_max_millihz;
	__u32 fifo_bytes;
	__u32 block_min;
	__u32 block_max;
	__u32 blocks_max;
	__u32 pretrigger_bytes;
	__u32 reserved1;
	__u64 ring_max;
	__u64 timestamp_hz;
	__u64 reserved[6];
};

/**
 * struct acq_config - how a stream acquires
 * @flags: zero
 * @format: enum acq_format, as readers get it
 * @rate_millihz: sample frames per second, in millihertz; rounded to the nearest
 *	the card has
 * @channel_mask: bit c set: channel c is acquired; 0: all
 * @count: frames of the run, lost ones included; 0: endless
 * @pretrigger: frames to deliver from before the trigger
 * @trigger: enum acq_trigger
 * @trigger_channel: the channel that ACQ_TRIGGER_LEVEL watches
 * @trigger_level: in codes of the format
 * @trigger_edge: enum acq_edge
 * @pattern: enum acq_pattern
 * @transfer: enum acq_transfer
 * @block_bytes: size of a block, rounded up to a power of two; 0: the driver's
 *	default
 * @irq_us: a sample waits at most so long for its interrupt; 0: 10 ms, and with
 *	@irq_frames 0 the driver adapts both to the rate and to the readers
 * @ring_bytes: size of the ring, rounded up to a power of two of blocks; 0: the
 *	driver's default
 * @irq_frames: interrupt after so many frames; 0: at each block
 * @frame_bytes: (out) bytes of a sample frame
 * @block_used: (out) bytes of a full block: whole frames
 * @reserved0: zero
 * @filter: names of filters, the card's side first, with commas between them;
 *	NUL-terminated, zeros behind; empty: none
 * @reserved: zero
 *
 * Numbers are rounded to what the card can do, and the call returns what
 * stands. A choice that the card does not have is EINVAL. ENOENT: there is no such
 * filter; the module of one is loaded for a file that is open for writing. An output has
 * none: EINVAL.
 *
 * With filters, @format is what readers get, and the card is asked for what the
 * filters make that of. Triggers look at what the card has: @trigger_level is in codes
 * of the card's format.
 */
struct acq_config {
	__u32 flags;
	__u32 format;
	__u64 rate_millihz;
	__u64 channel_mask;
	__u64 count;
	__u64 pretrigger;
	__u32 trigger;
	__u32 trigger_channel;
	__s32 trigger_level;
	__u32 trigger_edge;
	__u32 pattern;
	__u32 transfer;
	__u32 block_bytes;
	__u32 irq_us;
	__u64 ring_bytes;
	__u32 irq_frames;
	__u32 frame_bytes;
	__u32 block_used;
	__u32 reserved0;
	char filter[24];
	__u64 reserved;
};

/* enum acq_failure - why a stream has failed */
enum acq_failure {
	ACQ_FAILURE_NONE,
	ACQ_FAILURE_NO_ANSWER,	/* the card does not answer */
	ACQ_FAILURE_CARD,	/* it reports an error */
	ACQ_FAILURE_PROTOCOL,	/* it contradicts itself */
	ACQ_FAILURE_INTERRUPTS,	/* it interrupts without end */
	ACQ_FAILURE_RATE,	/* its samples come several times faster than configured */
	ACQ_FAILURE_START,	/* it could not be started */
	ACQ_FAILURE_RECOVERY,	/* it was started again several times, and delivered nothing */
	ACQ_FAILURE_PCI,	/* an error of PCI Express: a reset of the device may mend it */
	ACQ_FAILURE_FILTER,	/* a filter has failed */
};

/* acq_status.flags */
#define ACQ_STATUS_ATTACHED	(1U << 0)	/* this file reads the stream */
#define ACQ_STATUS_GAP		(1U << 1)	/* the next read fails with EPIPE */
#define ACQ_STATUS_TRIGGERED	(1U << 2)
#define ACQ_STATUS_STARTED	(1U << 3)	/* by ACQ_IOC_START, not by a reader */
#define ACQ_STATUS_EOP		(1U << 4)	/* the byte before @position ends a packet */
#define ACQ_STATUS_LINKED	(1U << 5)	/* the run began with that of a linked stream */

/**
 * struct acq_status - the stream now, and this reader in it
 * @state: enum acq_state
 * @flags: ACQ_STATUS_*
 * @run: number of starts so far
 * @head: position behind the newest sample
 * @oldest: position of the oldest sample still in the ring
 * @position: position of this reader
 * @index: sample index of this reader
 * @frames: frames that the card has produced in this run, lost ones included
 * @lost: frames of them that were lost
 * @gaps: gaps in this run
 * @trigger_index: sample index of the trigger; valid with ACQ_STATUS_TRIGGERED
 * @timestamp: the card's timestamp counter at the newest report
 * @blocks: complete blocks in this run
 * @interrupts: since the driver took the card
 * @wakeups: of readers, since the driver took the card
 * @readers: open files that read the stream
 * @error: negative errno of a stream that failed, else 0
 * @irq_us: as the card interrupts now; see struct acq_config
 * @irq_frames: as well
 * @failure: enum acq_failure of a stream that failed, else 0
 * @reserved0: zero
 * @accepted: of an output: bytes written in this run; @head: bytes played of them
 * @dropped: of an output: bytes of them that will not be played
 */
struct acq_status {
	__u32 state;
	__u32 flags;
	__u64 run;
	__u64 head;
	__u64 oldest;
	__u64 position;
	__u64 index;
	__u64 frames;
	__u64 lost;
	__u64 gaps;
	__u64 trigger_index;
	__u64 timestamp;
	__u64 blocks;
	__u64 interrupts;
	__u64 wakeups;
	__u32 readers;
	__s32 error;
	__u32 irq_us;
	__u32 irq_frames;
	__u32 failure;
	__u32 reserved0;
	__u64 accepted;
	__u64 dropped;
};

/* acq_gap.flags */
#define ACQ_GAP_ESTIMATED	(1U << 0)	/* @lost is what a clock says, not the card */
#define ACQ_GAP_OPEN		(1U << 1)	/* it goes on: @lost is not known yet */

/**
 * struct acq_gap - the gap that this reader met last
 * @position: of the reader when it met it
 * @index: sample index of the first lost frame
 * @lost: number of lost frames; the next frame read is @index + @lost
 * @count: gaps that this reader has met so far; 0: none, the rest is zero
 * @cause: enum acq_cause
 * @flags: ACQ_GAP_*
 * @reserved: zero
 *
 * A read that meets a gap fails with EPIPE, and so does every read behind it until
 * ACQ_IOC_GAP has been called: a program that does not look at errors, or whose
 * library forgets one, cannot join over a loss. With ACQ_READER_GAP_ONCE one read
 * fails for each gap.
 */
struct acq_gap {
	__u64 position;
	__u64 index;
	__u64 lost;
	__u64 count;
	__u32 cause;
	__u32 flags;
	__u64 reserved[3];
};

/* acq_reader.flags */
#define ACQ_READER_MONITOR	(1U << 0)	/* is owed nothing and slows nobody */
#define ACQ_READER_OLDEST	(1U << 1)	/* begins at the oldest sample in the ring */
#define ACQ_READER_PACKETS	(1U << 2)	/* no read goes beyond the end of a packet */
#define ACQ_READER_GAP_ONCE	(1U << 3)	/* EPIPE once for each gap, see struct acq_gap */

/**
 * struct acq_reader_config - how this open file reads
 * @flags: ACQ_READER_*; to be chosen before the first read; EINVAL for
 *	ACQ_READER_PACKETS without ACQ_CAP_PACKETS
 * @watermark: bytes that make a wait worth ending; 0: one frame. With
 *	ACQ_READER_PACKETS: bytes of a packet that has not ended; 0: only its end does
 * @flush_us: a sample waits at most so long below the watermark; 0: for ever
 * @start_bytes: of who writes to an output: so much is written before it begins to play;
 *	0: what the ring takes, or 100 ms if that is less. At other streams zero
 * @reserved: zero
 */
struct acq_reader_config {
	__u32 flags;
	__u32 watermark;
	__u32 flush_us;
	__u32 start_bytes;
	__u64 reserved[2];
};

/**
 * struct acq_reader_stats - what this open file has got so far
 * @bytes: read or advanced over
 * @reads: calls that returned bytes
 * @empty: calls that found too little and did not wait
 * @waits: times that a call went to sleep
 * @wakeups: times that the driver woke a sleeper or poller of this file
 * @flushes: times that a wait ended for @flush_us of struct acq_reader_config
 * @gaps: gaps met
 * @behind: bytes in the ring that it has not read
 * @behind_max: the most that this was when it was read
 * @lost: frames lost in its gaps, by enum acq_cause
 * @reserved: zero
 */
struct acq_reader_stats {
	__u64 bytes;
	__u64 reads;
	__u64 empty;
	__u64 waits;
	__u64 wakeups;
	__u64 flushes;
	__u64 gaps;
	__u64 behind;
	__u64 behind_max;
	__u64 lost[8];
	__u64 reserved[7];
};

/*
 * The mapped ring
 *
 * mmap() gives, read-only and shared: a page with struct acq_meta,
 * then a table of struct acq_block, one a slot, then the slots, of equal size.
 * Block n is in slot n modulo the number of slots, described by that entry of
 * the table. A mapping shows one run: the next one has a ring of its own, which
 * struct acq_advance tells by its number. The writer of an output may map the slots, from
 * acq_meta.data_offset on, to write to them: see struct acq_commit.
 *
 * A reader loads acq_meta.head with acquire semantics; what lies between its
 * position and there is readable. One that does not hold (ACQ_READER_MONITOR)
 * looks at acq_meta.oldest behind a read barrier after it has used a block: if
 * the block's number is lower, what it used may have been overwritten.
 */

/* enum acq_end - how a run ended */
enum acq_end {
	ACQ_END_NOT,		/* it goes on */
	ACQ_END_FINISHED,
	ACQ_END_FAILED,
	ACQ_END_GONE,
};

/**
 * struct acq_meta - the first page of a mapping
 * @meta_bytes: size of this structure in the driver that runs
 * @block_struct_bytes: size of an entry of the table
 * @table_offset: where the table is in the mapping
 * @data_offset: where slot 0 is in the mapping
 * @data_bytes: size of all slots
 * @slots: their number, a power of two
 * @block_bytes: size of one, a power of two
 * @block_used: bytes of a full block: whole frames
 * @frame_bytes: bytes of a frame
 * @run: number of the run, as in struct acq_status
 * @base_index: sample index at position 0; valid when @head is not 0
 * @reserved0: zero
 * @head: position behind the newest readable byte
 * @oldest: number of the oldest block that has not been overwritten
 * @oldest_position: its position
 * @done: number of complete blocks; block @done may be growing
 * @gap_end: position of the newest gap + 1; 0: there was none
 * @gaps: number of gaps
 * @lost: frames lost in them
 * @end_lost: frames lost behind the last block, once @end is not ACQ_END_NOT
 * @end_cause: enum acq_cause of that
 * @end: enum acq_end
 * @state: enum acq_state
 * @end_flags: ACQ_GAP_* of @end_lost
 * @packet_end: position behind the newest byte that ends a packet; 0: there was none
 * @accepted: of an output stream: bytes that have been written so far
 */
struct acq_meta {
	__u32 meta_bytes;
	__u32 block_struct_bytes;
	__u64 table_offset;
	__u64 data_offset;
	__u64 data_bytes;
	__u32 slots;
	__u32 block_bytes;
	__u32 block_used;
	__u32 frame_bytes;
	__u64 run;
	__u64 base_index;
	__u64 reserved0[8];
	/* constant until here, on cache lines of its own */
	__u64 head;
	__u64 oldest;
	__u64 oldest_position;
	__u64 done;
	__u64 gap_end;
	__u64 gaps;
	__u64 lost;
	__u64 end_lost;
	__u32 end_cause;
	__u32 end;
	__u32 state;
	__u32 end_flags;
	__u64 packet_end;
	__u64 accepted;
};

/* acq_block.flags */
#define ACQ_BLOCK_COMPLETE	(1U << 0)	/* grows no more */
#define ACQ_BLOCK_EOP		(1U << 1)	/* ends a packet; comes with COMPLETE */
#define ACQ_BLOCK_ESTIMATED	(1U << 2)	/* @lost is what a clock says, not the card */

/**
 * struct acq_block - what is in a block
 * @position: position of its first byte
 * @index: sample index of its first frame
 * @lost: frames lost before it
 * @card_time: the card's timestamp counter at its first frame; 0: not known
 * @time_ns: CLOCK_MONOTONIC when the driver first saw data of it
 * @number: number of the block in its run, from 0
 * @bytes: readable bytes; grows until ACQ_BLOCK_COMPLETE
 * @cause: enum acq_cause of the loss before it, if @lost is not 0
 * @flags: ACQ_BLOCK_*
 * @reserved: zero
 */
struct acq_block {
	__u64 position;
	__u64 index;
	__u64 lost;
	__u64 card_time;
	__u64 time_ns;
	__u64 number;
	__u32 bytes;
	__u32 cause;
	__u32 flags;
	__u32 reserved;
};

/**
 * struct acq_map - what there is to map
 * @run: number of the run
 * @bytes: size of a mapping of everything
 * @data_offset: where the samples begin in it
 * @data_bytes: size of the samples' part
 * @reserved: zero
 *
 * ACQ_IOC_MAP makes the file a reader and starts an idle stream, as a read does;
 * before that there is no ring to map, and mmap() fails with ENODATA.
 */
struct acq_map {
	__u64 run;
	__u64 bytes;
	__u64 data_offset;
	__u64 data_bytes;
	__u64 reserved[4];
};

/* acq_advance.flags */
#define ACQ_ADVANCE_WAIT	(1U << 0)	/* (in) for the watermark, a gap, or the end */
#define ACQ_ADVANCE_GAP		(1U << 1)	/* (out) gaps met: ACQ_IOC_GAP tells the newest */
#define ACQ_ADVANCE_END		(1U << 2)	/* (out) the run has finished, all has been used */

/**
 * struct acq_advance - a mapped reader goes on
 * @run: (in) run that @position belongs to; of another one, @position is not
 *	used. (out) run that the file reads now
 * @position: (in) everything below has been used; at most the head, whole frames.
 *	Below the reader's own position it has no effect. (out) the reader's position
 * @head: (out) position behind the newest readable byte
 * @index: (out) sample index at @position
 * @block: (out) number of the block that @position is in
 * @offset: (out) offset of @position in that block
 * @flags: ACQ_ADVANCE_*
 * @timeout_ns: (in) longest wait; ~0: no limit
 * @gaps: (out) gaps that this reader has met so far
 * @reserved: zero
 *
 * Fails with EIO or ENODEV where a read would; what is (out) is filled in then,
 * too. Waits not at all on a file with O_NONBLOCK.
 */
struct acq_advance {
	__u64 run;
	__u64 position;
	__u64 head;
	__u64 index;
	__u64 block;
	__u32 offset;
	__u32 flags;
	__u64 timeout_ns;
	__u64 gaps;
	__u64 reserved[2];
};

/* acq_commit.flags */
#define ACQ_COMMIT_WAIT		(1U << 0)	/* (in) for room for the watermark */

/**
 * struct acq_commit - the writer of an output has filled blocks that it has mapped
 * @run: (in) run that @block belongs to. (out) run that the file writes now
 * @block: (in) first block that has been filled, from its begin. (out) block that is to be
 *	filled next
 * @bytes: (in) what has been filled: whole frames, acq_meta.block_used in each block but the
 *	last one; 0: nothing, to ask. (out) what has been taken: all of it, or 0 where @run and
 *	@block were not the place that is to be filled next, as behind the end of a run
 * @room: (out) bytes that may be filled from there on: full blocks
 * @position: (out) of the first byte of @block
 * @flags: ACQ_COMMIT_*
 * @reserved0: zero
 * @timeout_ns: (in) longest wait; ~0: no limit
 * @reserved: zero
 *
 * What is committed is played, as if it had been written; what is not, never. A commit
 * ends the block that it ends in. Fails as a write does, and takes nothing then; also with
 * EINVAL for more than there is room for, or amid a frame, and with EAGAIN while the run is
 * drained. Waits not at all on a file with O_NONBLOCK.
 */
struct acq_commit {
	__u64 run;
	__u64 block;
	__u64 bytes;
	__u64 room;
	__u64 position;
	__u32 flags;
	__u32 reserved0;
	__u64 timeout_ns;
	__u64 reserved[3];
};

/**
 * struct acq_export - slots of the ring as a dma-buf
 * @flags: O_CLOEXEC or zero
 * @first: first slot
 * @count: number of slots; 0: all from @first
 * @fd: (out) the dma-buf, to be read only
 * @bytes: (out) its size
 * @reserved: zero
 *
 * The file must be a reader already, see struct acq_map.
 */
struct acq_export {
	__u32 flags;
	__u32 first;
	__u32 count;
	__s32 fd;
	__u64 bytes;
	__u64 reserved;
};

/**
 * struct acq_link_to - a stream begins together with the other direction of its card
 * @fd: of the other stream, open for writing; -1: no more
 * @flags: zero
 * @reserved: zero
 *
 * For an input and an output of one card with ACQ_CAP_LINK, and for as long as both
 * files are open. What begins a run of either begins one of both, at the same clock:
 * index 0 of both is the same instant, and ACQ_STATUS_LINKED says so. Nothing else is joint:
 * what ends or fails one leaves the other. ACQ_IOC_START starts both or none. A read of
 * the input has the output play what has been written; if that is nothing, it waits
 * for the output to begin. Where one side runs already, the other begins alone.
 *
 * EINVAL: not a stream's input and output; EXDEV: of two cards; EOPNOTSUPP: the card
 * cannot; EALREADY: one is linked; EBUSY: one runs; ENOLINK: -1, and it was not linked
 * by this file.
 */
struct acq_link_to {
	__s32 fd;
	__u32 flags;
	__u64 reserved[3];
};

#define ACQ_IOC_MAGIC		0xE7

#define ACQ_IOC_INFO		_IOR(ACQ_IOC_MAGIC, 0x00, struct acq_info)
#define ACQ_IOC_GET_CONFIG	_IOR(ACQ_IOC_MAGIC, 0x01, struct acq_config)
#define ACQ_IOC_TRY_CONFIG	_IOWR(ACQ_IOC_MAGIC, 0x02, struct acq_config)
#define ACQ_IOC_SET_CONFIG	_IOWR(ACQ_IOC_MAGIC, 0x03, struct acq_config)
#define ACQ_IOC_START		_IO(ACQ_IOC_MAGIC, 0x04)
#define ACQ_IOC_STOP		_IO(ACQ_IOC_MAGIC, 0x05)
#define ACQ_IOC_TRIGGER		_IO(ACQ_IOC_MAGIC, 0x06)
#define ACQ_IOC_STATUS		_IOR(ACQ_IOC_MAGIC, 0x07, struct acq_status)
#define ACQ_IOC_GAP		_IOR(ACQ_IOC_MAGIC, 0x08, struct acq_gap)
#define ACQ_IOC_GET_READER	_IOR(ACQ_IOC_MAGIC, 0x09, struct acq_reader_config)
#define ACQ_IOC_SET_READER	_IOW(ACQ_IOC_MAGIC, 0x0a, struct acq_reader_config)
#define ACQ_IOC_READER_STATS	_IOR(ACQ_IOC_MAGIC, 0x0b, struct acq_reader_stats)
#define ACQ_IOC_MAP		_IOR(ACQ_IOC_MAGIC, 0x0c, struct acq_map)
#define ACQ_IOC_ADVANCE		_IOWR(ACQ_IOC_MAGIC, 0x0d, struct acq_advance)
#define ACQ_IOC_EXPORT		_IOWR(ACQ_IOC_MAGIC, 0x0e, struct acq_export)
#define ACQ_IOC_DROP		_IO(ACQ_IOC_MAGIC, 0x0f)
#define ACQ_IOC_COMMIT		_IOWR(ACQ_IOC_MAGIC, 0x10, struct acq_commit)
#define ACQ_IOC_LINK		_IOW(ACQ_IOC_MAGIC, 0x11, struct acq_link_to)

#endif /* _UAPI_LINUX_ACQDEV_H */
