// SPDX-License-Identifier: GPL-2.0-only
/* The XDMA model's interrupts: their sources, enables and vectors. */
#include <string.h>

#include "xdma_model.h"

#define USER_LINE	8u		/* of the first user interrupt */
#define PER_VECTOR_REG	4u
#define VECTORS_MASK	0x1f1f1f1fu

static unsigned int xdma_irq_channels(const struct xdma *x)
{
	return x->config.h2c + x->config.c2h;
}

static uint32_t xdma_irq_ones(unsigned int count)
{
	return (uint32_t)((UINT64_C(1) << count) - 1);
}

/* Channels that have something to tell, H2C's first. */
static uint32_t xdma_irq_sources(const struct xdma *x)
{
	uint32_t sources = 0;

	for (unsigned int c2h = 0; c2h < 2; c2h++) {
		for (unsigned int i = 0; i < (c2h ? x->config.c2h : x->config.h2c); i++) {
			const struct xdma_engine *e = &x->engines[c2h][i];

			if (e->status & e->mask)
				sources |= 1u << e->line;
		}
	}
	return sources;
}

/* The interrupt lines that the logic asserts. */
uint32_t xdma_irq_user_lines(const struct xdma *x)
{
	uint32_t lines = x->user_irq;

	for (unsigned int i = 0; x->loss_irq && i < x->config.c2h; i++) {
		if (x->streams[i].record_count)
			lines |= 1u << (x->loss_irq - 1);
	}
	return lines;
}

static uint32_t xdma_irq_requests(const struct xdma *x)
{
	uint32_t lines = (xdma_irq_sources(x) & x->chan_enable) |
			 (xdma_irq_user_lines(x) & x->user_enable) << USER_LINE;

	/* once asserted, it stays so */
	return fault_is_on(x->faults, FAULT_MASK_IGNORED) ? lines | x->requested : lines;
}

static unsigned int xdma_irq_vector(const struct xdma *x, unsigned int line)
{
	const uint32_t *regs = line < USER_LINE ? x->chan_vectors : x->user_vectors;
	unsigned int n = line < USER_LINE ? line : line - USER_LINE;

	return regs[n / PER_VECTOR_REG] >> (8 * (n % PER_VECTOR_REG)) & 0x1f;
}

static void xdma_irq_send(struct xdma *x, uint32_t which)
{
	uint32_t now = xdma_irq_requests(x);

	for (; which; which &= which - 1) {
		unsigned int line = (unsigned int)__builtin_ctz(which);

		x->host->irq(x->host->machine, line, xdma_irq_vector(x, line), now >> line & 1);
	}
	x->requested = now;
	x->stuck = now && fault_is_on(x->faults, FAULT_MASK_IGNORED);
}

void xdma_irq_refresh(struct xdma *x)
{
	xdma_irq_send(x, xdma_irq_requests(x) ^ x->requested);
}

/* Something has happened: logged if control says so; an interrupt if the mask does. */
void xdma_irq_log(struct xdma *x, struct xdma_engine *e, uint32_t bits)
{
	e->status |= bits & e->control & XDMA_LOG_BITS;
	xdma_irq_refresh(x);
}

uint32_t xdma_irq_read(const struct xdma *x, uint32_t reg)
{
	switch (reg) {
	case XDMA_USER_ENABLE:
		return x->user_enable;
	case XDMA_CHAN_ENABLE:
		return x->chan_enable;
	case XDMA_USER_REQUEST:
		return xdma_irq_user_lines(x) & x->user_enable;
	case XDMA_CHAN_REQUEST:
		return xdma_irq_sources(x) & x->chan_enable;
	case XDMA_USER_PENDING:
		return xdma_irq_user_lines(x);
	case XDMA_CHAN_PENDING:
		return xdma_irq_sources(x);
	}
	if (reg >= XDMA_USER_VECTOR && reg < XDMA_USER_VECTOR + sizeof(x->user_vectors))
		return x->user_vectors[(reg - XDMA_USER_VECTOR) / 4];
	if (reg >= XDMA_CHAN_VECTOR && reg < XDMA_CHAN_VECTOR + sizeof(x->chan_vectors))
		return x->chan_vectors[(reg - XDMA_CHAN_VECTOR) / 4];
	return 0;
}

void xdma_irq_write(struct xdma *x, uint32_t reg, uint32_t value)
{
	switch (reg) {
	case XDMA_USER_ENABLE:
		x->user_enable = value;
		break;
	case XDMA_USER_ENABLE_W1S:
		x->user_enable |= value;
		break;
	case XDMA_USER_ENABLE_W1C:
		x->user_enable &= ~value;
		break;
	case XDMA_CHAN_ENABLE:
		x->chan_enable = value;
		break;
	case XDMA_CHAN_ENABLE_W1S:
		x->chan_enable |= value;
		break;
	case XDMA_CHAN_ENABLE_W1C:
		x->chan_enable &= ~value;
		break;
	}
	x->user_enable &= xdma_irq_ones(x->config.user_irqs);
	x->chan_enable &= xdma_irq_ones(xdma_irq_channels(x));
	xdma_irq_refresh(x);
	if (reg >= XDMA_USER_VECTOR && reg < XDMA_USER_VECTOR + sizeof(x->user_vectors))
		x->user_vectors[(reg - XDMA_USER_VECTOR) / 4] = value & VECTORS_MASK;
	else if (reg >= XDMA_CHAN_VECTOR && reg < XDMA_CHAN_VECTOR + sizeof(x->chan_vectors))
		x->chan_vectors[(reg - XDMA_CHAN_VECTOR) / 4] = value & VECTORS_MASK;
	else
		return;
	/* INTx may have another pin now */
	xdma_irq_send(x, xdma_irq_ones(USER_LINE + XDMA_USER_IRQS));
}

void xdma_irq_reset(struct xdma *x)
{
	x->user_enable = 0;
	x->chan_enable = 0;
	memset(x->user_vectors, 0, sizeof(x->user_vectors));
	memset(x->chan_vectors, 0, sizeof(x->chan_vectors));
	xdma_irq_send(x, xdma_irq_ones(USER_LINE + XDMA_USER_IRQS));
}
