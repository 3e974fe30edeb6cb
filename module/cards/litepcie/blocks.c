// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blocks of the ring for a Writer to fill: a descriptor for each. Where an M2SDR inserts
 * headers, one comes before each block. It has a descriptor of its own, to a place beside the
 * ring, so that readers see samples only.
 *
 * Header n + 1 says whether all of block n is there. If frames are missing in block n, where is
 * not known: only its first frame is reported, which comes right behind header n. The rest of
 * the block is discarded, so that no reader sees two pieces joined.
 */
#include "internal.h"

static u32 lite_blocks_slot(u64 number)
{
	return number & (LITE_SLOTS - 1);
}

/* Does it interrupt? One that is counted early is taken when the next one is done. */
static bool lite_blocks_interrupts(const struct lite_channel *ch, u64 number)
{
	u64 seen = number + (ch->early && !ch->timed ? ch->each - 1 : 0);

	return seen % ch->each == ch->each - 1;
}

/* The place for header @number */
static void lite_blocks_push_header(struct lite_channel *ch, u64 number, bool quiet)
{
	u32 slot = lite_blocks_slot(number);

	/* So that an earlier header in this place is not taken for it */
	WRITE_ONCE(ch->headers[slot].magic, 0);
	dma_wmb();
	lite_table_push(ch, ch->headers_dma + slot * sizeof(*ch->headers), sizeof(*ch->headers),
			quiet);
}

/** lite_blocks_begin() - the first header */
void lite_blocks_begin(struct lite_channel *ch)
{
	if (ch->timed)
		lite_blocks_push_header(ch, 0, true);
}

/**
 * lite_blocks_push() - push what has been given, as far as there is room
 * @ch: the channel
 */
void lite_blocks_push(struct lite_channel *ch)
{
	u64 given = acq_stream_given(ch->stream);

	for (; ch->blocks < given && lite_table_has_room(ch, 2); ch->blocks++) {
		struct acq_memory block = acq_stream_memory(ch->stream, ch->blocks);
		bool interrupts = lite_blocks_interrupts(ch, ch->blocks);

		lite_table_push(ch, block.dma, block.bytes, ch->timed || !interrupts);
		if (ch->timed)
			lite_blocks_push_header(ch, ch->blocks + 1, !interrupts);
		ch->ends[lite_blocks_slot(ch->blocks)] = ch->pushed;
		if (!interrupts)
			ch->quiet = ch->blocks + 1;
	}
}

/* The time in header @number. Returns 1; 0: it has not come yet; negative: the run has failed. */
static int lite_blocks_header(struct lite_channel *ch, u64 number, u64 *time)
{
	const struct lite_header *header = &ch->headers[lite_blocks_slot(number)];
	u64 magic = le64_to_cpu(READ_ONCE(header->magic));
	/* The newest descriptor that is counted early may not have been written yet. */
	bool waits = ch->early && number &&
		     ch->popped == ch->ends[lite_blocks_slot(number - 1)];

	/*
	 * The count says that both are there. But where it is early, @magic says so alone, and
	 * the time must not be read before it.
	 */
	dma_rmb();
	*time = le64_to_cpu(READ_ONCE(header->time));
	if (magic == LITE_HEADER_MAGIC)
		return 1;
	if (waits)
		return 0;
	lite_fault_fail(ch, LITE_FAULT_HEADER, -EPROTO, "0x%016llx is no header of block %llu",
			magic, number);
	return -EPROTO;
}

/* How many frames a second are so many in that time? */
static u64 lite_blocks_rate(u64 frames, u64 ns)
{
	return mul_u64_u64_div_u64(frames, NSEC_PER_SEC, max(ns, 1ULL));
}

/* The clock was set, or samples come too fast for the rate. Has the run fail. */
static int lite_blocks_fail_time(struct lite_channel *ch, u64 frames, u64 time)
{
	s64 took = time - ch->time;

	if (took <= 0)
		lite_fault_fail(ch, LITE_FAULT_TIME, -EPROTO,
				"the card's clock went back by %lld ns within a block: was it set?",
				-took);
	else
		lite_fault_fail(ch, LITE_FAULT_TIME, -EPROTO,
				"%llu frames took %lld ns by the card's clock: was it set, or does acq config rate=%llu fit?",
				frames, took, lite_blocks_rate(frames, took));
	return -EPROTO;
}

/*
 * Is all of block @number there? Returns as lite_blocks_header(); @next: the time behind it,
 * @lost: frames missing in it.
 */
static int lite_blocks_examine(struct lite_channel *ch, u64 number, u64 *next, u64 *lost)
{
	u64 frames = ch->room / ch->frame;
	/* Losses behind an empty table may repeat: that says nothing about the rate. */
	bool flowed = number >= ch->stalled;
	int ret;

	if (!number) {
		ret = lite_blocks_header(ch, 0, &ch->time);
		if (ret <= 0)
			return ret;
		if (!ch->times.known &&
		    lite_times_next(&ch->times, 0, ch->time, true, lost) != LITE_TIMES_WELL)
			return lite_blocks_fail_time(ch, 0, ch->time);
	}
	ret = lite_blocks_header(ch, number + 1, next);
	if (ret <= 0)
		return ret;
	switch (lite_times_next(&ch->times, frames, *next, flowed, lost)) {
	case LITE_TIMES_WELL:
	case LITE_TIMES_LOST:
		return 1;
	case LITE_TIMES_FAST:
		return lite_blocks_fail_time(ch, frames, *next);
	case LITE_TIMES_RATE:
		lite_fault_fail(ch, LITE_FAULT_RATE, -EPROTO,
				"%llu frames take %llu ns each time, so the rate is not the one that is configured: acq config rate=%llu",
				frames, *next - ch->time,
				lite_blocks_rate(frames, *next - ch->time));
		return -EPROTO;
	}
	return -EPROTO;
}

/* Report the open block. Returns as lite_blocks_header(). */
static int lite_blocks_report(struct lite_channel *ch)
{
	u64 number = acq_stream_done(ch->stream), next = 0, lost = 0;
	struct acq_fill fill = {
		.bytes = ch->room,
		.complete = true,
	};
	int ret;

	if (ch->timed) {
		ret = lite_blocks_examine(ch, number, &next, &lost);
		if (ret <= 0)
			return ret;
		fill.card_time = ch->time;
		ch->time = next;
	}
	if (lost) {
		fill.bytes = ch->frame;
		lost += ch->room / ch->frame - 1;
	}
	fill.lost = ch->lost;
	fill.index = ch->index + ch->lost;
	ret = acq_stream_fill(ch->stream, &fill);
	if (ret)
		return ret;
	ch->index = fill.index + fill.bytes / ch->frame;
	ch->lost = lost;
	return 1;
}

/**
 * lite_blocks_collect() - report the blocks that are done, in order
 * @ch: the channel; lite_engine_count() has been called
 *
 * Bounded by what has been pushed.
 *
 * Return: false if the stream has failed.
 */
bool lite_blocks_collect(struct lite_channel *ch)
{
	bool before = ch->early && !ch->timed;
	int ret = 1;

	while (ret > 0 && acq_stream_done(ch->stream) < ch->blocks) {
		u64 end = ch->ends[lite_blocks_slot(acq_stream_done(ch->stream))];

		if (ch->popped < end + before)
			break;
		ret = lite_blocks_report(ch);
	}
	if (!ret)
		acq_stream_service_later(ch->stream);
	return ret >= 0;
}
