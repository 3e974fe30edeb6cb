// SPDX-License-Identifier: GPL-2.0-only
/*
 * The output of an ACQ-R1 without DMA: blocks are written to its FIFO through the BAR.
 *
 * A block is pushed word by word, and given when all of it is there. The card plays whole
 * blocks, and tells where each has begun: what lies between two of them was filler.
 */
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "r1.h"

/* Most bytes that one service pushes, and for how long: others wait for the turn. */
#define R1_FIFO_OUT_TURN	SZ_32K
#define R1_FIFO_OUT_TIME	(HZ / 4)

/* So many are pushed before the time is looked at: a card may take its own for each word. */
#define R1_FIFO_OUT_PART	((u32)SZ_4K)

/* The FIFO is pushed to by words. */
#define R1_FIFO_OUT_WORD	4U

/* A card keeps where so many blocks were played, and takes no others before it was asked. */
#define R1_FIFO_OUT_BLOCKS	64U

/** r1_fifo_out_begin() - nothing has been pushed */
void r1_fifo_out_begin(struct r1 *r1)
{
	r1->pushed = 0;
	r1->pushed_bytes = 0;
	r1->fifo_index = 0;
	r1->ending = false;
}

/** r1_fifo_out_give() - a block is to be played; r1_fifo_out_kick() pushes it */
void r1_fifo_out_give(struct r1 *r1, const struct acq_memory *block)
{
	r1->ending = block->last;
}

/* All words of the block that is next are in the FIFO: it may be played. */
static void r1_fifo_out_pushed(struct r1 *r1, u32 bytes)
{
	/* It says so before the block is played, so that no filler comes behind it. */
	bool last = r1->ending && r1->pushed + 1 == acq_stream_given(r1->stream);

	r1_put(r1, ACQ_R1_BLOCK_BYTES, bytes | (last ? ACQ_R1_BLOCK_LAST : 0));
	r1->pushed++;
	r1->pushed_bytes = 0;
	r1_put(r1, ACQ_R1_GIVEN, lower_32_bits(r1->pushed));
}

/*
 * Push what there is room for, of the block that is next. Returns how many bytes; 0: there
 * is no room, or the stream has failed.
 */
static u32 r1_fifo_out_push(struct r1 *r1)
{
	u32 bytes = acq_stream_memory(r1->stream, r1->pushed).bytes;
	u32 left = round_up(bytes, R1_FIFO_OUT_WORD) - r1->pushed_bytes;
	u32 room = r1_get(r1, ACQ_R1_FIFO_LEVEL), part;

	if (room > r1->fifo_bytes) {
		r1_regs_refuse(r1, "the card claims more room than its FIFO has");
		return 0;
	}
	part = min3(left, round_down(room, R1_FIFO_OUT_WORD), R1_FIFO_OUT_PART);
	if (!part)
		return 0;
	/* Behind the last frame of a block, its memory goes on for part of a word. */
	iowrite32_rep(r1->card->in.regs + ACQ_R1_WINDOW,
		      acq_stream_block(r1->stream, r1->pushed) + r1->pushed_bytes,
		      part / R1_FIFO_OUT_WORD);
	r1->pushed_bytes += part;
	if (part == left)
		r1_fifo_out_pushed(r1, bytes);
	return part;
}

/** r1_fifo_out_kick() - push what has been given and there is room for, a turn at most */
void r1_fifo_out_kick(struct r1 *r1)
{
	unsigned long end = jiffies + R1_FIFO_OUT_TIME;
	u32 turn = 0, part;

	while (r1->pushed < acq_stream_given(r1->stream)) {
		if (turn >= R1_FIFO_OUT_TURN || time_after(jiffies, end)) {
			acq_stream_service_soon(r1->stream);
			return;
		}
		part = r1_fifo_out_push(r1);
		if (!part)
			return;
		turn += part;
		cond_resched();
	}
}

/** r1_fifo_out_finish() - nothing follows what has been given */
void r1_fifo_out_finish(struct r1 *r1)
{
	/* What has yet to be pushed says it itself: by STOP only what has been given is played. */
	if (r1->pushed < acq_stream_given(r1->stream))
		r1->ending = true;
	else if (!r1->ending)
		r1_put(r1, ACQ_R1_COMMAND, ACQ_R1_CMD_STOP);
}

/* Report the oldest block that has not been reported; @bytes of it were played. */
static bool r1_fifo_out_block(struct r1 *r1, u32 bytes)
{
	u64 index = r1_get64(r1, ACQ_R1_FIFO_INDEX_LO);
	struct acq_fill fill = {
		.index = index,
		.lost = index - r1->fifo_index,
		.bytes = bytes,
		.complete = true,
	};

	if (index < r1->fifo_index || index >= ACQ_INDEX_MAX)
		return r1_regs_refuse(r1, "the card has played a block at no time");
	if (acq_stream_fill(r1->stream, &fill))
		return false;
	r1->fifo_index = index + bytes / r1->frame;
	return true;
}

/* Those that have been played. False if the stream has failed. */
static bool r1_fifo_out_report(struct r1 *r1)
{
	u64 done = acq_stream_done(r1->stream);
	u32 blocks = r1_get(r1, ACQ_R1_PLAYED) - lower_32_bits(done);

	if (blocks > min_t(u64, r1->pushed - done, R1_FIFO_OUT_BLOCKS))
		return r1_regs_refuse(r1, "the card has played blocks that it was not given");
	for (; blocks; blocks--, done++) {
		if (!r1_fifo_out_block(r1, acq_stream_memory(r1->stream, done).bytes))
			return false;
		r1_put(r1, ACQ_R1_SEEN, lower_32_bits(done + 1));
	}
	return true;
}

/**
 * r1_fifo_out_played() - report how far an output has played, once it plays no more
 * @r1: an output that has been halted
 *
 * Return: true, or false: some of a block may have been played, who knows how much.
 */
bool r1_fifo_out_played(struct r1 *r1)
{
	u64 done;
	u32 bytes;

	if (!r1_fifo_out_report(r1))
		return false;
	done = acq_stream_done(r1->stream);
	bytes = r1_get(r1, ACQ_R1_PLAYED_BYTES);
	bytes -= bytes % r1->frame;
	if (!bytes || done == r1->pushed)
		return true;
	return bytes < acq_stream_memory(r1->stream, done).bytes && r1_fifo_out_block(r1, bytes);
}

/** r1_fifo_out_service() - report what has been played and push what is to be */
void r1_fifo_out_service(struct r1 *r1)
{
	u32 irq = r1_get(r1, ACQ_R1_IRQ_STATUS), state;

	if (irq == R1_ALL_ONES) {
		r1_regs_fail(r1, -ENODEV, "the card does not answer");
		return;
	}
	acq_stream_trace_irq(r1->stream, irq);
	r1_put(r1, ACQ_R1_IRQ_STATUS, irq & ACQ_R1_IRQ_ALL);
	/* First: with DONE, no more is played than is reported. */
	state = r1_get(r1, ACQ_R1_STATE);
	if (!r1_runs(state)) {
		r1_regs_check(r1, state);
		return;
	}
	if (!r1_fifo_out_report(r1))
		return;
	if (state & ACQ_R1_STATE_LOSING)
		acq_stream_dry(r1->stream);
	r1_fifo_out_kick(r1);
	if (r1_state(state) == ACQ_R1_DONE) {
		r1_regs_report(r1);
		acq_stream_finished(r1->stream);
	}
	r1_regs_unmask(r1, ACQ_R1_IRQ_ALL);
}
