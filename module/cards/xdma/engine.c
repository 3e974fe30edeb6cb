// SPDX-License-Identifier: GPL-2.0-only
/*
 * Card family XDMA: engines for the streams of AMD's DMA/Bridge Subsystem for PCI Express,
 * whatever the card's own logic behind it. See docs/xdma.md.
 *
 * A C2H channel has one descriptor for each block of the ring, in a circle, and never
 * stops: it takes a descriptor only for a credit, and gets a credit only for a
 * block that nobody reads. What it has done stands in the writebacks in host memory:
 * while samples flow over an interrupt of their own, registers are read by check() alone.
 *
 * Where a run is configured to be copied (ACQ_TRANSFER_FIFO), the engine needs no
 * credits: it fills chunks of memory of its own, round and round, whatever
 * readers do, and the driver copies them into the ring. See bounce.c. What is different
 * for an H2C channel is in output.c.
 *
 * An engine in the midst of a descriptor cannot be stopped, only stopped behind it:
 * without data from the card's logic it holds an address in the ring for ever.
 * Then the run is kept, mapped, until the engine is seen to be idle; the next run
 * begins when the data come, and what completes the old descriptor is in neither.
 */
#include <linux/bitfield.h>
#include <linux/iopoll.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>

#include "../../../include/acq_user.h"
#include "../../compat.h"
#include "../named.h"
#include "../pci.h"
#include "internal.h"

/* A descriptor in hand whose data flow is done soon. */
#define XDMA_STOP_US		100000

/* Registers are read so often at most to see how the card is. */
#define XDMA_CHECK_EVERY	(HZ / 4)

/** xdma_engine_round() - struct acq_card_ops.round */
int xdma_engine_round(struct acq_stream *stream, struct acq_config *config)
{
	const struct xdma_channel *ch = acq_stream_card(stream);

	/* Logic may have no clock that can be set. */
	config->rate_millihz = clamp(config->rate_millihz, 1ULL, ACQ_NAMED_RATE_MAX_MILLIHZ);
	if (ch->logic.regs)
		xdma_logic_round(&ch->logic, config);
	return 0;
}

/* Let the card be a bus master, and see that it answers. */
static int xdma_engine_wake(struct xdma_channel *ch, u32 *status)
{
	struct xdma *x = ch->card;
	int ret;

	guard(mutex)(&x->lock);
	ret = acq_pci_restore_config(&x->pci);
	if (ret) {
		ch->faults[XDMA_FAULT_NO_ANSWER]++;
		return ret;
	}
	*status = xdma_read(ch, XDMA_STATUS);
	if (*status == XDMA_ALL_ONES) {
		acq_pci_lost(&x->pci);
		ch->faults[XDMA_FAULT_NO_ANSWER]++;
		dev_err_ratelimited(xdma_device(ch),
				    "does not answer (removed or without power?)\n");
		return -ENODEV;
	}
	pci_set_master(x->pci.pdev);
	xdma_irq_set_vectors(x);
	return 0;
}

/** xdma_engine_power_up() - another chance for a card that did not come back from D3hot */
void xdma_engine_power_up(struct acq_stream *stream)
{
	struct xdma_channel *ch = acq_stream_card(stream);

	acq_pci_wake(&ch->card->pci);
}

/* A segment begins. */
static void xdma_engine_init(struct xdma_channel *ch, const struct acq_config *config)
{
	ch->slots = div_u64(config->ring_bytes, config->block_bytes);
	ch->room = config->block_used;
	ch->frame = config->frame_bytes;
	ch->copied = config->transfer == ACQ_TRANSFER_FIFO;
	ch->begun = false;
	ch->finishing = false;
	ch->credited = 0;
	ch->quiet = 0;
	ch->index = 0;
	ch->ended = true;
	ch->asked = 0;
	ch->checked_at = jiffies;
	ch->each = 1;
	clear_bit(XDMA_PENDING, &ch->flags);
	clear_bit(XDMA_MASKED, &ch->flags);
}

/** xdma_engine_start() - struct acq_card_ops.start */
int xdma_engine_start(struct acq_stream *stream, const struct acq_config *config)
{
	struct xdma_channel *ch = acq_stream_card(stream);
	u32 status;
	int ret;

	if (config->transfer == ACQ_TRANSFER_FIFO &&
	    xdma_bounce_alloc(&ch->bounce, xdma_device(ch)))
		return -ENOMEM;
	ret = xdma_engine_wake(ch, &status);
	if (ret)
		return ret;
	xdma_engine_init(ch, config);
	if (ch->logic.regs)
		xdma_logic_enable(&ch->logic, config);
	/* An engine that is busy interrupts when it no longer is. */
	xdma_write(ch, XDMA_STATUS, XDMA_CAUSES);
	xdma_write(ch, XDMA_CONTROL, XDMA_CAUSES);
	xdma_write(ch, XDMA_MASK, XDMA_CAUSES);
	if (ch->silenced && ch->irq)
		enable_irq(ch->irq);
	ch->silenced = false;
	xdma_write_irq(ch->card, XDMA_ENABLE_W1S, BIT(ch->line));
	/* Behind what lets it interrupt: it may have become idle since. */
	ch->busy = !xdma_idle(status) && !xdma_idle(xdma_read(ch, XDMA_STATUS));
	if (ch->busy)
		dev_info_ratelimited(xdma_device(ch),
				     "%s channel %u still waits %s an earlier run: begins after them\n",
				     xdma_direction(ch), ch->number,
				     ch->output ? "to be rid of data of" : "for data of");
	return 0;
}

/**
 * xdma_engine_let_go() - the engine is idle: it has no use for an address any more
 * @ch: its channel
 */
void xdma_engine_let_go(struct xdma_channel *ch)
{
	if (ch->kept)
		acq_stream_let_go(ch->kept);
	ch->kept = NULL;
	ch->dry = false;
}

/** xdma_engine_holds_memory() - was its engine not idle when it was stopped last? */
bool xdma_engine_holds_memory(const struct xdma_channel *ch)
{
	return ch->kept || ch->dry;
}

/**
 * xdma_engine_reclaim() - struct acq_card_ops.reclaim
 * @stream: the stream
 *
 * What it waited for may have come since it was stopped.
 */
void xdma_engine_reclaim(struct acq_stream *stream)
{
	struct xdma_channel *ch = acq_stream_card(stream);

	if (!xdma_engine_holds_memory(ch) || READ_ONCE(ch->card->pci.lost))
		return;
	if (xdma_idle(xdma_read(ch, XDMA_STATUS)))
		xdma_engine_let_go(ch);
}

/** xdma_engine_begin() - let the idle engine run */
void xdma_engine_begin(struct xdma_channel *ch)
{
	void __iomem *common = ch->card->regs + XDMA_COMMON;
	u32 poll = ch->copied || ch->output ? XDMA_POLL_MODE : 0;

	xdma_engine_let_go(ch);
	if (ch->logic.regs)
		xdma_logic_reset(&ch->logic);
	if (ch->copied)
		xdma_bounce_prepare(ch);
	else if (ch->output)
		xdma_output_prepare(ch);
	else
		xdma_blocks_begin(ch);
	writel(lower_32_bits(ch->desc_dma), ch->sgdma + XDMA_FIRST_LO);
	writel(upper_32_bits(ch->desc_dma), ch->sgdma + XDMA_FIRST_HI);
	writel(0, ch->sgdma + XDMA_FIRST_ADJACENT);
	/* The engine is to have those credits alone that it gets from here on. */
	writel(ch->common, common + XDMA_CREDIT_MODE_W1C);
	writel(ch->common, common + XDMA_CREDIT_MODE_W1S);
	/* Also for an engine that does not ask for a credit for its first descriptor */
	dma_wmb();
	xdma_write(ch, XDMA_STATUS, XDMA_CAUSES);
	xdma_write(ch, XDMA_CONTROL, XDMA_CAUSES | XDMA_RUN | poll);
	/* Without a credit it has done nothing yet. */
	if (ch->copied)
		xdma_bounce_begin(ch);
	else if (ch->output)
		xdma_output_begin(ch);
	else
		xdma_blocks_grant(ch);
	ch->begun = true;
}

static void xdma_engine_give(struct acq_stream *stream, const struct acq_memory *block)
{
	struct xdma_channel *ch = acq_stream_card(stream);

	if (ch->begun && !ch->copied)
		xdma_blocks_describe(ch, block);
}

/** xdma_engine_moderate() - struct acq_card_ops.moderate */
void xdma_engine_moderate(struct acq_stream *stream, u32 frames, u32 us)
{
	struct xdma_channel *ch = acq_stream_card(stream);

	/* For the descriptors that are written from now on */
	ch->each = clamp(frames / (ch->room / ch->frame), 1U, max(ch->slots / 8, 1U));
}

static void xdma_engine_kick(struct acq_stream *stream)
{
	struct xdma_channel *ch = acq_stream_card(stream);

	if (ch->finishing)
		return;
	if (!ch->begun && !ch->busy)
		xdma_engine_begin(ch);
	else if (ch->begun && !ch->copied)
		xdma_blocks_grant(ch);
	if (ch->begun && ch->quiet > acq_stream_done(stream))
		acq_stream_service_later(stream);
}

/*
 * How many frames the card has produced in this segment, where that is known as of now.
 *
 * Where nothing has come, a source that does not wait has sampled all the same, and
 * how much is not known: acq_stream_fill() has said when it was known last.
 */
static void xdma_engine_report_frames(struct xdma_channel *ch)
{
	struct acq_report report = { .frames = ch->index };

	if (ch->copied)
		report.frames = xdma_bounce_unreported(ch);
	if (ch->copied ? !report.frames :
	    ch->logic.regs && !(ch->logic.frame & ACQ_USER_WAITS))
		return;
	acq_stream_report(ch->stream, &report);
}

/* Report what is done. False if the segment has ended. */
static bool xdma_engine_collect(struct xdma_channel *ch)
{
	if (!(ch->copied ? xdma_bounce_collect(ch) : xdma_blocks_collect(ch)))
		return false;
	xdma_engine_report_frames(ch);
	return true;
}

/*
 * The engine is to stop, or to begin when it has stopped: ask it. Samples do not
 * flow, or are the last, so registers may be read.
 */
static void xdma_engine_service_stopping(struct xdma_channel *ch)
{
	u32 status = xdma_read(ch, XDMA_STATUS);

	ch->questions++;
	if (status == XDMA_ALL_ONES) {
		xdma_fault_no_answer(ch);
		return;
	}
	/* It was idle before that: what it has done is in memory. */
	if (ch->begun && !xdma_engine_collect(ch))
		return;
	ch->busy = !xdma_idle(status);
	if (ch->busy) {
		if (ch->finishing)
			acq_stream_service_later(ch->stream);
	} else if (ch->finishing) {
		if (!ch->copied || xdma_bounce_collected(ch))
			acq_stream_finished(ch->stream);
	} else if (acq_stream_outstanding(ch->stream)) {
		xdma_engine_begin(ch);
	}
}

/* May the interrupt be enabled again that xdma_irq_shared() has masked? */
static bool xdma_engine_may_unmask(struct xdma_channel *ch, bool news)
{
	if (!test_bit(XDMA_MASKED, &ch->flags) || ch->silenced)
		return false;
	if (news)
		return true;
	/* An error stays for check(): before that it would interrupt without end. */
	ch->questions++;
	return !(xdma_read(ch, XDMA_STATUS) & XDMA_ERRORS);
}

/**
 * xdma_engine_serviced() - the end of service(): let it interrupt again
 * @ch: the channel
 * @pending: an interrupt had come, and its cause has been cleared
 * @news: blocks were done
 */
void xdma_engine_serviced(struct xdma_channel *ch, bool pending, bool news)
{
	/* Was the message lost? None comes while the status is set. */
	if (!pending && news) {
		xdma_write(ch, XDMA_STATUS, XDMA_COMPLETED);
		pending = true;
	}
	/* Behind what cleared the cause */
	if (xdma_engine_may_unmask(ch, news)) {
		clear_bit(XDMA_MASKED, &ch->flags);
		xdma_write_irq(ch->card, XDMA_ENABLE_W1S, BIT(ch->line));
	}
	/*
	 * A completion behind the collecting before this and before the card has got the
	 * write that clears its status sends no message: service it once more.
	 */
	if (ch->begun && (pending || ch->quiet > acq_stream_done(ch->stream)))
		acq_stream_service_later(ch->stream);
}

static void xdma_engine_service(struct acq_stream *stream)
{
	struct xdma_channel *ch = acq_stream_card(stream);
	u64 done = acq_stream_done(stream), position = acq_stream_position(stream);
	bool pending, news;

	/*
	 * An engine that needs no credits continues although there is no room: then
	 * its status stays set, so that it is quiet.
	 */
	if (ch->copied && ch->begun && !ch->finishing &&
	    !acq_stream_outstanding(stream)) {
		xdma_engine_collect(ch);
		return;
	}
	pending = test_and_clear_bit(XDMA_PENDING, &ch->flags);

	/* Errors stay, for check(). */
	if (pending)
		xdma_write(ch, XDMA_STATUS, XDMA_COMPLETED | XDMA_IDLE_STOPPED);
	if (!ch->begun || ch->finishing)
		xdma_engine_service_stopping(ch);
	else if (!xdma_engine_collect(ch))
		return;
	news = acq_stream_done(stream) != done || acq_stream_position(stream) != position;
	xdma_engine_serviced(ch, pending, news);
}

/**
 * xdma_engine_look() - what do the registers of an engine say that runs?
 * @ch: the channel
 * @look: filled
 *
 * Context: producer.lock.
 * Return: false if it is too early for another look, or the card does not answer: then the
 * stream has failed.
 */
bool xdma_engine_look(struct xdma_channel *ch, struct xdma_look *look)
{
	/* Each interrupt that brought nothing has check() called, too. */
	if (time_before(jiffies, ch->checked_at + XDMA_CHECK_EVERY))
		return false;
	ch->checked_at = jiffies;
	look->status = xdma_read(ch, XDMA_STATUS);
	look->count = xdma_read(ch, XDMA_COUNT);
	look->control = xdma_read(ch, XDMA_CONTROL);
	ch->questions += 3;
	if (look->status != XDMA_ALL_ONES && look->control != XDMA_ALL_ONES)
		return true;
	xdma_fault_no_answer(ch);
	return false;
}

static void xdma_engine_check(struct acq_stream *stream)
{
	struct xdma_channel *ch = acq_stream_card(stream);
	struct xdma_look look;

	if (!ch->begun || ch->finishing || !xdma_engine_look(ch, &look))
		return;
	if (look.status & XDMA_ERRORS) {
		if (xdma_engine_collect(ch))
			xdma_fault_by_status(ch, look.status);
	} else if (!(look.control & XDMA_RUN)) {
		xdma_fault_reset(ch);
	} else if (xdma_engine_collect(ch) && !ch->copied &&
		   (s32)(look.count - lower_32_bits(acq_stream_done(stream))) > 0) {
		/* A writeback is older than the count that counts it. */
		xdma_fault_no_writeback(ch);
	}
}

/** xdma_engine_silence() - struct acq_card_ops.silence */
void xdma_engine_silence(struct acq_stream *stream)
{
	struct xdma_channel *ch = acq_stream_card(stream);

	if (ch->silenced)
		return;
	ch->silenced = true;
	xdma_write_irq(ch->card, XDMA_ENABLE_W1C, BIT(ch->line));
	if (ch->irq)
		disable_irq_nosync(ch->irq);
}

static void xdma_engine_finish(struct acq_stream *stream)
{
	struct xdma_channel *ch = acq_stream_card(stream);

	if (!ch->begun) {
		acq_stream_finished(stream);
		return;
	}
	ch->finishing = true;
	xdma_write(ch, XDMA_CONTROL_W1C, XDMA_RUN);
	acq_stream_service_later(ch->stream);
}

/**
 * xdma_engine_wait_idle() - wait until it has done the descriptor in hand
 * @ch: a channel whose engine is not to run
 * @status: filled in
 *
 * Return: false: it may still use memory.
 */
bool xdma_engine_wait_idle(struct xdma_channel *ch, u32 *status)
{
	return !readl_poll_timeout(ch->regs + XDMA_STATUS, *status,
				   *status == XDMA_ALL_ONES || !(*status & XDMA_BUSY), 50,
				   XDMA_STOP_US) &&
	       *status != XDMA_ALL_ONES;
}

/**
 * xdma_engine_keep_memory() - the engine cannot be stopped: its memory stays
 * @ch: the channel
 * @status: what its engine says
 *
 * It waits in the midst of a descriptor, does not obey, or cannot be asked. To take bus
 * mastering from it would stop the other channels, and only until it gets that back: so it
 * keeps the memory that it knows of.
 */
void xdma_engine_keep_memory(struct xdma_channel *ch, u32 status)
{
	if (status == XDMA_ALL_ONES)
		acq_pci_lost(&ch->card->pci);
	else
		dev_info_ratelimited(xdma_device(ch),
				     "%s channel %u waits %s: its ring is kept until %s\n",
				     xdma_direction(ch), ch->number,
				     ch->output ? "to be rid of data" : "for data",
				     ch->output ? "they are taken" : "they come");
	ch->faults[status == XDMA_ALL_ONES ? XDMA_FAULT_NO_ANSWER : XDMA_FAULT_DRY]++;
	if (ch->copied)
		ch->dry = true;
	else
		ch->kept = acq_stream_keep_run(ch->stream);
}

static void xdma_engine_stop(struct acq_stream *stream)
{
	struct xdma_channel *ch = acq_stream_card(stream);
	bool begun = ch->begun;
	u32 status;

	xdma_write_irq(ch->card, XDMA_ENABLE_W1C, BIT(ch->line));
	xdma_write(ch, XDMA_CONTROL_W1C, XDMA_RUN);
	ch->begun = false;
	/* An engine that has not begun knows nothing of the run, but it may hold another. */
	if (!begun && xdma_engine_holds_memory(ch))
		return;
	if (xdma_engine_wait_idle(ch, &status)) {
		if (ch->logic.regs)
			xdma_logic_disable(&ch->logic);
		xdma_found_put_back_channel(ch);
		return;
	}
	if (begun)
		xdma_engine_keep_memory(ch, status);
}

/**
 * xdma_engine_abandon() - struct acq_card_ops.abandon
 * @stream: the stream
 *
 * What the engine had in hand it may use until it is reset.
 */
void xdma_engine_abandon(struct acq_stream *stream)
{
	struct xdma_channel *ch = acq_stream_card(stream);
	bool begun = ch->begun;

	ch->begun = false;
	if (!begun || xdma_engine_holds_memory(ch))
		return;
	if (ch->copied)
		ch->dry = true;
	else
		ch->kept = acq_stream_keep_run(stream);
}

const struct acq_card_ops xdma_engine_ops = {
	.word		= XDMA_WORD,
	.round		= xdma_engine_round,
	.wake		= xdma_engine_power_up,
	.reclaim	= xdma_engine_reclaim,
	.start		= xdma_engine_start,
	.give		= xdma_engine_give,
	.moderate	= xdma_engine_moderate,
	.kick		= xdma_engine_kick,
	.service	= xdma_engine_service,
	.check		= xdma_engine_check,
	.silence	= xdma_engine_silence,
	.finish		= xdma_engine_finish,
	.stop		= xdma_engine_stop,
	.abandon	= xdma_engine_abandon,
	.show		= xdma_fault_show,
};
