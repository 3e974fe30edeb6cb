// SPDX-License-Identifier: GPL-2.0-only
/* The XDMA model's DMA BAR: channels, configuration, descriptors. */
#include "xdma_model.h"

/* Channels */

static uint32_t xdma_regs_status(struct xdma *x, const struct xdma_engine *e)
{
	bool busy = xdma_engine_is_busy(e);

	if (!busy && e->runs)
		busy = fault_take(x->faults, FAULT_STUCK_BUSY);
	return e->status | (busy ? XDMA_BUSY : 0);
}

static void xdma_regs_control(struct xdma *x, struct xdma_engine *e, uint32_t value)
{
	uint32_t mask = XDMA_RUN | XDMA_LOG_BITS | XDMA_NON_INC | XDMA_POLL_ENABLE;
	uint32_t old = e->control;

	if (e->h2c)
		value &= mask;
	else
		value &= (mask & ~XDMA_WRITE_ERRORS) | XDMA_NO_WRITEBACK;
	if ((old ^ value) & XDMA_RUN &&
	    fault_take(x->faults, value & XDMA_RUN ? FAULT_START_IGNORED : FAULT_STOP_IGNORED))
		value ^= XDMA_RUN;
	xdma_perf_update(x, e);
	e->control = value;
	if (value & ~old & XDMA_RUN) {
		if (e->perf & XDMA_PERF_AUTO) {
			e->cycles = 0;
			e->beats = 0;
		}
		xdma_engine_start(x, e);
	} else if (old & ~value & XDMA_RUN) {
		xdma_engine_stop(x, e);
	}
	xdma_irq_refresh(x);
}

static uint32_t xdma_regs_read_channel(struct xdma *x, struct xdma_engine *e, uint32_t reg)
{
	uint32_t value;

	switch (reg) {
	case XDMA_CONTROL:
		return e->control;
	case XDMA_STATUS:
		return xdma_regs_status(x, e);
	case XDMA_STATUS_RC:
		value = xdma_regs_status(x, e);
		e->status = 0;
		xdma_irq_refresh(x);
		return value;
	case XDMA_COUNT:
		return e->count;
	case XDMA_ALIGNMENTS:
		return x->config.alignments;
	case XDMA_POLL_LO:
		return (uint32_t)e->poll;
	case XDMA_POLL_HI:
		return (uint32_t)(e->poll >> 32);
	case XDMA_MASK:
		return e->mask;
	case XDMA_PERF:
		return e->perf;
	case XDMA_CYCLES_LO:
		xdma_perf_update(x, e);
		return (uint32_t)e->cycles;
	case XDMA_CYCLES_HI:
		return xdma_perf_high(e->cycles);
	case XDMA_DATA_LO:
		return (uint32_t)e->beats;
	case XDMA_DATA_HI:
		return xdma_perf_high(e->beats);
	default:
		return 0;
	}
}

static void xdma_regs_low(uint64_t *at, uint32_t value)
{
	*at = (*at & ~UINT64_C(0xffffffff)) | value;
}

static void xdma_regs_high(uint64_t *at, uint32_t value)
{
	*at = (*at & 0xffffffff) | (uint64_t)value << 32;
}

static void xdma_regs_write_channel(struct xdma *x, struct xdma_engine *e, uint32_t reg,
				    uint32_t value)
{
	uint32_t mask = e->h2c ? XDMA_LOG_BITS : XDMA_LOG_BITS & ~XDMA_WRITE_ERRORS;

	switch (reg) {
	case XDMA_CONTROL:
		xdma_regs_control(x, e, value);
		break;
	case XDMA_CONTROL_W1S:
		xdma_regs_control(x, e, e->control | value);
		break;
	case XDMA_CONTROL_W1C:
		xdma_regs_control(x, e, e->control & ~value);
		break;
	case XDMA_STATUS:
		e->status &= ~value;
		break;
	case XDMA_POLL_LO:
		xdma_regs_low(&e->poll, value);
		break;
	case XDMA_POLL_HI:
		xdma_regs_high(&e->poll, value);
		break;
	case XDMA_MASK:
		e->mask = value & mask;
		break;
	case XDMA_MASK_W1S:
		e->mask |= value & mask;
		break;
	case XDMA_MASK_W1C:
		e->mask &= ~value;
		break;
	case XDMA_PERF:
		xdma_perf_write(x, e, value);
		break;
	}
	xdma_irq_refresh(x);
}

/* Their descriptors */

static uint32_t xdma_regs_read_sgdma(const struct xdma_engine *e, uint32_t reg)
{
	switch (reg) {
	case XDMA_FIRST_LO:
		return (uint32_t)e->first;
	case XDMA_FIRST_HI:
		return (uint32_t)(e->first >> 32);
	case XDMA_FIRST_ADJ:
		return e->first_adj;
	case XDMA_CREDITS:
		return e->credits;
	default:
		return 0;
	}
}

static void xdma_regs_write_sgdma(struct xdma_engine *e, uint32_t reg, uint32_t value)
{
	switch (reg) {
	case XDMA_FIRST_LO:
		xdma_regs_low(&e->first, value);
		break;
	case XDMA_FIRST_HI:
		xdma_regs_high(&e->first, value);
		break;
	case XDMA_FIRST_ADJ:
		e->first_adj = value & 0x3f;
		break;
	case XDMA_CREDITS:
		if (!e->credit_mode)
			break;
		value &= XDMA_CREDITS_MAX;
		e->credits += value;
		e->credits_given += value;
		if (e->credits > XDMA_CREDITS_MAX) {
			e->broken_rules++;
			e->credits = XDMA_CREDITS_MAX;
		}
		break;
	}
}

/* One bit for each channel, of what all of them have. */
static uint32_t xdma_regs_read_common(const struct xdma *x, uint32_t reg)
{
	uint32_t value = 0;

	if (reg != XDMA_HALT && reg != XDMA_CREDIT_MODE)
		return 0;
	for (unsigned int c2h = 0; c2h < 2; c2h++) {
		for (unsigned int i = 0; i < XDMA_CHANNELS; i++) {
			const struct xdma_engine *e = &x->engines[c2h][i];
			bool on = reg == XDMA_HALT ? e->halted : e->credit_mode;

			value |= (uint32_t)on << (16 * c2h + i);
		}
	}
	return value;
}

static void xdma_regs_write_common(struct xdma *x, uint32_t reg, uint32_t value)
{
	uint32_t at = reg & ~0xcu, old = xdma_regs_read_common(x, at);

	if (at != XDMA_HALT && at != XDMA_CREDIT_MODE)
		return;
	if (reg == at + 4)
		value |= old;
	else if (reg == at + 8)
		value = old & ~value;
	else if (reg != at)
		return;
	for (unsigned int c2h = 0; c2h < 2; c2h++) {
		for (unsigned int i = 0; i < (c2h ? x->config.c2h : x->config.h2c); i++) {
			struct xdma_engine *e = &x->engines[c2h][i];
			bool on = value >> (16 * c2h + i) & 1;

			if (at == XDMA_HALT) {
				e->halted = on;
				continue;
			}
			e->credit_mode = on;
			if (!on)
				e->credits = 0;
		}
	}
}

/* Configuration */

/* A size of 128 << n bytes as n */
static uint32_t xdma_regs_size(unsigned int bytes)
{
	return (uint32_t)__builtin_ctz(bytes / 128);
}

static uint32_t xdma_regs_read_config(const struct xdma *x, uint32_t reg)
{
	const struct pci *pci = x->host->pci(x->host->machine);
	uint32_t payload = xdma_regs_size(pci_max_payload(pci));
	uint32_t read = xdma_regs_size(pci_max_read(pci));
	unsigned int kind = pci_irq_kind(pci);

	switch (reg) {
	case XDMA_MAX_PAYLOAD:
		return payload;
	case XDMA_MAX_READ:
		return read;
	case XDMA_SYSTEM_ID:
		return XDMA_SYSTEM_ID_VALUE;
	case XDMA_MSI_ENABLE:
		return (kind == PCI_IRQ_MSI) | (uint32_t)(kind == PCI_IRQ_MSIX) << 1;
	case XDMA_DATA_WIDTH:
		return (uint32_t)__builtin_ctz(x->config.width / 8);
	case XDMA_PCIE_CONTROL:
		return x->pcie_control;
	case XDMA_USER_PAYLOAD:
		return (uint32_t)xdma_least(x->user_payload, payload) << 4 | x->user_payload;
	case XDMA_USER_READ:
		return (uint32_t)xdma_least(x->user_read, read) << 4 | x->user_read;
	case XDMA_WRITE_FLUSH:
		return x->write_flush;
	default:
		/* the bus number among them: nobody tells it to this program */
		return 0;
	}
}

static void xdma_regs_write_config(struct xdma *x, uint32_t reg, uint32_t value)
{
	switch (reg) {
	case XDMA_PCIE_CONTROL:
		x->pcie_control = value & 1;
		break;
	case XDMA_USER_PAYLOAD:
		x->user_payload = value & 7;
		break;
	case XDMA_USER_READ:
		x->user_read = value & 7;
		break;
	case XDMA_WRITE_FLUSH:
		x->write_flush = value & 0x1f;
		break;
	}
}

/* The whole */

static struct xdma_engine *xdma_regs_engine(struct xdma *x, bool c2h, unsigned int number)
{
	if (number >= (c2h ? x->config.c2h : x->config.h2c))
		return NULL;
	return &x->engines[c2h][number];
}

static uint32_t xdma_regs_id(const struct xdma *x, uint32_t target, uint32_t number)
{
	bool channel = target != XDMA_IRQ && target != XDMA_CONFIG && target != XDMA_COMMON;
	uint32_t id = XDMA_ID_MAGIC | target << 16 | number << 8 | x->config.version;

	if (channel && !x->config.memory)
		id |= XDMA_ID_STREAM;
	return x->config.bad_id ? id ^ 0x10000000 : id;
}

uint32_t xdma_regs_read(struct xdma *x, uint32_t at)
{
	uint32_t target = at >> 12, number = at >> 8 & 0xf, reg = at & 0xff;
	struct xdma_engine *e = NULL;

	if (target == XDMA_MSIX)
		return at - XDMA_MSIX_TABLE < sizeof(x->msix) ?
		       x->msix[(at - XDMA_MSIX_TABLE) / 4] : 0;
	switch (target) {
	case XDMA_H2C:
	case XDMA_C2H:
	case XDMA_H2C_SGDMA:
	case XDMA_C2H_SGDMA:
		e = xdma_regs_engine(x, target & 1, number);
		if (!e)
			return 0;
		break;
	case XDMA_IRQ:
	case XDMA_CONFIG:
	case XDMA_COMMON:
		if (number)
			return 0;
		break;
	default:
		return 0;
	}
	if (reg == XDMA_ID)
		return xdma_regs_id(x, target, number);
	switch (target) {
	case XDMA_IRQ:
		return xdma_irq_read(x, reg);
	case XDMA_CONFIG:
		return xdma_regs_read_config(x, reg);
	case XDMA_COMMON:
		return xdma_regs_read_common(x, reg);
	case XDMA_H2C:
	case XDMA_C2H:
		return xdma_regs_read_channel(x, e, reg);
	default:
		return xdma_regs_read_sgdma(e, reg);
	}
}

void xdma_regs_write(struct xdma *x, uint32_t at, uint32_t value)
{
	uint32_t target = at >> 12, number = at >> 8 & 0xf, reg = at & 0xff;
	struct xdma_engine *e;

	switch (target) {
	case XDMA_H2C:
	case XDMA_C2H:
		e = xdma_regs_engine(x, target & 1, number);
		if (e)
			xdma_regs_write_channel(x, e, reg, value);
		break;
	case XDMA_H2C_SGDMA:
	case XDMA_C2H_SGDMA:
		e = xdma_regs_engine(x, target & 1, number);
		if (e)
			xdma_regs_write_sgdma(e, reg, value);
		break;
	case XDMA_IRQ:
		if (!number)
			xdma_irq_write(x, reg, value);
		break;
	case XDMA_CONFIG:
		if (!number)
			xdma_regs_write_config(x, reg, value);
		break;
	case XDMA_COMMON:
		if (!number)
			xdma_regs_write_common(x, reg, value);
		break;
	case XDMA_MSIX:
		/* what it masks and where it points is the client's affair */
		if (at - XDMA_MSIX_TABLE < sizeof(x->msix))
			x->msix[(at - XDMA_MSIX_TABLE) / 4] = value;
		break;
	}
}

/* Prints AT:VALUE of registers that are not 0, in hexadecimal. */
static void xdma_regs_print_range(struct xdma *x, uint32_t from, const uint8_t *regs, size_t count,
				  FILE *out)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t value = xdma_regs_read(x, from + regs[i]);

		if (value)
			fprintf(out, " %04x:%08x", from + regs[i], value);
	}
}

/* All but those that reading changes, or only those that hold what the host has written. */
void xdma_regs_print(struct xdma *x, bool written, FILE *out)
{
	static const uint8_t channel[] = {
		XDMA_CONTROL, XDMA_POLL_LO, XDMA_POLL_HI, XDMA_MASK, XDMA_PERF,
		XDMA_ID, XDMA_STATUS, XDMA_COUNT, XDMA_ALIGNMENTS,
		XDMA_CYCLES_LO, XDMA_CYCLES_HI, XDMA_DATA_LO, XDMA_DATA_HI,
	};
	static const uint8_t sgdma[] = {
		XDMA_FIRST_LO, XDMA_FIRST_HI, XDMA_FIRST_ADJ, XDMA_CREDITS, XDMA_ID,
	};
	static const uint8_t irq[] = {
		XDMA_USER_ENABLE, XDMA_CHAN_ENABLE, XDMA_USER_VECTOR, XDMA_USER_VECTOR + 4,
		XDMA_USER_VECTOR + 8, XDMA_USER_VECTOR + 12, XDMA_CHAN_VECTOR, XDMA_CHAN_VECTOR + 4,
		XDMA_ID, XDMA_USER_REQUEST, XDMA_CHAN_REQUEST, XDMA_USER_PENDING, XDMA_CHAN_PENDING,
	};
	static const uint8_t config[] = {
		XDMA_PCIE_CONTROL, XDMA_USER_PAYLOAD, XDMA_USER_READ, XDMA_WRITE_FLUSH,
		XDMA_ID, XDMA_MAX_PAYLOAD, XDMA_MAX_READ, XDMA_SYSTEM_ID, XDMA_MSI_ENABLE,
		XDMA_DATA_WIDTH,
	};
	static const uint8_t common[] = { XDMA_HALT, XDMA_CREDIT_MODE, XDMA_ID };
	uint64_t stuck = x->faults->left[FAULT_STUCK_BUSY];

	x->faults->left[FAULT_STUCK_BUSY] = 0;
	for (uint32_t number = 0; number < XDMA_CHANNELS; number++) {
		for (uint32_t target = XDMA_H2C; target <= XDMA_C2H; target++) {
			xdma_regs_print_range(x, target << 12 | number << 8, channel,
					      written ? 5 : sizeof(channel), out);
			xdma_regs_print_range(x, (target + XDMA_H2C_SGDMA) << 12 | number << 8,
					      sgdma, written ? 4 : sizeof(sgdma), out);
		}
	}
	xdma_regs_print_range(x, XDMA_IRQ << 12, irq, written ? 8 : sizeof(irq), out);
	xdma_regs_print_range(x, XDMA_CONFIG << 12, config, written ? 4 : sizeof(config), out);
	xdma_regs_print_range(x, XDMA_COMMON << 12, common, written ? 2 : sizeof(common), out);
	x->faults->left[FAULT_STUCK_BUSY] = stuck;
}

void xdma_regs_reset(struct xdma *x)
{
	x->pcie_control = 1;
	x->user_payload = 5;
	x->user_read = 5;
	x->write_flush = 0;
	for (unsigned int i = 0; i < XDMA_VECTORS * 4; i++)
		x->msix[i] = i % 4 == 3 ? UINT32_MAX : 0;
	xdma_irq_reset(x);
}
