// SPDX-License-Identifier: GPL-2.0-only
/*
 * The XDMA model's user BAR: what its own logic lets the host know and do,
 * losses above all, of which XDMA has no notion. See docs/xdma-model.md.
 */
#include "acq_user.h"
#include "xdma_model.h"

/* Places in @latched */
enum {
	LATCH_PRODUCED,
	LATCH_LOST,
	LATCH_TAKEN,
	LATCH_INDEX,
	LATCH_COUNT,
};

/* The low half of a number; the high one is kept until it is read. */
static uint32_t xdma_user_latch(struct xdma_stream *s, unsigned int which, uint64_t value)
{
	s->latched[which] = (uint32_t)(value >> 32);
	return (uint32_t)value;
}

static uint32_t xdma_user_frame(const struct xdma *x)
{
	const struct xdma_config *f = &x->config;

	return f->format | f->channels << 8 | (f->waits || f->free ? ACQ_USER_WAITS : 0) |
	       (f->marks ? ACQ_USER_MARKS : 0);
}

static uint32_t xdma_user_read_stream(struct xdma *x, struct xdma_stream *s, uint32_t reg)
{
	static const struct loss none;
	const struct loss *loss = s->record_count ?
		&s->records[s->record_first % XDMA_RECORDS_MAX] : &none;

	switch (reg) {
	case ACQ_USER_CONTROL:
		return s->enabled ? ACQ_USER_ENABLE : 0;
	case ACQ_USER_FRAME:
		return xdma_user_frame(x);
	case ACQ_USER_DIVIDER:
		return s->pace.divider;
	case ACQ_USER_FIFO_BYTES:
		return x->config.fifo_bytes;
	case ACQ_USER_PRODUCED_LO:
		return xdma_user_latch(s, LATCH_PRODUCED, xdma_stream_produced(s));
	case ACQ_USER_PRODUCED_HI:
		return s->latched[LATCH_PRODUCED];
	case ACQ_USER_LOST_LO:
		return xdma_user_latch(s, LATCH_LOST, s->lost);
	case ACQ_USER_LOST_HI:
		return s->latched[LATCH_LOST];
	case ACQ_USER_TAKEN_LO:
		return xdma_user_latch(s, LATCH_TAKEN, s->taken);
	case ACQ_USER_TAKEN_HI:
		return s->latched[LATCH_TAKEN];
	case ACQ_USER_LOSSES:
		return s->losses_ended;
	case ACQ_USER_STATE:
		return s->record_count | (s->losing ? ACQ_USER_LOSING : 0) |
		       (s->record_overflow ? ACQ_USER_OVERFLOW : 0);
	case ACQ_USER_INDEX_LO:
		return xdma_user_latch(s, LATCH_INDEX, loss->index);
	case ACQ_USER_INDEX_HI:
		return s->latched[LATCH_INDEX];
	case ACQ_USER_COUNT_LO:
		return xdma_user_latch(s, LATCH_COUNT, loss->frames);
	case ACQ_USER_COUNT_HI:
		return s->latched[LATCH_COUNT];
	default:
		return 0;
	}
}

static void xdma_user_write_stream(struct xdma *x, struct xdma_stream *s, uint32_t reg,
				   uint32_t value)
{
	switch (reg) {
	case ACQ_USER_CONTROL:
		if (value & ACQ_USER_RESET)
			xdma_stream_reset(s);
		xdma_stream_enable(s, value & ACQ_USER_ENABLE);
		break;
	case ACQ_USER_DIVIDER:
		if (!value || value > ACQ_USER_DIVIDER_MAX)
			break;
		s->pace.divider = value;
		xdma_stream_speed(s);
		break;
	case ACQ_USER_POP:
		if (!s->record_count)
			break;
		s->record_first++;
		s->record_count--;
		break;
	}
	xdma_irq_refresh(x);
}

/* The stream whose registers are there, or NULL. */
static struct xdma_stream *xdma_user_stream(struct xdma *x, uint32_t at)
{
	uint32_t number = (at - ACQ_USER_STREAM) / ACQ_USER_STREAM_BYTES;

	if (at < ACQ_USER_STREAM || number >= x->config.c2h || x->config.memory || x->config.loop)
		return NULL;
	return &x->streams[number];
}

uint32_t xdma_user_read(struct xdma *x, uint32_t at)
{
	struct xdma_stream *s = xdma_user_stream(x, at);

	if (s)
		return xdma_user_read_stream(x, s, (at - ACQ_USER_STREAM) % ACQ_USER_STREAM_BYTES);
	switch (at) {
	case ACQ_USER_ID:
		return ACQ_USER_ID_MAGIC;
	case ACQ_USER_VERSION:
		return ACQ_USER_VERSION_1_0;
	case ACQ_USER_SCRATCH:
		return x->scratch;
	case ACQ_USER_CHANNELS:
		return x->config.c2h | x->config.h2c << 8;
	case ACQ_USER_CLOCK_HZ:
		return x->config.clock;
	case ACQ_USER_IRQ:
		return x->user_irq;
	case ACQ_USER_LOSS_IRQ:
		return x->loss_irq;
	default:
		return 0;
	}
}

/* As xdma_regs_print(), with a U before each. */
void xdma_user_print(struct xdma *x, bool written, FILE *out)
{
	static const uint32_t common[] = {
		ACQ_USER_SCRATCH, ACQ_USER_IRQ, ACQ_USER_LOSS_IRQ,
		ACQ_USER_ID, ACQ_USER_VERSION, ACQ_USER_CHANNELS, ACQ_USER_CLOCK_HZ,
	};
	static const uint32_t stream[] = {
		ACQ_USER_CONTROL, ACQ_USER_DIVIDER, ACQ_USER_FRAME, ACQ_USER_FIFO_BYTES,
		ACQ_USER_LOSSES, ACQ_USER_STATE,
	};
	uint32_t value;

	for (size_t i = 0; i < (written ? 3 : sizeof(common) / sizeof(*common)); i++) {
		value = xdma_user_read(x, common[i]);
		if (value)
			fprintf(out, " U%04x:%08x", common[i], value);
	}
	for (uint32_t n = 0; n < x->config.c2h; n++) {
		uint32_t at = ACQ_USER_STREAM + n * ACQ_USER_STREAM_BYTES;

		for (size_t i = 0; i < (written ? 2 : sizeof(stream) / sizeof(*stream)); i++) {
			value = xdma_user_read(x, at + stream[i]);
			if (value)
				fprintf(out, " U%04x:%08x", at + stream[i], value);
		}
	}
}

void xdma_user_write(struct xdma *x, uint32_t at, uint32_t value)
{
	const uint32_t lines = (1u << x->config.user_irqs) - 1;
	struct xdma_stream *s = xdma_user_stream(x, at);

	if (s) {
		xdma_user_write_stream(x, s, (at - ACQ_USER_STREAM) % ACQ_USER_STREAM_BYTES, value);
		return;
	}
	switch (at) {
	case ACQ_USER_SCRATCH:
		x->scratch = value;
		break;
	case ACQ_USER_IRQ:
		x->user_irq = value & lines;
		break;
	case ACQ_USER_IRQ_W1S:
		x->user_irq |= value & lines;
		break;
	case ACQ_USER_IRQ_W1C:
		x->user_irq &= ~value;
		break;
	case ACQ_USER_LOSS_IRQ:
		if (value <= x->config.user_irqs)
			x->loss_irq = value;
		break;
	}
	xdma_irq_refresh(x);
}
