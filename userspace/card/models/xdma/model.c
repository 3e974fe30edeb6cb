// SPDX-License-Identifier: GPL-2.0-only
/* The XDMA model as a whole, as the machine sees it. */
#include <errno.h>
#include <stdlib.h>

#include "acq_user.h"
#include "xdma_model.h"

static bool xdma_model_is_user(const struct xdma *x, unsigned int bar)
{
	return x->config.user_bar && !bar;
}

static int xdma_model_check(const struct xdma *x, unsigned int bar, uint64_t offset, size_t count)
{
	if ((!xdma_model_is_user(x, bar) && bar != x->config.dma_bar) ||
	    (count != 4 && count != 8) || offset % count)
		return -EINVAL;
	return 0;
}

static int xdma_model_read(void *model, unsigned int bar, uint64_t offset, void *buf, size_t count)
{
	struct xdma *x = model;
	int error = xdma_model_check(x, bar, offset, count);

	if (error)
		return error;
	for (size_t i = 0; i < count; i += 4) {
		uint32_t at = (uint32_t)(offset + i), value;

		if (xdma_model_is_user(x, bar)) {
			x->user_reads++;
			value = xdma_user_read(x, at);
		} else {
			x->reads++;
			value = xdma_regs_read(x, at);
		}
		for (unsigned int b = 0; b < 4; b++)
			((uint8_t *)buf)[i + b] = (uint8_t)(value >> (8 * b));
		if (x->config.trace)
			fprintf(stderr, "acq-card: read  %u:%04x %08x\n", bar, at, value);
	}
	return 0;
}

static int xdma_model_write(void *model, unsigned int bar, uint64_t offset, const void *buf,
			    size_t count)
{
	struct xdma *x = model;
	int error = xdma_model_check(x, bar, offset, count);

	if (error)
		return error;
	for (size_t i = 0; i < count; i += 4) {
		uint32_t at = (uint32_t)(offset + i), value = 0;

		for (unsigned int b = 0; b < 4; b++)
			value |= (uint32_t)((const uint8_t *)buf)[i + b] << (8 * b);
		if (x->config.trace)
			fprintf(stderr, "acq-card: write %u:%04x %08x\n", bar, at, value);
		if (xdma_model_is_user(x, bar)) {
			x->user_writes++;
			xdma_user_write(x, at, value);
		} else {
			x->writes++;
			xdma_regs_write(x, at, value);
		}
	}
	return 0;
}

static uint32_t xdma_model_lies(void *model, unsigned int bar, uint64_t offset)
{
	struct xdma *x = model;
	uint32_t target = (uint32_t)offset >> 12;

	if (xdma_model_is_user(x, bar))
		return LIE_REGISTER | LIE_BIT(LIE_LOGIC);
	/* The table of MSI-X is the client's affair. */
	if (target >= XDMA_MSIX)
		return 0;
	if (!(offset & 0xff))
		return LIE_REGISTER | LIE_BIT(LIE_IDENTITY);
	if (target == XDMA_C2H && (offset & 0xff) == XDMA_COUNT)
		return LIE_REGISTER | LIE_BIT(LIE_COUNT);
	return LIE_REGISTER;
}

static void xdma_model_sync(void *model)
{
	xdma_step_all(model);
}

static uint64_t xdma_model_tick(void *model)
{
	struct xdma *x = model;

	/* the fault may be over */
	if (x->stuck && !fault_is_on(x->faults, FAULT_MASK_IGNORED)) {
		x->stuck = false;
		xdma_irq_refresh(x);
	}
	xdma_step_all(x);
	for (unsigned int i = 0; i < x->config.c2h; i++)
		xdma_bus_late(x, &x->engines[XDMA_C2H][i]);
	xdma_bus_run_ahead(x, &x->engines[XDMA_C2H][0]);
	return xdma_step_deadline(x);
}

static void xdma_model_free(void *model)
{
	struct xdma *x = model;

	for (unsigned int i = 0; i < XDMA_CHANNELS; i++)
		xdma_stream_free(&x->streams[i]);
	for (unsigned int i = 0; i < XDMA_CHANNELS; i++)
		xdma_sink_free(&x->sinks[i]);
	free(x->memory);
	free(x);
}

static const struct card_model_ops xdma_ops = {
	.name = "xdma",
	.faults = FAULT_OF_XDMA,
	.reset = xdma_reset_card,
	.read = xdma_model_read,
	.write = xdma_model_write,
	.lies = xdma_model_lies,
	.sync = xdma_model_sync,
	.tick = xdma_model_tick,
	.stats = xdma_command_stats,
	.command = xdma_command_take,
	.help = "regs [written] | speed X|free|real | rate HZ | frames N|endless | packets WHICH | reset | gaps [C] | stall on|off [C] | wait on|off | pause on|off|FRAMES [C] | overflow FRAMES [C] | count c2hN|h2cN VALUE | user-irq N on|off | ahead MS | out stats|gaps [C] | out speed X|free|real [C] | out record PATH|off [C] | out stall on|off [C] | out dry FRAMES [C]",
	.free = xdma_model_free,
};

static void xdma_model_identify(struct pci_identity *id, const struct xdma_config *f)
{
	*id = (struct pci_identity){
		.vendor = f->vendor,
		.device = f->device,
		.subsystem_vendor = f->subsystem_vendor,
		.subsystem = f->subsystem,
		.class_code = f->class_code,
		.revision = f->revision,
		.serial = f->serial,
		.narrow_bars = !f->wide_bars,
		.irqs = f->irqs,
		.msi_log2 = 5,
		.msix_vectors = XDMA_VECTORS,
		.msix_bar = f->dma_bar,
		.msix_table = XDMA_MSIX_TABLE,
		.msix_pending = XDMA_MSIX_PENDING,
	};
	if (f->user_bar)
		id->bar_bytes[0] = ACQ_USER_BAR_BYTES;
	id->bar_bytes[f->dma_bar] = XDMA_BAR_BYTES;
}

bool xdma_model_new(struct card_model *model, const struct xdma_config *config,
		    struct source **sources, struct faults *faults, const struct card_host *host)
{
	struct xdma *x = calloc(1, sizeof(*x));

	if (!x)
		return false;
	x->config = *config;
	x->faults = faults;
	x->host = host;
	model->ops = &xdma_ops;
	model->model = x;
	xdma_model_identify(&model->id, config);
	if (config->memory) {
		x->memory = calloc(1, config->memory);
		if (!x->memory)
			return false;
	}
	for (unsigned int i = 0; i < config->c2h && !config->memory; i++) {
		if (!xdma_stream_init(&x->streams[i], x, i, config->loop ? NULL : sources[i]))
			return false;
	}
	for (unsigned int i = 0; i < config->h2c && !config->memory; i++) {
		if (!xdma_sink_init(&x->sinks[i], x, i))
			return false;
	}
	xdma_reset_card(x);
	return true;
}
