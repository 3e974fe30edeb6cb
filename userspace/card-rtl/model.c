// SPDX-License-Identifier: GPL-2.0-only
/* The core as a card, as the machine sees it. */
#include <stdlib.h>
#include <string.h>

#include "rtl.h"

#define MSIX_BAR_BYTES	0x1000

/* The endpoint answers reads of one word, and passes on writes of one: the core has no other. */
static bool rtl_model_is_word(struct rtl *c, uint64_t offset, size_t count)
{
	if (count == 4 && !(offset & 3))
		return true;
	c->undefined++;
	return false;
}

static int rtl_model_read(void *model, unsigned int bar, uint64_t offset, void *buf, size_t count)
{
	struct rtl *c = model;
	uint32_t value;

	memset(buf, bar == ACQ_R1_BAR ? 0xff : 0, count);
	if (bar != ACQ_R1_BAR || !rtl_model_is_word(c, offset, count))
		return 0;
	c->inside++;
	value = rtl_regs_read(c, (uint32_t)offset);
	rtl_step_gate(c);
	c->inside--;
	for (unsigned int b = 0; b < 4; b++)
		((uint8_t *)buf)[b] = (uint8_t)(value >> (8 * b));
	return 0;
}

static int rtl_model_write(void *model, unsigned int bar, uint64_t offset, const void *buf,
			   size_t count)
{
	struct rtl *c = model;
	uint32_t value = 0;

	if (bar != ACQ_R1_BAR || !rtl_model_is_word(c, offset, count))
		return 0;
	for (unsigned int b = 0; b < 4; b++)
		value |= (uint32_t)((const uint8_t *)buf)[b] << (8 * b);
	c->inside++;
	rtl_regs_post(c, (uint32_t)offset, value);
	rtl_step_gate(c);
	c->inside--;
	return 0;
}

static void rtl_model_push(void *model)
{
	rtl_step_push(model);
}

static uint32_t rtl_model_lies(void *model, unsigned int bar, uint64_t offset)
{
	(void)model;
	if (bar != ACQ_R1_BAR)
		return 0;
	/* What is read there are samples. */
	if (offset >= ACQ_R1_WINDOW)
		return LIE_REGISTER & ~LIE_BIT(LIE_BITS);
	return LIE_REGISTER | (offset < ACQ_R1_SCRATCH ? LIE_BIT(LIE_IDENTITY) : 0);
}

static void rtl_model_sync(void *model)
{
	rtl_step_run(model);
}

static void rtl_model_reset(void *model)
{
	rtl_step_reset(model);
}

static uint64_t rtl_model_tick(void *model)
{
	rtl_step_run(model);
	return rtl_step_when(model);
}

static void rtl_model_free(void *model)
{
	struct rtl *c = model;

	losses_free(&c->feed.gaps);
	losses_free(&c->dac.gaps);
	record_to(&c->dac.record, NULL);
	c->config.core->free(c->core);
	free(c);
}

static const struct card_model_ops rtl_ops = {
	.name = "rtl",
	.faults = FAULT_OF_RTL,
	.reset = rtl_model_reset,
	.read = rtl_model_read,
	.write = rtl_model_write,
	.push = rtl_model_push,
	.lies = rtl_model_lies,
	.sync = rtl_model_sync,
	.tick = rtl_model_tick,
	.stats = rtl_command_stats,
	.command = rtl_command_take,
	.help = RTL_HELP,
	.free = rtl_model_free,
};

bool rtl_model_new(struct card_model *model, const struct rtl_config *config,
		   struct source *source, struct faults *faults, const struct card_host *host)
{
	const struct core_kind *core = config->core;
	struct rtl *c = calloc(1, sizeof(*c));

	if (!c)
		return false;
	c->core = core->make();
	if (!c->core) {
		free(c);
		return false;
	}
	c->config = *config;
	c->host = host;
	c->faults = faults;
	c->frame_bytes = core->channels * source_format_bytes(core->format);
	c->lanes = c->frame_bytes / core->lane_bytes;
	c->birth = host->now(host->machine);
	c->now = c->birth;
	c->wanted = MODEL_NEVER;
	c->bus.dice = config->seed ? config->seed : 1;
	c->bus.faults.wrong = RTL_NOTHING;
	c->feed.source = source;
	c->feed.patient = config->waits;
	c->feed.pace = (struct pace){
		.clock = core->clock_hz, .divider = 1, .speed = config->speed,
	};
	c->dac.pace = c->feed.pace;
	c->dac.free = config->free;
	rtl_step_reset(c);
	model->ops = &rtl_ops;
	model->model = c;
	model->id = (struct pci_identity){
		.vendor = ACQ_R1_VENDOR,
		.device = ACQ_R1_DEVICE,
		.subsystem_vendor = ACQ_R1_VENDOR,
		.subsystem = ACQ_R1_DEVICE,
		.class_code = ACQ_R1_CLASS,
		.bar_bytes[ACQ_R1_BAR] = ACQ_R1_BAR_BYTES,
		.irqs = config->irqs,
		.msix_bar = ACQ_R1_MSIX_BAR,
		.msix_vectors = ACQ_R1_MSIX_VECTORS,
		.msix_pending = MSIX_BAR_BYTES / 2,
	};
	if (config->irqs & PCI_IRQ_MSIX)
		model->id.bar_bytes[ACQ_R1_MSIX_BAR] = MSIX_BAR_BYTES;
	return true;
}
