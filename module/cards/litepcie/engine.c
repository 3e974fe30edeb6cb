// SPDX-License-Identifier: GPL-2.0-only
/*
 * A Writer of LitePCIe: how it starts and stops, and whether it is well. A Reader uses what is
 * the same for both; see output.c.
 *
 * In Prog mode a Writer carries out each descriptor once, and stops where the table is empty:
 * so the host owns the blocks. Its count of descriptors is exact and has 32 bits. The read of
 * the count comes back behind the samples that it counts: one register for each interrupt,
 * however many blocks there are.
 *
 * A channel that is not idle when it is stopped may still use what it was given. Then the run
 * is kept, mapped, until it is seen to be idle; before that it is not started again. Memory of
 * Loop mode, of headers and of copies is not freed before the card is given up.
 */
#include <linux/iopoll.h>
#include <linux/math64.h>
#include <linux/minmax.h>

#include "internal.h"

/* The packet in hand ends within that. */
#define LITE_STOP_US		1000

/* Registers are read so often at most to see how the card is. */
#define LITE_CHECK_EVERY	(HZ / 4)

/** lite_engine_round() - struct acq_card_ops.round */
int lite_engine_round(struct acq_stream *stream, struct acq_config *config)
{
	/* Nothing here can set it; headers need it to tell losses. */
	config->rate_millihz = clamp(config->rate_millihz, 1ULL, ACQ_NAMED_RATE_MAX_MILLIHZ);
	return 0;
}

/** lite_engine_power_up() - another chance for a card that did not come back from D3hot */
void lite_engine_power_up(struct acq_stream *stream)
{
	struct lite_channel *ch = acq_stream_card(stream);

	acq_pci_wake(&ch->card->pci);
}

/* A segment begins. */
static void lite_engine_init(struct lite_channel *ch, const struct acq_config *config)
{
	ch->slots = div_u64(config->ring_bytes, config->block_bytes);
	ch->room = config->block_used;
	ch->frame = config->frame_bytes;
	ch->copied = config->transfer == ACQ_TRANSFER_FIFO;
	ch->timed = ch->headers && !ch->copied;
	ch->early = ch->card->early;
	ch->finishing = false;
	ch->blocks = 0;
	ch->quiet = 0;
	ch->index = 0;
	ch->lost = 0;
	ch->reported = 0;
	ch->time = 0;
	ch->each = 1;
	ch->popped_ns = 0;
	ch->stalled = 0;
	ch->checked_at = jiffies;
	lite_times_begin(&ch->times, config->rate_millihz, READ_ONCE(lite_pci_slack));
}

/* Have headers inserted, one for each block, or none. */
static void lite_engine_insert(struct lite_channel *ch)
{
	void __iomem *header = ch->card->regs + ch->card->map.header;

	if (!ch->headers)
		return;
	writel(ch->room / LITE_WORD, header + LITE_HEADER_RX_WORDS);
	writel(LITE_HEADER_ENABLE | (ch->timed ? LITE_HEADER_INSERT : 0), header + LITE_HEADER_RX);
}

/**
 * lite_engine_let_go() - the channel uses no memory any more
 * @ch: the channel, which is idle, or was reset, or cannot reach memory
 */
void lite_engine_let_go(struct lite_channel *ch)
{
	if (ch->kept)
		acq_stream_let_go(ch->kept);
	ch->kept = NULL;
}

/** lite_engine_reclaim() - struct acq_card_ops.reclaim */
void lite_engine_reclaim(struct acq_stream *stream)
{
	struct lite_channel *ch = acq_stream_card(stream);

	if (!ch->kept || READ_ONCE(ch->card->pci.lost))
		return;
	if (lite_engine_halt(ch))
		lite_engine_let_go(ch);
}

/* It is not idle, or cannot be asked: it may use what it was given. */
static void lite_engine_keep(struct lite_channel *ch)
{
	if (!ch->kept)
		ch->kept = acq_stream_keep_run(ch->stream);
}

static int lite_engine_prepare(struct lite_channel *ch, const struct acq_config *config, bool held)
{
	struct lite *lite = ch->card;
	u32 state;
	int ret;

	if (!ch->output && config->transfer == ACQ_TRANSFER_FIFO && lite_loop_alloc(ch))
		return -ENOMEM;
	ret = acq_pci_restore_config(&lite->pci);
	if (ret) {
		ch->faults[LITE_FAULT_NO_ANSWER]++;
		return ret;
	}
	lite_engine_init(ch, config);
	ch->held = held;
	lite_write(ch, LITE_ENABLE, 0);
	ret = readl_poll_timeout(ch->regs + LITE_ENABLE, state,
				 state == LITE_IDLE || state == LITE_ALL_ONES, 5, LITE_STOP_US);
	if (state == LITE_ALL_ONES) {
		acq_pci_lost(&lite->pci);
		ch->faults[LITE_FAULT_NO_ANSWER]++;
		dev_err_ratelimited(lite_device(ch),
				    "does not answer (removed or without power?)\n");
		return -ENODEV;
	}
	if (ret) {
		dev_err_ratelimited(lite_device(ch), "%s %u is not idle: 0x%x\n",
				    lite_direction(ch), ch->number, state);
		ch->faults[LITE_FAULT_STOP]++;
		return -EIO;
	}
	lite_engine_let_go(ch);
	lite_table_begin(ch);
	lite_sync_start(ch);
	lite_engine_insert(ch);
	acq_pci_unsilence(&lite->pci);
	if (ch->silenced && ch->irq)
		enable_irq(ch->irq);
	ch->silenced = false;
	acq_pci_master_get(&lite->pci);
	return 0;
}

/** lite_engine_start() - struct acq_card_ops.start */
int lite_engine_start(struct acq_stream *stream, const struct acq_config *config)
{
	return lite_engine_prepare(acq_stream_card(stream), config, false);
}

/** lite_engine_hold() - struct acq_card_ops.hold */
int lite_engine_hold(struct acq_stream *stream, const struct acq_config *config)
{
	return lite_engine_prepare(acq_stream_card(stream), config, true);
}

/** lite_engine_go() - struct acq_card_ops.go */
void lite_engine_go(struct acq_stream *stream, bool both)
{
	lite_sync_go(acq_stream_card(stream), both);
}

/** lite_engine_begin() - its table is filled: let it run */
void lite_engine_begin(struct lite_channel *ch)
{
	ch->seen = ch->pushed;
	lite_irq_enable(ch->card, BIT(ch->line));
	WRITE_ONCE(ch->begun, true);
	lite_write(ch, LITE_ENABLE, LITE_ENABLED);
	lite_sync_release(ch);
}

/** lite_engine_give() - struct acq_card_ops.give */
void lite_engine_give(struct acq_stream *stream, const struct acq_memory *block)
{
	/* kick() pushes all that has been given. */
}

/** lite_engine_moderate() - struct acq_card_ops.moderate */
void lite_engine_moderate(struct acq_stream *stream, u32 frames, u32 us)
{
	struct lite_channel *ch = acq_stream_card(stream);
	u32 most = min(ch->slots / 8, ch->card->map.depth / 8);

	/* For the descriptors that are pushed from now on */
	ch->each = clamp(frames / (ch->room / ch->frame), 1U, max(most, 1U));
}

/**
 * lite_engine_pushed() - descriptors are in the table: begin, if it has not
 * @ch: the channel
 */
void lite_engine_pushed(struct lite_channel *ch)
{
	if (!ch->begun) {
		if (!lite_table_prove(ch))
			return;
		lite_engine_begin(ch);
	}
	/* No interrupt tells of these. */
	if (ch->quiet > acq_stream_done(ch->stream))
		acq_stream_service_later(ch->stream);
}

static void lite_engine_kick(struct acq_stream *stream)
{
	struct lite_channel *ch = acq_stream_card(stream);

	if (ch->finishing)
		return;
	if (ch->copied) {
		lite_loop_kick(ch);
		return;
	}
	if (!ch->begun)
		lite_blocks_begin(ch);
	lite_blocks_push(ch);
	lite_engine_pushed(ch);
}

/**
 * lite_engine_is_alive() - is it enabled still?
 * @ch: a channel that has begun
 *
 * Return: false after having the run fail, or start again behind somebody else's reset.
 */
bool lite_engine_is_alive(struct lite_channel *ch)
{
	struct lite *lite = ch->card;
	u32 state = lite_read(ch, LITE_ENABLE);
	u16 command;

	ch->questions++;
	if (state == LITE_ALL_ONES) {
		lite_fault_no_answer(ch);
		return false;
	}
	if (state & LITE_ENABLED)
		return true;
	/* With the function its PCI configuration was reset. */
	pci_read_config_word(lite->pci.pdev, PCI_COMMAND, &command);
	if (!(command & PCI_COMMAND_MASTER))
		acq_pci_lost(&lite->pci);
	lite_fault_reset(ch);
	return false;
}

/* Has the table been empty since the last count, as far as can be told from counts? */
static void lite_engine_note_stall(struct lite_channel *ch)
{
	/* All is done that was in it then; what was pushed behind that may have come too late. */
	bool stalled = ch->popped >= ch->seen;

	ch->seen = ch->pushed;
	if (!stalled) {
		ch->dry = false;
		return;
	}
	/* Samples are lost behind those that FIFOs had room for. */
	ch->stalled = ch->blocks + 2 + LITE_STALL_BYTES / ch->room;
	if (!ch->dry)
		ch->starved++;
	ch->dry = true;
}

/* What has been halted is not enabled, and that is no reset. */
static bool lite_engine_is_halted(const struct lite_channel *ch)
{
	return ch->finishing && !ch->output;
}

/**
 * lite_engine_count() - how many descriptors are done by now?
 * @ch: a channel that has begun
 *
 * The card is believed only as far as it was given descriptors.
 *
 * Return: false after having the run fail.
 */
bool lite_engine_count(struct lite_channel *ch)
{
	u32 status = lite_read(ch, LITE_STATUS), more;

	/* A count may have that value. */
	if (status == LITE_ALL_ONES && lite_read(ch, LITE_ENABLE) == LITE_ALL_ONES) {
		lite_fault_no_answer(ch);
		return false;
	}
	more = status - ch->base - lower_32_bits(ch->popped);
	if (more > ch->pushed - ch->popped) {
		/* Behind a reset it counts anew. */
		if (!lite_engine_is_halted(ch) && !lite_engine_is_alive(ch))
			return false;
		lite_fault_fail(ch, LITE_FAULT_COUNT, -EPROTO,
				"%d descriptors more are done, of %llu that it was given",
				(s32)more, ch->pushed - ch->popped);
		return false;
	}
	if (more) {
		WRITE_ONCE(ch->popped, ch->popped + more);
		/* A Reader's FIFOs empty behind that. */
		if (ch->output)
			ch->popped_ns = ktime_get_ns();
	}
	if (!ch->finishing)
		lite_engine_note_stall(ch);
	return true;
}

/**
 * lite_engine_report() - tell how many frames the card has produced, if it is more than before
 * @ch: the channel
 * @frames: so many, lost ones included
 */
void lite_engine_report(struct lite_channel *ch, u64 frames)
{
	struct acq_report report = { .frames = frames };

	if (frames <= ch->reported)
		return;
	ch->reported = frames;
	acq_stream_report(ch->stream, &report);
}

/* Report what is done. False if the segment has ended. */
static bool lite_engine_collect(struct lite_channel *ch)
{
	if (ch->copied)
		return lite_loop_collect(ch);
	if (!lite_engine_count(ch) || !lite_blocks_collect(ch))
		return false;
	/*
	 * Where there are headers the next one tells how much a source has sampled that does
	 * not wait. What is missing is known now: no block may follow that could tell.
	 */
	if (!ch->timed || ch->lost)
		lite_engine_report(ch, ch->index + ch->lost);
	return true;
}

static void lite_engine_service(struct acq_stream *stream)
{
	struct lite_channel *ch = acq_stream_card(stream);

	if (!ch->begun || (ch->finishing && !ch->copied) || !lite_engine_collect(ch))
		return;
	if (ch->copied) {
		if (ch->finishing && lite_loop_collected(ch))
			acq_stream_finished(stream);
		return;
	}
	/* What is done leaves room in the table. */
	lite_blocks_push(ch);
	lite_engine_pushed(ch);
}

/** lite_engine_check() - struct acq_card_ops.check */
void lite_engine_check(struct acq_stream *stream)
{
	struct lite_channel *ch = acq_stream_card(stream);
	struct lite *lite = ch->card;
	u16 command;

	/* Each interrupt that brought nothing has check() called, too. */
	if (!ch->begun || lite_engine_is_halted(ch) ||
	    time_before(jiffies, ch->checked_at + LITE_CHECK_EVERY))
		return;
	ch->checked_at = jiffies;
	if (!lite_engine_is_alive(ch))
		return;
	pci_read_config_word(lite->pci.pdev, PCI_COMMAND, &command);
	if (!(command & PCI_COMMAND_MASTER)) {
		lite_fault_fail(ch, LITE_FAULT_MASTER, -EIO, "bus mastering was taken away");
	} else if (!ch->copied && !lite_table_agrees(ch) && lite_engine_is_alive(ch)) {
		/* It was there before and behind that: these were answers. */
		lite_fault_fail(ch, LITE_FAULT_TABLE, -EPROTO,
				"its table does not hold what it was given and has not done");
	}
}

/**
 * lite_engine_silence() - struct acq_card_ops.silence
 * @stream: the stream
 *
 * Other channels need a message that serves all: that is given up only where it comes again
 * without end although this line has been disabled.
 */
void lite_engine_silence(struct acq_stream *stream)
{
	struct lite_channel *ch = acq_stream_card(stream);
	bool again = ch->silenced;

	ch->silenced = true;
	lite_irq_disable(ch->card, BIT(ch->line));
	if (ch->irq && !again)
		disable_irq_nosync(ch->irq);
	else if (!ch->irq && again)
		acq_pci_silence(&ch->card->pci);
}

/**
 * lite_engine_halt() - have it begin no packet any more
 * @ch: the channel
 *
 * The packet in hand is sent, unless the link is dead; what is in its FIFO is lost.
 *
 * Return: false if it is not idle then.
 */
bool lite_engine_halt(struct lite_channel *ch)
{
	u32 state;

	lite_write(ch, LITE_ENABLE, 0);
	readl_poll_timeout(ch->regs + LITE_ENABLE, state,
			   state == LITE_IDLE || state == LITE_ALL_ONES, 5, LITE_STOP_US);
	return state == LITE_IDLE;
}

/*
 * The last blocks. The one that is not full is dropped: the card does not tell how full it is.
 * Of Loop mode service() copies the rest when there is room.
 */
static void lite_engine_finish(struct acq_stream *stream)
{
	struct lite_channel *ch = acq_stream_card(stream);
	bool halted = true;

	if (ch->begun) {
		halted = lite_engine_halt(ch);
		ch->finishing = true;
		if (!lite_engine_collect(ch))
			return;
	}
	ch->finishing = true;
	if (!ch->begun || !ch->copied || !halted || lite_loop_collected(ch))
		acq_stream_finished(stream);
}

/**
 * lite_engine_settle() - a channel is to be as it was before start()
 * @ch: the channel
 *
 * One that does not stop, or cannot be asked, keeps the memory that it knows of. To take bus
 * mastering from it would stop other channels, and would last only until one of these starts.
 */
void lite_engine_settle(struct lite_channel *ch)
{
	struct lite *lite = ch->card;
	u32 state = lite_read(ch, LITE_ENABLE);

	if (state == LITE_ALL_ONES) {
		acq_pci_lost(&lite->pci);
		ch->faults[LITE_FAULT_NO_ANSWER]++;
	} else if (state != LITE_IDLE) {
		dev_err_ratelimited(lite_device(ch),
				    "%s %u does not stop: its ring is kept until it does\n",
				    lite_direction(ch), ch->number);
		ch->faults[LITE_FAULT_STOP]++;
	}
	if (state != LITE_IDLE)
		lite_engine_keep(ch);
	/* Behind a descriptor in hand, none is left. */
	lite_write(ch, LITE_RESET, 1);
	lite_write(ch, LITE_LOOP, 0);
	lite_sync_stop(ch);
	if (ch->headers) {
		writel(lite->found.words, lite->regs + lite->map.header + LITE_HEADER_RX_WORDS);
		writel(lite->found.header, lite->regs + lite->map.header + LITE_HEADER_RX);
	}
	acq_pci_master_put(&lite->pci);
}

static void lite_engine_stop(struct acq_stream *stream)
{
	struct lite_channel *ch = acq_stream_card(stream);

	lite_irq_disable(ch->card, BIT(ch->line));
	lite_engine_halt(ch);
	WRITE_ONCE(ch->begun, false);
	lite_engine_settle(ch);
}

/**
 * lite_engine_abandon() - struct acq_card_ops.abandon
 * @stream: the stream
 *
 * What the channel was given it may use until it is reset.
 */
void lite_engine_abandon(struct acq_stream *stream)
{
	struct lite_channel *ch = acq_stream_card(stream);
	struct lite *lite = ch->card;

	if (ch->begun)
		lite_engine_keep(ch);
	WRITE_ONCE(ch->begun, false);
	lite_irq_forget(lite, BIT(ch->line));
	lite_sync_forget(ch);
	acq_pci_master_put(&lite->pci);
}

const struct acq_card_ops lite_engine_ops = {
	.word		= LITE_BEAT_MAX,
	.round		= lite_engine_round,
	.wake		= lite_engine_power_up,
	.reclaim	= lite_engine_reclaim,
	.start		= lite_engine_start,
	.hold		= lite_engine_hold,
	.go		= lite_engine_go,
	.give		= lite_engine_give,
	.moderate	= lite_engine_moderate,
	.kick		= lite_engine_kick,
	.service	= lite_engine_service,
	.check		= lite_engine_check,
	.silence	= lite_engine_silence,
	.finish		= lite_engine_finish,
	.stop		= lite_engine_stop,
	.abandon	= lite_engine_abandon,
	.show		= lite_fault_show,
};
