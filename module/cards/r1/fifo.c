// SPDX-License-Identifier: GPL-2.0-only
/* ACQ-R1 without DMA: its FIFO, read through the BAR. */
#include <linux/jiffies.h>
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "r1.h"

/* Most bytes that one service reads from the FIFO: readers are woken after it */
#define R1_FIFO_TURN	SZ_8K

/* And for how long: a card may take its time for each word, and others wait for the turn. */
#define R1_FIFO_TIME	(HZ / 4)

/* The FIFO is popped by words. */
#define R1_FIFO_WORD	4U

/** r1_fifo_begin() - the FIFO is empty, and nothing has been popped */
void r1_fifo_begin(struct r1 *r1, const struct acq_config *config)
{
	r1->fifo_fill = 0;
	r1->fifo_index = 0;
	r1->fifo_lost = 0;
	r1->resync = true;
	r1->popped = 0;
	/* Without a trigger it begins with frame 0. */
	r1->counted = config->trigger == ACQ_TRIGGER_IMMEDIATE;
}

/**
 * r1_fifo_moderate() - interrupt after so many frames or microseconds
 * @r1: the card
 * @frames: 0: at half of the FIFO
 * @us: microseconds
 *
 * Less than a word cannot be popped: an interrupt for that would come for ever.
 */
void r1_fifo_moderate(struct r1 *r1, u32 frames, u32 us)
{
	if (frames || r1->fifo_bytes / 2 < R1_FIFO_WORD)
		frames = max(frames, DIV_ROUND_UP(R1_FIFO_WORD, r1->frame));
	r1_put(r1, ACQ_R1_IRQ_FRAMES, frames);
	r1_put(r1, ACQ_R1_IRQ_US, us);
}

/*
 * Pop @bytes to @to, which is aligned to words; the last one may be a part. Not every
 * endpoint answers a read of more than a word, and one that does not says nothing:
 * samples would be wrong. Returns how many it has popped: fewer if it is past @end.
 */
static u32 r1_fifo_pop(struct r1 *r1, u8 *to, u32 bytes, unsigned long end)
{
	void __iomem *window = r1->regs + ACQ_R1_WINDOW;
	u32 done = 0, part;
	__le64 two;
	__le32 one;

	do {
		if (r1->window64 && bytes - done >= sizeof(two)) {
			part = sizeof(two);
			two = cpu_to_le64(readq(window));
			memcpy(to + done, &two, sizeof(two));
		} else {
			part = min(bytes - done, R1_FIFO_WORD);
			one = cpu_to_le32(readl(window));
			memcpy(to + done, &one, part);
		}
		done += part;
	} while (done < bytes && !time_after(jiffies, end));
	return done;
}

/* Report what has been popped into the open block. False if the stream has failed. */
static bool r1_fifo_report(struct r1 *r1, bool complete)
{
	u32 frame = r1->frame;
	struct acq_fill fill = {
		.index = r1->fifo_index,
		.lost = r1->fifo_lost,
		.bytes = r1->fifo_fill - r1->fifo_fill % frame,
		.complete = complete,
	};

	if (fill.bytes && acq_stream_fill(r1->stream, &fill))
		return false;
	if (complete) {
		r1->fifo_index += fill.bytes / frame;
		r1->fifo_lost = 0;
		r1->fifo_fill = 0;
	}
	return true;
}

/* Ask for the index of the frame that comes next: at the begin and after a loss. */
static void r1_fifo_resync(struct r1 *r1)
{
	u64 index = r1_get64(r1, ACQ_R1_FIFO_INDEX_LO);

	/* An index that goes back makes a loss that acq_ring_fill() refuses. */
	r1->fifo_lost = r1->counted ? index - r1->fifo_index : 0;
	r1->fifo_index = index;
	r1->resync = false;
	r1->counted = true;
}

/*
 * Is the next byte the one that it should be? A read that pops nothing, or more than
 * it gets, shows here, if the card can tell. False if the stream has failed.
 */
static bool r1_fifo_in_step(struct r1 *r1)
{
	u64 index = r1->fifo_index + r1->fifo_fill / r1->frame;

	return !r1->follow || r1_get(r1, ACQ_R1_FIFO_INDEX_LO) == lower_32_bits(index) ||
	       r1_regs_refuse(r1, "the card's FIFO is not where it was read to");
}

/* And in the end, is all there that was not lost? False if the stream has failed. */
static bool r1_fifo_all_there(struct r1 *r1)
{
	u64 frames = r1_get64(r1, ACQ_R1_FRAMES_LO);

	return (frames - r1_get64(r1, ACQ_R1_DROPPED_LO)) * r1->frame == r1->popped ||
	       r1_regs_refuse(r1, "the card counts other samples than its FIFO gave");
}

/* Bytes that can be popped now, of @level. Part of a word only if nothing will complete it. */
static u32 r1_fifo_poppable(const struct r1 *r1, u32 level, bool last)
{
	u32 bytes = min(level, r1->room - r1->fifo_fill);

	if (bytes >= R1_FIFO_WORD)
		return round_down(bytes, R1_FIFO_WORD);
	return last ? bytes : 0;
}

/*
 * Pop *@bytes, not 0, into the open block and report them; fewer if it is past @end. False
 * if the stream has failed.
 */
static bool r1_fifo_move(struct r1 *r1, u32 *bytes, unsigned long end)
{
	u32 state;

	if (r1->resync)
		r1_fifo_resync(r1);
	*bytes = r1_fifo_pop(r1, acq_stream_open_block(r1->stream) + r1->fifo_fill, *bytes, end);
	/* What came from a card that had gone or been reset are not samples. */
	state = r1_get(r1, ACQ_R1_STATE);
	if (!r1_runs(state)) {
		r1_regs_check(r1, state);
		return false;
	}
	r1->fifo_fill += *bytes;
	r1->popped += *bytes;
	return r1_fifo_report(r1, r1->fifo_fill == r1->room);
}

/*
 * Pop what the FIFO held when this began, a turn at most. @state and @level are set to
 * the card's behind it. False if the stream has failed.
 */
static bool r1_fifo_drain(struct r1 *r1, u32 irq, u32 *state, u32 *level)
{
	u32 turn = 0, most = R1_FIFO_TURN, bytes;
	unsigned long end = jiffies + R1_FIFO_TIME;

	for (;;) {
		/* In this order: with DONE, no more comes after this level. */
		*state = r1_get(r1, ACQ_R1_STATE);
		*level = r1_get(r1, ACQ_R1_FIFO_LEVEL);
		if (*level > r1->fifo_bytes) {
			r1_regs_fail(r1, *level == R1_ALL_ONES ? -ENODEV : -EPROTO,
				     *level == R1_ALL_ONES ? "the card does not answer" :
				     "the card claims more than its FIFO holds");
			return false;
		}
		/* What comes meanwhile is the next turn's: readers wait for the end of this one. */
		if (!turn)
			most = min(*level, R1_FIFO_TURN);
		if (!acq_stream_outstanding(r1->stream) || turn >= most ||
		    (turn && time_after(jiffies, end)))
			return true;
		bytes = r1_fifo_poppable(r1, *level, r1_state(*state) > ACQ_R1_RUNNING ||
					 irq & ACQ_R1_IRQ_OVERFLOW);
		if (!bytes)
			return true;
		if (!turn && !r1->resync && !r1_fifo_in_step(r1))
			return false;
		if (!r1_fifo_move(r1, &bytes, end))
			return false;
		/* Behind part of a word there is nothing: a card that says so lies, and is slow. */
		turn = bytes < R1_FIFO_WORD ? most : turn + bytes;
		cond_resched();
	}
}

/** r1_fifo_service() - report what the FIFO holds, and why the card interrupted */
void r1_fifo_service(struct r1 *r1)
{
	struct acq_stream *stream = r1->stream;
	u32 irq = r1_get(r1, ACQ_R1_IRQ_STATUS), causes = ACQ_R1_IRQ_ALL;
	u32 state, level;

	if (irq == R1_ALL_ONES) {
		r1_regs_fail(r1, -ENODEV, "the card does not answer");
		return;
	}
	acq_stream_trace_irq(stream, irq);
	/* OVERFLOW is acknowledged below: it makes the card fill its FIFO again. */
	r1_put(r1, ACQ_R1_IRQ_STATUS, irq & ACQ_R1_IRQ_ALL & ~ACQ_R1_IRQ_OVERFLOW);
	if (irq & ACQ_R1_IRQ_TRIGGER) {
		r1_regs_report(r1);
		acq_stream_triggered(stream);
	}
	if (!r1_fifo_drain(r1, irq, &state, &level))
		return;

	if (irq & ACQ_R1_IRQ_OVERFLOW) {
		if (level) {
			/* Drain it first: DATA calls for that. */
			causes &= ~ACQ_R1_IRQ_OVERFLOW;
		} else if (r1_fifo_report(r1, true)) {
			r1->resync = true;
			r1_put(r1, ACQ_R1_IRQ_STATUS, ACQ_R1_IRQ_OVERFLOW);
		} else {
			return;
		}
	}
	if (r1_state(state) == ACQ_R1_DONE && !level) {
		if (!r1_fifo_all_there(r1))
			return;
		r1_regs_report(r1);
		acq_stream_finished(stream);
	} else if (r1_state(state) == ACQ_R1_ERROR) {
		r1_regs_fail_by_card(r1, state);
	}
	/* DATA is a level here: without a block to put it in, it would not end. */
	if (!acq_stream_outstanding(stream))
		causes &= ~ACQ_R1_IRQ_DATA;
	r1_regs_unmask(r1, causes);
}
