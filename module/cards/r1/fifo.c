// SPDX-License-Identifier: GPL-2.0-only
/* ACQ-R1 without DMA: its FIFO, read through the BAR. */
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "r1.h"

/* Most bytes that one service reads from the FIFO: readers are woken after it */
#define R1_FIFO_TURN	SZ_8K

/* Pop @bytes; the last word may be a part of one. @to is aligned to words. */
static void r1_fifo_pop(struct r1 *r1, u8 *to, u32 bytes)
{
	void __iomem *window = r1->regs + ACQ_R1_WINDOW;
	u64 eight;
	u32 four;

	while (bytes >= 8 && IS_ALIGNED((unsigned long)to, 8)) {
		eight = __raw_readq(window);
		memcpy(to, &eight, 8);
		to += 8;
		bytes -= 8;
	}
	while (bytes) {
		u32 part = min(bytes, 4U);

		four = __raw_readl(window);
		memcpy(to, &four, part);
		to += part;
		bytes -= part;
	}
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

void r1_fifo_service(struct r1 *r1)
{
	struct acq_stream *stream = r1->stream;
	u32 irq = r1_get(r1, ACQ_R1_IRQ_STATUS), turn = 0, most = R1_FIFO_TURN;
	u32 state, level, bytes, causes;

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

	for (;;) {
		/* In this order: with DONE, no more comes after this level. */
		state = r1_get(r1, ACQ_R1_STATE);
		level = r1_get(r1, ACQ_R1_FIFO_LEVEL);
		if (level > r1->fifo_bytes) {
			r1_regs_fail(r1, level == R1_ALL_ONES ? -ENODEV : -EPROTO,
				     level == R1_ALL_ONES ? "the card does not answer" :
				     "the card claims more than its FIFO holds");
			return;
		}
		/* What comes meanwhile is the next turn's: readers wait for the end of this one. */
		if (!turn)
			most = min(level, R1_FIFO_TURN);
		if (!acq_stream_outstanding(stream) || turn >= most)
			break;
		/* A part of a word is popped only if nothing will complete it. */
		bytes = min(level, r1->room - r1->fifo_fill);
		if (bytes >= 4)
			bytes = round_down(bytes, 4);
		else if (r1_state(state) <= ACQ_R1_RUNNING && !(irq & ACQ_R1_IRQ_OVERFLOW))
			break;
		if (!bytes)
			break;
		if (r1->resync)
			r1_fifo_resync(r1);
		r1_fifo_pop(r1, acq_stream_open_block(stream) + r1->fifo_fill, bytes);
		/* What came from a card that had gone or been reset are not samples. */
		if (!r1_runs(r1_get(r1, ACQ_R1_STATE))) {
			r1_regs_check(r1);
			return;
		}
		r1->fifo_fill += bytes;
		turn += bytes;
		if (!r1_fifo_report(r1, r1->fifo_fill == r1->room))
			return;
		cond_resched();
	}

	causes = ACQ_R1_IRQ_ALL;
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
	switch (r1_state(state)) {
	case ACQ_R1_DONE:
		if (level)
			break;
		r1_regs_report(r1);
		acq_stream_finished(stream);
		break;
	case ACQ_R1_ERROR:
		r1_regs_fail_by_card(r1, state);
		break;
	}
	/* DATA is a level here: without a block to put it in, it would not end. */
	if (!acq_stream_outstanding(stream))
		causes &= ~ACQ_R1_IRQ_DATA;
	r1_regs_unmask(r1, causes);
}
