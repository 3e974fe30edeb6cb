// SPDX-License-Identifier: GPL-2.0-only
/* The LitePCIe model as a whole, as the machine sees it. */
#include <errno.h>
#include <stdlib.h>

#include "litepcie_model.h"

/* One BAR, of 32-bit words */
static int lite_model_check(unsigned int bar, uint64_t offset, size_t count)
{
	return bar || count != 4 || offset % 4 || offset >= LITE_BAR_BYTES ? -EINVAL : 0;
}

static int lite_model_read(void *model, unsigned int bar, uint64_t offset, void *buf, size_t count)
{
	struct lite *x = model;
	int error = lite_model_check(bar, offset, count);
	uint32_t value;

	if (error)
		return error;
	x->reads++;
	value = lite_regs_read(x, (uint32_t)offset);
	if (x->gone_behind && !--x->gone_behind) {
		fault_set(x->faults, "gone", NULL);
		value = UINT32_MAX;
	}
	for (unsigned int b = 0; b < 4; b++)
		((uint8_t *)buf)[b] = (uint8_t)(value >> (8 * b));
	if (x->config.trace)
		fprintf(stderr, "acq-card: read  %04x %08x\n", (uint32_t)offset, value);
	return 0;
}

static int lite_model_write(void *model, unsigned int bar, uint64_t offset, const void *buf,
			    size_t count)
{
	struct lite *x = model;
	int error = lite_model_check(bar, offset, count);
	uint32_t value = 0;

	if (error)
		return error;
	for (unsigned int b = 0; b < 4; b++)
		value |= (uint32_t)((const uint8_t *)buf)[b] << (8 * b);
	if (x->config.trace)
		fprintf(stderr, "acq-card: write %04x %08x\n", (uint32_t)offset, value);
	x->writes++;
	lite_regs_write(x, (uint32_t)offset, value);
	return 0;
}

static uint32_t lite_model_lies(void *model, unsigned int bar, uint64_t offset)
{
	const struct lite_map *map = &((struct lite *)model)->config.map;
	uint32_t at = (uint32_t)offset;

	(void)bar;
	if (at == LITE_CTRL_SCRATCH || (at >= map->ident && at < map->ident + LITE_BANK))
		return LIE_REGISTER | LIE_BIT(LIE_IDENTITY);
	if (at == map->dma + LITE_STATUS)
		return LIE_REGISTER | LIE_BIT(LIE_COUNT);
	return LIE_REGISTER;
}

static void lite_model_sync(void *model)
{
	lite_step_all(model);
}

static uint64_t lite_model_tick(void *model)
{
	struct lite *x = model;

	lite_step_all(x);
	for (unsigned int i = 0; i < x->config.channels; i++)
		lite_engine_lie_late(&x->channel[i]);
	return lite_step_deadline(x);
}

static void lite_model_free(void *model)
{
	struct lite *x = model;

	for (unsigned int i = 0; i < x->config.channels; i++) {
		lite_feed_free(&x->channel[i].feed);
		lite_sink_free(&x->channel[i].sink);
	}
	free(x);
}

static const struct card_model_ops lite_ops = {
	.name = "litepcie",
	.faults = FAULT_OF_LITEPCIE,
	.reset = lite_step_reset,
	.read = lite_model_read,
	.write = lite_model_write,
	.lies = lite_model_lies,
	.sync = lite_model_sync,
	.tick = lite_model_tick,
	.stats = lite_command_stats,
	.command = lite_command_take,
	.help = "regs | speed X|free|real | rate HZ | frames N|endless | reset | gaps [C] | stall on|off [C] | wait on|off | pause on|off|FRAMES [C] | overflow FRAMES [C] | count writerN|readerN VALUE | early on|off | late US | jitter NS | mask VECTOR on|off | user-irq LINE | gone-behind READS|never | out stats|gaps | out speed X|free|real | out record PATH|off | out stall on|off | out dry FRAMES",
	.free = lite_model_free,
};

static void lite_model_identify(struct pci_identity *id, const struct lite_config *c)
{
	*id = (struct pci_identity){
		.vendor = c->vendor,
		.device = c->map.device,
		.subsystem_vendor = c->vendor,
		.subsystem = 7,
		.class_code = 0x0d1000,
		.revision = c->revision,
		.serial = c->serial,
		.narrow_bars = true,
		.irqs = c->irqs,
		.msi_log2 = c->map.msi_kind == LITE_MSI_MANY ? 5 : 0,
		.msix_vectors = 32,
		.msix_bar = 0,
		.msix_table = c->map.table,
		.msix_pending = c->map.table + LITE_BANK,
	};
	id->bar_bytes[0] = LITE_BAR_BYTES;
}

/* In the order of their names */
static void lite_model_lines(struct lite *x)
{
	unsigned int line = 0;

	for (unsigned int i = 0; i < x->config.channels; i++) {
		struct lite_channel *ch = &x->channel[i];
		uint32_t at = 0;

		ch->writer.exists = !x->config.no_writer;
		ch->reader.exists = !x->config.no_reader;
		ch->reader.reader = true;
		if (ch->writer.exists)
			at += LITE_SIDE_BYTES;
		ch->reader.at = at;
		if (ch->reader.exists)
			ch->reader.line = line++;
		if (ch->writer.exists)
			ch->writer.line = line++;
	}
}

bool lite_model_new(struct card_model *model, const struct lite_config *config,
		    struct source **sources, struct faults *faults, const struct card_host *host)
{
	struct lite *x = calloc(1, sizeof(*x));

	if (!x)
		return false;
	x->config = *config;
	x->faults = faults;
	x->host = host;
	model->ops = &lite_ops;
	model->model = x;
	lite_model_identify(&model->id, config);
	lite_model_lines(x);
	for (unsigned int i = 0; i < config->channels; i++) {
		struct lite_channel *ch = &x->channel[i];

		ch->card = x;
		ch->number = i;
		if (!lite_feed_init(&ch->feed, ch, sources[i]) || !lite_sink_init(&ch->sink, ch))
			return false;
	}
	lite_step_reset(x);
	return true;
}
