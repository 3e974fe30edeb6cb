// SPDX-License-Identifier: GPL-2.0-only
/*
 * The LitePCIe model's interrupts. A source is a pulse: where it is not enabled, or masked,
 * it is gone. Those that come while a message waits are told of by that one.
 */
#include "litepcie_model.h"

static bool lite_irq_is_wide(const struct lite *x)
{
	return x->config.map.msi_kind == LITE_MSI_X_WIDE;
}

void lite_irq_raise(struct lite *x, unsigned int line)
{
	uint64_t bit = UINT64_C(1) << line;

	if (!(x->enable & bit) && !fault_is_on(x->faults, FAULT_MASK_IGNORED))
		return;
	x->vector |= bit;
	x->message |= bit;
}

/* A pulse to the machine: nothing is kept if it cannot be sent. */
static void lite_irq_pulse(struct lite *x, unsigned int vector)
{
	x->host->irq(x->host->machine, vector, vector, true);
	x->host->irq(x->host->machine, vector, vector, false);
}

void lite_irq_send(struct lite *x)
{
	uint64_t message = x->message;

	x->message = 0;
	if (!message)
		return;
	if (x->config.map.msi_kind == LITE_MSI_ONE) {
		lite_irq_pulse(x, 0);
		return;
	}
	for (unsigned int i = 0; i < MODEL_LINES; i++) {
		if (!(message >> i & 1))
			continue;
		x->vector &= ~(UINT64_C(1) << i);
		if (!(x->masked >> i & 1))
			lite_irq_pulse(x, i);
	}
}

/* A register of 64 bits begins with its upper word, or the lower one. */
static unsigned int lite_irq_shift(const struct lite *x, uint32_t reg)
{
	return lite_irq_is_wide(x) && !(reg & 4) != x->config.little ? 32 : 0;
}

uint32_t lite_irq_read(const struct lite *x, uint32_t reg)
{
	unsigned int shift = lite_irq_shift(x, reg);

	if (reg == LITE_MSI_ENABLE || (lite_irq_is_wide(x) && reg == LITE_MSI_ENABLE + 4))
		return (uint32_t)(x->enable >> shift);
	if (x->config.map.msi_kind != LITE_MSI_MANY &&
	    (reg == LITE_MSI_VECTOR || (lite_irq_is_wide(x) && reg == LITE_MSI_PBA + 4)))
		return (uint32_t)(x->vector >> shift);
	return 0;
}

void lite_irq_write(struct lite *x, uint32_t reg, uint32_t value)
{
	unsigned int shift = lite_irq_shift(x, reg);

	if (reg == LITE_MSI_ENABLE || (lite_irq_is_wide(x) && reg == LITE_MSI_ENABLE + 4)) {
		x->enable &= ~((uint64_t)UINT32_MAX << shift);
		x->enable |= (uint64_t)value << shift;
		if (!fault_is_on(x->faults, FAULT_MASK_IGNORED)) {
			x->vector &= x->enable;
			x->message &= x->enable;
		}
	} else if (reg == LITE_MSI_CLEAR && x->config.map.msi_kind == LITE_MSI_ONE) {
		x->vector &= ~(uint64_t)value;
	}
}

void lite_irq_reset(struct lite *x)
{
	x->enable = x->config.msi_enabled ? UINT64_MAX : 0;
	if (!lite_irq_is_wide(x))
		x->enable &= UINT32_MAX;
	x->vector = 0;
	x->message = 0;
}
