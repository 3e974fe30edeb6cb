// SPDX-License-Identifier: GPL-2.0-only
/*
 * An engine of an AC'97 controller: a stream.
 *
 * It has a list of 32 entries, each of them a block, and goes round it up to the last one
 * that it may use. There it halts, until it is told of a later one; what the codec samples
 * meanwhile is gone, what it plays is filler, and nobody counts it: how much it was, the
 * clock tells. That it has halted it says once, by an event in its status. So the event is
 * taken before and behind each write that lets it go on: one that halts right before
 * that is not missed.
 *
 * Where it is it says in registers alone. Samples that a register counts are in memory
 * when it has been read.
 */
#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/iopoll.h>
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/pci.h>
#include <linux/seq_file.h>
#include <linux/units.h>

#include "internal.h"

/* How long an engine may take to halt, and to be reset */
#define ENGINE_STOP_US		10000

/* Tries to read registers that go on meanwhile */
#define ENGINE_TRIES		8

/* Events are taken until there are none, or so often. */
#define ENGINE_ROUNDS		4

/* Each interrupt that brings nothing has the engine checked, too. */
#define ENGINE_CHECK_EVERY	(HZ / 4)

/* An engine that has blocks and does not move for so long does not move any more. */
#define ENGINE_STANDS		(5 * HZ)

/* What is on its way from memory to the converter, at most */
#define ENGINE_FIFO_FRAMES	32

#define ENGINE_NO_GAP		(~0ULL)

static struct device *engine_dev(const struct ac97_engine *e)
{
	return &e->card->pci.pdev->dev;
}

static const char *engine_name(const struct ac97_engine *e)
{
	return e->output ? "the output" : "the input";
}

/* Take and clear its events. irq_lock */
static void engine_take(struct ac97_engine *e)
{
	u16 status = ioread16(e->regs + AC97_STATUS);

	/* All ones is not an answer. */
	if (status == (u16)AC97_ALL_ONES || !(status & AC97_EVENTS))
		return;
	iowrite16(status & AC97_EVENTS, e->regs + AC97_STATUS);
	WRITE_ONCE(e->events, e->events | (status & AC97_EVENTS));
}

/**
 * ac97_engine_take() - take and clear what the engines interrupt for
 * @card: their card, with its irq_lock held
 *
 * Again, until there is nothing: a controller may let go of the line when one engine's
 * event is cleared although the other one has another.
 *
 * Return: bits of the global status, of those that had something.
 */
u32 ac97_engine_take(struct ac97 *card)
{
	unsigned int round, i;
	u32 status, taken = 0;

	lockdep_assert_held(&card->irq_lock);
	for (round = 0; round < ENGINE_ROUNDS; round++) {
		status = ioread32(card->master + AC97_GLOBAL_STATUS);
		if (status == AC97_ALL_ONES)
			break;
		status &= AC97_GLOBAL_IRQ_IN | AC97_GLOBAL_IRQ_OUT;
		if (!status)
			break;
		taken |= status;
		for (i = 0; i < AC97_ENGINES; i++) {
			if (status & card->engine[i].irq)
				engine_take(&card->engine[i]);
		}
	}
	return taken;
}

/**
 * ac97_engine_reset() - an engine as after a reset, whatever it did
 * @regs: its registers
 *
 * Return: 0, or -ETIMEDOUT: it may use memory.
 */
int ac97_engine_reset(void __iomem *regs)
{
	u8 control;

	iowrite8(0, regs + AC97_CONTROL);
	iowrite8(AC97_RESET, regs + AC97_CONTROL);
	return read_poll_timeout(ioread8, control, !(control & (AC97_RESET | AC97_RUN)), 10,
				 ENGINE_STOP_US, false, regs + AC97_CONTROL);
}

/* What has happened before, or behind the end, is nobody's affair. */
static void engine_forget(struct ac97_engine *e)
{
	guard(spinlock_irqsave)(&e->card->irq_lock);
	engine_take(e);
	WRITE_ONCE(e->events, 0);
}

/* It does not answer. Returns false. */
static bool engine_no_answer(struct ac97_engine *e)
{
	dev_err_ratelimited(engine_dev(e), "does not answer: stopped\n");
	acq_pci_lost(&e->card->pci);
	acq_stream_fail(e->stream, -ENODEV);
	return false;
}

/* It is at another place than it can be. Returns false. */
static bool engine_contradicts(struct ac97_engine *e, const struct ac97_look *look)
{
	dev_err_ratelimited(engine_dev(e),
			    "%s is at entry %u with %u samples left, which cannot be: stopped\n",
			    engine_name(e), look->index, look->left);
	acq_stream_fail(e->stream, -EPROTO);
	return false;
}

/* What it says is of another life, or of samples that are not whole. Returns false. */
static bool engine_begin_anew(struct ac97_engine *e, const char *why)
{
	e->useless = true;
	dev_warn_ratelimited(engine_dev(e), "%s %s: starts it again\n", engine_name(e), why);
	acq_stream_restart(e->stream);
	return false;
}

/*
 * Where is it? Takes its events first: it stands where it says then, if one of them says
 * that it had nothing more to do. Returns them; @control: what that register reads, all
 * ones: it does not answer.
 */
static u16 engine_read(struct ac97_engine *e, struct ac97_look *look, u8 *control)
{
	struct ac97 *card = e->card;
	unsigned int tries = ENGINE_TRIES;
	u32 first, left, then, others;
	u16 status, events;

	scoped_guard(spinlock_irqsave, &card->irq_lock) {
		others = ac97_engine_take(card) & ~e->irq;
		do {
			first = ioread32(e->regs + AC97_INDEX);
			left = ioread32(e->regs + AC97_LEFT);
			then = ioread32(e->regs + AC97_INDEX);
		} while (FIELD_GET(AC97_LOOK_INDEX, first ^ then) && --tries);
		status = FIELD_GET(AC97_LOOK_STATUS, then);
		if (then != AC97_ALL_ONES && status & AC97_EVENTS)
			iowrite16(status & AC97_EVENTS, e->regs + AC97_STATUS);
		events = e->events | (status & AC97_EVENTS);
		WRITE_ONCE(e->events, 0);
	}
	/* The other one's interrupt may have gone with that. */
	if (others)
		irq_wake_thread(card->pci.irq, &card->pci);
	look->index = FIELD_GET(AC97_LOOK_INDEX, then);
	look->left = tries ? FIELD_GET(AC97_LOOK_LEFT, left) : 0;
	look->halted = status & AC97_HALTED;
	*control = then == AC97_ALL_ONES || left == AC97_ALL_ONES ?
		   (u8)AC97_ALL_ONES : FIELD_GET(AC97_LOOK_CONTROL, left);
	if (e->at != (look->index << 16 | look->left)) {
		e->at = look->index << 16 | look->left;
		e->moved = jiffies;
	}
	return events;
}

/* The same of one that should run. False if there is nothing to go on with. */
static bool engine_look(struct ac97_engine *e, struct ac97_look *look, u16 *events)
{
	u8 control;

	*events = engine_read(e, look, &control);
	if (control == (u8)AC97_ALL_ONES)
		return engine_no_answer(e);
	if (!(control & AC97_RUN))
		return engine_begin_anew(e, "has been reset");
	acq_stream_trace_irq(e->stream, *events);
	if (!(*events & AC97_FIFO_ERROR))
		return true;
	e->fifo_errors++;
	/* Somewhere behind what has been reported; nothing of that is. */
	if (!e->output)
		return engine_begin_anew(e, "was kept from memory too long, and has lost samples");
	e->slipped = 1;
	return true;
}

/* Report that the open block holds so much. False if the segment has ended. */
static bool engine_report(struct ac97_engine *e, u32 bytes, bool complete)
{
	struct acq_fill fill = { .bytes = bytes, .complete = complete };

	if (acq_stream_done(e->stream) == e->gap_at) {
		e->gap_at = ENGINE_NO_GAP;
		e->halts++;
		acq_stream_lost(e->stream, ACQ_CAUSE_CARD_FIFO);
		e->index = 0;
	}
	if (e->slipped) {
		fill.lost = e->slipped;
		fill.flags = ACQ_BLOCK_ESTIMATED;
	}
	fill.index = e->index + fill.lost;
	if (acq_stream_fill(e->stream, &fill))
		return false;
	e->open = complete ? 0 : bytes;
	if (complete) {
		e->slipped = 0;
		e->index = fill.index + bytes / e->frame;
	}
	return true;
}

/* Bytes of the open block */
static u32 engine_open_bytes(const struct ac97_engine *e)
{
	return acq_stream_memory(e->stream, acq_stream_done(e->stream)).bytes;
}

/* Report what is new. False if the segment has ended. */
static bool engine_collect(struct ac97_engine *e, struct ac97_look *look)
{
	int blocks, bytes;

	look->halted = e->ended;
	blocks = ac97_list_complete(look, acq_stream_done(e->stream), e->handed);
	if (blocks < 0)
		return engine_contradicts(e, look);
	while (blocks--) {
		if (!engine_report(e, engine_open_bytes(e), true))
			return false;
	}
	/* What is being played is still the card's. */
	if (e->output || acq_stream_done(e->stream) == e->handed)
		return true;
	if (look->index != ac97_list_index(acq_stream_done(e->stream)))
		return true;
	bytes = ac97_list_filled(look, engine_open_bytes(e), e->frame);
	if (bytes < 0)
		return engine_contradicts(e, look);
	return bytes <= e->open || engine_report(e, bytes, false);
}

/* Has it done all that was handed to it? That it had, it says by an event. */
static bool engine_has_ended(const struct ac97_engine *e, const struct ac97_look *look)
{
	return look->halted && look->index == ac97_list_index(e->handed - 1);
}

/*
 * Let it use the blocks that it has been given since. Behind engine_collect(), so that one
 * that stands has been reported to its end. False if the segment has ended.
 */
static bool engine_hand(struct ac97_engine *e)
{
	u64 end = min(acq_stream_given(e->stream),
		      acq_stream_done(e->stream) + AC97_LIST_BLOCKS - 1);
	u64 before = e->handed;
	bool stood = e->ended;
	struct ac97_look look;
	u16 events;

	if (end <= before)
		return true;
	if (stood) {
		/* How long, nobody knows but the clock. */
		e->halts++;
		acq_stream_lost(e->stream, ACQ_CAUSE_CARD_FIFO);
		e->index = 0;
	}
	/* The entries are in memory before it hears of them. */
	dma_wmb();
	iowrite8(ac97_list_index(end - 1), e->regs + AC97_LAST);
	e->handed = end;
	e->ended = false;
	if (!engine_look(e, &look, &events))
		return false;
	/* It had come to the end of the old ones right before that, and stood for a moment. */
	if (events & AC97_LAST_DONE && !stood)
		e->gap_at = before;
	e->ended = engine_has_ended(e, &look);
	return engine_collect(e, &look);
}

/* All that a turn does. False if the segment has ended. */
static bool engine_turn(struct ac97_engine *e)
{
	struct ac97_look look;
	u16 events;

	if (!engine_look(e, &look, &events))
		return false;
	e->ended |= events & AC97_LAST_DONE || engine_has_ended(e, &look);
	if (!engine_collect(e, &look) || !engine_hand(e))
		return false;
	if (!e->ended && (!e->output || e->each > 1))
		acq_stream_service_later(e->stream);
	return true;
}

/* Does what it says tell something of this run? */
static bool engine_tells(const struct ac97_engine *e)
{
	return e->begun && !e->halted && !e->useless;
}

static void engine_begin(struct ac97_engine *e)
{
	e->handed = min_t(u64, acq_stream_given(e->stream), AC97_LIST_BLOCKS - 1);
	e->begun = true;
	e->moved = jiffies;
	iowrite8(ac97_list_index(e->handed - 1), e->regs + AC97_LAST);
	dma_wmb();
	/* Once: written again while it runs, it may take it for a second begin. */
	iowrite8(AC97_RUN | AC97_IRQS, e->regs + AC97_CONTROL);
	if (!e->output)
		acq_stream_service_later(e->stream);
}

static int engine_round(struct acq_stream *stream, struct acq_config *config)
{
	config->rate_millihz = ac97_codec_round(acq_stream_card(stream), config->rate_millihz) *
			       (u64)MILLI;
	return 0;
}

static void engine_wake(struct acq_stream *stream)
{
	struct ac97_engine *e = acq_stream_card(stream);

	acq_pci_wake(&e->card->pci);
}

static void engine_init(struct ac97_engine *e, const struct acq_config *config)
{
	u32 blocks = div_u64(config->ring_bytes, config->block_bytes) / 2;

	e->frame = config->frame_bytes;
	e->room = max(config->block_used / e->frame, 1U);
	e->rate = div_u64(config->rate_millihz, MILLI);
	/* Interrupts for all but a few of what it has leave time to give it more. */
	e->most = max(min(blocks, AC97_LIST_BLOCKS - 1) / 4, 1U);
	e->each = 1;
	e->begun = false;
	e->halted = false;
	e->useless = false;
	e->finishing = false;
	e->ended = false;
	e->handed = 0;
	e->gap_at = ENGINE_NO_GAP;
	e->slipped = 0;
	e->index = 0;
	e->open = 0;
	e->at = 0;
	e->moved = jiffies;
	e->checked = jiffies;
}

static int engine_start(struct acq_stream *stream, const struct acq_config *config)
{
	struct ac97_engine *e = acq_stream_card(stream);
	struct ac97 *card = e->card;
	int ret = acq_pci_restore_config(&card->pci);

	if (ret)
		return ret;
	if (ioread32(card->master + AC97_GLOBAL_STATUS) == AC97_ALL_ONES) {
		acq_pci_lost(&card->pci);
		return -ENODEV;
	}
	engine_init(e, config);
	ret = ac97_codec_start(e);
	if (ret)
		return ret;
	ret = ac97_engine_reset(e->regs);
	if (ret) {
		dev_err_ratelimited(engine_dev(e), "%s cannot be reset\n", engine_name(e));
		return ret;
	}
	acq_pci_master_allow(&card->pci, e->output);
	engine_forget(e);
	acq_pci_unsilence(&card->pci);
	ret = acq_pci_master_get(&card->pci);
	if (ret)
		return ret;
	iowrite32(lower_32_bits(e->list_dma), e->regs + AC97_LIST);
	return 0;
}

static void engine_give(struct acq_stream *stream, const struct acq_memory *block)
{
	struct ac97_engine *e = acq_stream_card(stream);
	struct ac97_entry *entry = &e->list[ac97_list_index(block->number)];
	u32 control = FIELD_PREP(AC97_ENTRY_SAMPLES, block->bytes / sizeof(u16));

	if (block->number % e->each == e->each - 1)
		control |= AC97_ENTRY_IRQ;
	entry->addr = cpu_to_le32(lower_32_bits(block->dma));
	entry->control = cpu_to_le32(control);
}

static void engine_moderate(struct acq_stream *stream, u32 frames, u32 us)
{
	struct ac97_engine *e = acq_stream_card(stream);

	/* For the entries that are written from now on */
	e->each = clamp(frames / e->room, 1U, e->most);
}

static void engine_kick(struct acq_stream *stream)
{
	struct ac97_engine *e = acq_stream_card(stream);

	if (!e->begun && acq_stream_outstanding(stream))
		engine_begin(e);
	else if (engine_tells(e))
		engine_turn(e);
}

static void engine_service(struct acq_stream *stream)
{
	struct ac97_engine *e = acq_stream_card(stream);

	if (!engine_tells(e) || !engine_turn(e) || !e->output ||
	    acq_stream_outstanding(stream))
		return;
	if (e->finishing)
		acq_stream_finished(stream);
	else
		acq_stream_dry(stream);
}

/* Do its registers say that it is as it was started? False: it fails, or begins anew. */
static bool engine_check_registers(struct ac97_engine *e)
{
	struct pci_dev *pdev = e->card->pci.pdev;
	u32 list = ioread32(e->regs + AC97_LIST);
	u8 last = ioread8(e->regs + AC97_LAST);
	u16 command;

	if (list == AC97_ALL_ONES)
		return engine_no_answer(e);
	pci_read_config_word(pdev, PCI_COMMAND, &command);
	if (list != lower_32_bits(e->list_dma) || last != ac97_list_index(e->handed - 1)) {
		/* A reset of the function has taken its configuration with it. */
		if (!(command & PCI_COMMAND_MASTER))
			acq_pci_lost(&e->card->pci);
		return engine_begin_anew(e, "has been reset");
	}
	if (command & PCI_COMMAND_MASTER)
		return true;
	dev_err_ratelimited(&pdev->dev, "bus mastering has been taken from the card: stopped\n");
	acq_stream_fail(e->stream, -EIO);
	return false;
}

static void engine_check(struct acq_stream *stream)
{
	struct ac97_engine *e = acq_stream_card(stream);
	int ret;

	if (!engine_tells(e) || time_before(jiffies, e->checked + ENGINE_CHECK_EVERY))
		return;
	e->checked = jiffies;
	if (!engine_check_registers(e))
		return;
	ret = ac97_codec_check(e);
	if (ret == -ESTALE) {
		engine_begin_anew(e, "has a codec that was reset");
	} else if (ret) {
		dev_err_ratelimited(engine_dev(e), "the codec does not answer: stopped\n");
		acq_stream_fail(stream, -EIO);
	} else if (e->ended || acq_stream_done(stream) == e->handed) {
		e->moved = jiffies;
	} else if (time_after(jiffies, e->moved + ENGINE_STANDS)) {
		engine_begin_anew(e, "has blocks, and does not move");
	}
}

static void engine_silence(struct acq_stream *stream)
{
	struct ac97_engine *e = acq_stream_card(stream);

	acq_pci_silence(&e->card->pci);
}

/* Of an output that stands amid a block: what it has played of it is done with. */
static void engine_settle_output(struct ac97_engine *e, const struct ac97_look *look)
{
	int bytes;

	if (acq_stream_done(e->stream) == e->handed)
		return;
	bytes = ac97_list_filled(look, engine_open_bytes(e), e->frame);
	if (bytes > 0)
		engine_report(e, bytes, true);
	else if (bytes < 0 || !look->left)
		acq_stream_unsure(e->stream);
}

/* Have it halt, and report how far it had come. False: it did not say, or did not halt. */
static bool engine_halt(struct ac97_engine *e)
{
	struct ac97_look look;
	u8 control = ioread8(e->regs + AC97_CONTROL);
	bool ran = control != (u8)AC97_ALL_ONES && control & AC97_RUN;
	u16 status, events;

	iowrite8(0, e->regs + AC97_CONTROL);
	ran &= !read_poll_timeout(ioread16, status, status & AC97_HALTED, 10, ENGINE_STOP_US,
				  false, e->regs + AC97_STATUS);
	events = engine_read(e, &look, &control);
	if (!ran || e->useless || control == (u8)AC97_ALL_ONES || events & AC97_FIFO_ERROR)
		return false;
	/* Halted by us it has left what it had in hand, unless that was the last. */
	e->ended |= events & AC97_LAST_DONE;
	e->halted = true;
	if (!engine_collect(e, &look))
		return false;
	if (e->output)
		engine_settle_output(e, &look);
	return true;
}

static void engine_finish(struct acq_stream *stream)
{
	struct ac97_engine *e = acq_stream_card(stream);

	e->finishing = true;
	if (e->output) {
		/* Else it comes to an end by itself. */
		if (!acq_stream_outstanding(stream))
			acq_stream_finished(stream);
		return;
	}
	if (engine_tells(e)) {
		/* What was lost since it had no room is lost behind all that there is. */
		if (engine_halt(e) && e->ended && acq_stream_done(stream) == e->handed)
			acq_stream_lost(stream, ACQ_CAUSE_CARD_FIFO);
		e->halted = true;
	}
	acq_stream_finished(stream);
}

static void engine_stop(struct acq_stream *stream)
{
	struct ac97_engine *e = acq_stream_card(stream);

	if (e->output && e->begun && e->ended)
		/* It is done with memory, but not yet with all of its own FIFO. */
		fsleep(div_u64(ENGINE_FIFO_FRAMES * (u64)MICRO, max(e->rate, 1U)));
	if (e->begun && !e->halted && !engine_halt(e) && e->output)
		acq_stream_unsure(stream);
	e->begun = false;
	if (ac97_engine_reset(e->regs)) {
		bool answers = ioread8(e->regs + AC97_CONTROL) != (u8)AC97_ALL_ONES;

		acq_pci_master_cut(&e->card->pci, e->output, answers);
		if (answers)
			dev_err_ratelimited(engine_dev(e),
					    "%s does not stop: cut off from memory\n",
					    engine_name(e));
	}
	engine_forget(e);
	acq_pci_master_put(&e->card->pci);
}

/* It cannot be reached: what it does until it is reset must not get to memory. */
static void engine_abandon(struct acq_stream *stream)
{
	struct ac97_engine *e = acq_stream_card(stream);

	e->begun = false;
	pci_clear_master(e->card->pci.pdev);
	acq_pci_master_put(&e->card->pci);
}

static void engine_show(struct acq_stream *stream, struct seq_file *m)
{
	struct ac97_engine *e = acq_stream_card(stream);

	seq_printf(m, "halts %llu\nfifo_errors %llu\n", e->halts, e->fifo_errors);
}

/* The direction is the engine's affair; a block is whole samples of both channels. */
const struct acq_card_ops ac97_engine_ops = {
	.word		= 4,
	.paced		= true,
	.round		= engine_round,
	.wake		= engine_wake,
	.start		= engine_start,
	.give		= engine_give,
	.moderate	= engine_moderate,
	.kick		= engine_kick,
	.service	= engine_service,
	.check		= engine_check,
	.silence	= engine_silence,
	.finish		= engine_finish,
	.stop		= engine_stop,
	.abandon	= engine_abandon,
	.show		= engine_show,
};
