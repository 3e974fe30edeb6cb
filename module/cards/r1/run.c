// SPDX-License-Identifier: GPL-2.0-only
/* A run of an ACQ-R1, from start() to stop(). */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/pci.h>

#include "r1.h"

/* What moves slowly is checked no more often, however often the card interrupts. */
#define R1_CHECK_PERIOD	(HZ / 4)

/* From so many interrupts on between two checks that it does not admit, the card is suspect. */
#define R1_STRANGE_MAX	100

static void r1_run_program(struct r1 *r1, const struct acq_config *config)
{
	u64 div;

	if (r1->dma)
		r1_dma_program(r1, config);
	r1_put(r1, ACQ_R1_TRANSFER, r1->dma ? ACQ_R1_TRANSFER_DMA : ACQ_R1_TRANSFER_FIFO);
	/* Low rates are rounded more coarsely than their dividers. */
	div = div64_u64(r1->clock_hz * 1000ULL + config->rate_millihz / 2, config->rate_millihz);
	r1_put(r1, ACQ_R1_DIVIDER, clamp_t(u64, div, r1->div_min, r1->div_max));
	r1_put(r1, ACQ_R1_CHANNEL_MASK, config->channel_mask);
	r1_put(r1, ACQ_R1_FORMAT, config->format);
	/* Where the card does not count, the core does, and a card may refuse what it cannot. */
	r1_put64(r1, ACQ_R1_COUNT_LO, r1->counts ? config->count : 0);
	r1_put(r1, ACQ_R1_TRIGGER, config->trigger | config->trigger_channel << 8 |
	       (config->trigger_edge == ACQ_EDGE_FALLING ? ACQ_R1_TRIG_FALLING : 0));
	r1_put(r1, ACQ_R1_TRIGGER_LEVEL, config->trigger_level);
	r1_put(r1, ACQ_R1_PRETRIGGER, config->pretrigger);
	r1_put(r1, ACQ_R1_PATTERN, config->pattern);
}

/* May it use the bus? The other side may need it still. */
static int r1_run_master_get(struct r1 *r1)
{
	int ret = r1->master ? 0 : acq_pci_master_get(r1->pci);

	if (!ret)
		WRITE_ONCE(r1->master, true);
	return ret;
}

static void r1_run_master_put(struct r1 *r1)
{
	if (r1->master)
		acq_pci_master_put(r1->pci);
	WRITE_ONCE(r1->master, false);
}

/* The card as it was before start(): RESET sets all registers to their reset values. */
static void r1_run_quiet(struct r1 *r1)
{
	r1_regs_reset(r1);
	r1_run_master_put(r1);
	r1_dma_free(r1);
}

static void r1_run_wake(struct acq_stream *stream)
{
	struct r1 *r1 = acq_stream_card(stream);

	acq_pci_wake(r1->pci);
}

static int r1_run_begin(struct acq_stream *stream, const struct acq_config *config, u32 command)
{
	struct r1 *r1 = acq_stream_card(stream);
	u32 state;
	int ret;

	ret = acq_pci_restore_config(r1->pci);
	if (ret)
		return ret;
	ret = r1_regs_reset(r1);
	if (ret)
		return ret;
	acq_pci_unsilence(r1->pci);

	WRITE_ONCE(r1->dma, config->transfer == ACQ_TRANSFER_DMA);
	r1->room = config->block_used;
	r1->frame = config->frame_bytes;
	r1->checked = jiffies;
	r1->checked_at = acq_stream_position(stream);
	r1->cut = false;
	r1->strange_then = READ_ONCE(r1->strange);
	r1_fifo_begin(r1, config);
	r1_fifo_out_begin(r1);
	ret = r1_run_master_get(r1);
	if (ret)
		return ret;
	if (r1->dma) {
		ret = r1_dma_alloc(r1, div_u64(config->ring_bytes, config->block_bytes));
		if (ret) {
			r1_run_master_put(r1);
			return ret;
		}
	}
	r1_run_program(r1, config);
	r1_put(r1, ACQ_R1_COMMAND, command);

	state = r1_get(r1, ACQ_R1_STATE);
	if (r1_state(state) == ACQ_R1_ERROR) {
		dev_err_ratelimited(&r1->pci->pdev->dev, "start refused with error %u\n",
				    ACQ_R1_STATE_CODE(state));
		r1_run_quiet(r1);
		return -EIO;
	}
	r1_regs_unmask(r1, ACQ_R1_IRQ_ALL);
	return 0;
}

static int r1_run_start(struct acq_stream *stream, const struct acq_config *config)
{
	return r1_run_begin(stream, config, ACQ_R1_CMD_START);
}

static int r1_run_hold(struct acq_stream *stream, const struct acq_config *config)
{
	return r1_run_begin(stream, config, ACQ_R1_CMD_START | ACQ_R1_CMD_HOLD);
}

static void r1_run_go(struct acq_stream *stream, bool both)
{
	r1_put(acq_stream_card(stream), ACQ_R1_COMMAND,
	       both ? ACQ_R1_CMD_GO_BOTH : ACQ_R1_CMD_GO);
}

static void r1_run_give(struct acq_stream *stream, const struct acq_memory *block)
{
	struct r1 *r1 = acq_stream_card(stream);

	if (r1->dma)
		r1_dma_give(r1, block);
	else if (r1->output)
		r1_fifo_out_give(r1, block);
}

static void r1_run_moderate(struct acq_stream *stream, u32 frames, u32 us)
{
	struct r1 *r1 = acq_stream_card(stream);

	if (r1->dma)
		r1_dma_moderate(r1, frames, us);
	else if (!r1->output)
		r1_fifo_moderate(r1, frames, us);
}

static void r1_run_kick(struct acq_stream *stream)
{
	struct r1 *r1 = acq_stream_card(stream);

	if (r1->dma)
		r1_dma_kick(r1);
	else if (r1->output)
		r1_fifo_out_kick(r1);
	else
		/* There is room again for what the FIFO holds. */
		r1_regs_unmask(r1, r1->unmasked | ACQ_R1_IRQ_DATA);
}

static void r1_run_service(struct acq_stream *stream)
{
	struct r1 *r1 = acq_stream_card(stream);

	if (r1->dma)
		r1_dma_service(r1);
	else if (r1->output)
		r1_fifo_out_service(r1);
	else
		r1_fifo_service(r1);
}

static void r1_run_silence(struct acq_stream *stream)
{
	struct r1 *r1 = acq_stream_card(stream);

	acq_pci_silence(r1->pci);
}

/* Does it interrupt though nothing may? */
static bool r1_run_ignores_mask(struct r1 *r1)
{
	u32 unmasked = READ_ONCE(r1->unmasked);
	u16 status;

	r1_regs_unmask(r1, 0);
	/* So that the mask has arrived */
	r1_get(r1, ACQ_R1_IRQ_MASK);
	pci_read_config_word(r1->pci->pdev, PCI_STATUS, &status);
	r1_regs_unmask(r1, unmasked);
	return status != (u16)~0 && status & PCI_STATUS_INTERRUPT;
}

/*
 * A shared line may be disabled by the kernel, which tells nobody, if it interrupts
 * without end. It is disabled at times by others who share it, but not for long. False
 * after having the run fail.
 */
static bool r1_run_check_line(struct r1 *r1)
{
	u32 strange = READ_ONCE(r1->strange) - r1->strange_then;
	bool before = r1->cut;

	r1->strange_then += strange;
	r1->cut = r1->pci->shared && irqd_irq_disabled(irq_get_irq_data(r1->pci->irq));
	if (strange > R1_STRANGE_MAX && r1_run_ignores_mask(r1)) {
		r1_run_silence(r1->stream);
		r1_regs_fail(r1, -EIO, "the card interrupts without end, though masked");
		return false;
	}
	if (!before || !r1->cut)
		return true;
	r1_regs_fail(r1, -EIO, "the kernel has disabled the card's interrupt line");
	return false;
}

/* A card whose DMA fails cannot say so in its status page. */
static void r1_run_check(struct acq_stream *stream)
{
	struct r1 *r1 = acq_stream_card(stream);
	u32 state = r1_get(r1, ACQ_R1_STATE);
	u64 position = acq_stream_position(stream);

	if (!r1_regs_check(r1, state))
		return;
	/* While samples come, registers are left alone. */
	if (r1->dma && position == r1->checked_at)
		r1_dma_check_causes(r1);
	r1->checked_at = position;
	if (time_before(jiffies, r1->checked + R1_CHECK_PERIOD))
		return;
	r1->checked = jiffies;
	if (r1_run_check_line(r1) && r1->dma)
		r1_dma_check_moves(r1, state);
}

static void r1_run_trigger(struct acq_stream *stream)
{
	r1_put(acq_stream_card(stream), ACQ_R1_COMMAND, ACQ_R1_CMD_TRIGGER);
}

static void r1_run_finish(struct acq_stream *stream)
{
	struct r1 *r1 = acq_stream_card(stream);

	if (r1->output && !r1->dma)
		r1_fifo_out_finish(r1);
	else
		r1_put(r1, ACQ_R1_COMMAND, ACQ_R1_CMD_STOP);
}

static void r1_run_stop(struct acq_stream *stream)
{
	struct r1 *r1 = acq_stream_card(stream);

	r1_regs_unmask(r1, 0);
	if (r1->output) {
		/* One that forgot its run, say, may have played some of a block. */
		if (!r1_regs_halt(r1) ||
		    !(r1->dma ? r1_dma_played(r1) : r1_fifo_out_played(r1)))
			acq_stream_unsure(stream);
	}
	r1_regs_report(r1);
	r1_run_quiet(r1);
}

static void r1_run_abandon(struct acq_stream *stream)
{
	struct r1 *r1 = acq_stream_card(stream);

	/* The bus has lost it: neither side is to write. */
	pci_clear_master(r1->pci->pdev);
	r1_run_master_put(r1);
	r1_dma_free(r1);
}

const struct acq_card_ops r1_run_ops = {
	/* The FIFO is read by words. */
	.word		= sizeof(u64),
	/* The core sees by ACQ_CAP_WAIT which card is not. */
	.paced		= true,
	.round		= r1_describe_round,
	.wake		= r1_run_wake,
	.start		= r1_run_start,
	.hold		= r1_run_hold,
	.go		= r1_run_go,
	.give		= r1_run_give,
	.moderate	= r1_run_moderate,
	.kick		= r1_run_kick,
	.service	= r1_run_service,
	.check		= r1_run_check,
	.silence	= r1_run_silence,
	.trigger	= r1_run_trigger,
	.finish		= r1_run_finish,
	.stop		= r1_run_stop,
	.abandon	= r1_run_abandon,
};

/* What plays takes any number of whole frames. */
const struct acq_card_ops r1_run_output_ops = {
	.word		= 1,
	.paced		= true,
	.round		= r1_describe_round,
	.wake		= r1_run_wake,
	.start		= r1_run_start,
	.hold		= r1_run_hold,
	.go		= r1_run_go,
	.give		= r1_run_give,
	.moderate	= r1_run_moderate,
	.kick		= r1_run_kick,
	.service	= r1_run_service,
	.check		= r1_run_check,
	.silence	= r1_run_silence,
	.finish		= r1_run_finish,
	.stop		= r1_run_stop,
	.abandon	= r1_run_abandon,
};
