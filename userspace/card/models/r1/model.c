// SPDX-License-Identifier: GPL-2.0-only
/* The ACQ-R1 model as a whole, as the machine sees it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "r1_output.h"

#define MSIX_BAR_BYTES	0x1000
#define SLOW_NS		20000000

static int r1_model_check(unsigned int bar, uint64_t offset, size_t count)
{
	if (bar != ACQ_R1_BAR || (count != 4 && count != 8) || offset % count)
		return -EINVAL;
	return 0;
}

/* What the window answers, as wide as the card's reads are. */
static void r1_model_pop(struct r1 *c, void *buf, size_t count)
{
	if (count == 4 || (c->config.window == R1_WINDOW_64 &&
			   !fault_is_on(c->faults, FAULT_WINDOW_32))) {
		r1_fifo_pop(c, buf, count);
		return;
	}
	memset(buf, 0xff, count);
	if (c->config.window == R1_WINDOW_32_UPPER)
		r1_fifo_pop(c, buf, 4);
}

static int r1_model_read(void *model, unsigned int bar, uint64_t offset, void *buf, size_t count)
{
	const struct timespec slow = { .tv_nsec = SLOW_NS };
	struct r1 *c = model;
	int error;

	/* the table and the pending bits of MSI-X are the client's affair */
	if (bar == ACQ_R1_MSIX_BAR) {
		memset(buf, 0, count);
		return 0;
	}
	error = r1_model_check(bar, offset, count);
	if (error)
		return error;
	r1_host_reads(c, (uint32_t)offset, count);
	if (offset >= ACQ_R1_WINDOW) {
		if (fault_take(c->faults, FAULT_SLOW_WINDOW))
			nanosleep(&slow, NULL);
		r1_model_pop(c, buf, count);
		r1_irq_refresh(c);
		return 0;
	}
	for (size_t i = 0; i < count; i += 4) {
		uint32_t value = r1_regs_read(c, (uint32_t)(offset + i));

		c->reads++;
		for (unsigned int b = 0; b < 4; b++)
			((uint8_t *)buf)[i + b] = (uint8_t)(value >> (8 * b));
		if (c->config.trace)
			fprintf(stderr, "acq-card: read  %03x %08x\n",
				(unsigned int)(offset + i), value);
	}
	return 0;
}

static int r1_model_write(void *model, unsigned int bar, uint64_t offset, const void *buf,
			  size_t count)
{
	struct r1 *c = model;
	int error;

	if (bar == ACQ_R1_MSIX_BAR)
		return 0;
	error = r1_model_check(bar, offset, count);
	if (error)
		return error;
	for (size_t i = 0; i < count; i += 4) {
		uint32_t value = 0;

		for (unsigned int b = 0; b < 4; b++)
			value |= (uint32_t)((const uint8_t *)buf)[i + b] << (8 * b);
		c->writes++;
		if (c->config.trace)
			fprintf(stderr, "acq-card: write %03x %08x\n",
				(unsigned int)(offset + i), value);
		r1_host_writes(c, (uint32_t)(offset + i), value, count);
		if (offset < ACQ_R1_WINDOW)
			r1_regs_write(c, (uint32_t)(offset + i), value);
		else if (c->output)
			r1_output_window_push(c->output, value);
	}
	return 0;
}

static uint32_t r1_model_lies(void *model, unsigned int bar, uint64_t offset)
{
	struct r1 *c = model;

	if (bar != ACQ_R1_BAR)
		return 0;
	/* What is read there are samples. */
	if (offset >= ACQ_R1_WINDOW)
		return LIE_REGISTER & ~LIE_BIT(LIE_BITS);
	if (offset == ACQ_R1_FIFO_LEVEL)
		return LIE_REGISTER | LIE_BIT(LIE_LEVEL);
	if (c->output && offset / R1_REGISTER_BYTES == ACQ_R1_OUTPUT / R1_REGISTER_BYTES)
		offset -= ACQ_R1_OUTPUT;
	if (r1_regs_is_identity(offset))
		return LIE_REGISTER | LIE_BIT(LIE_IDENTITY);
	return LIE_REGISTER;
}

static void r1_model_sync(void *model)
{
	struct r1 *c = model;

	if (c->output)
		r1_output_sync(c->output);
	/* a source without a time axis has none to bring up to date, but causes to tell */
	if (c->config.free && c->run.dma && c->state == ACQ_R1_RUNNING)
		r1_page_report(c);
	else
		r1_run_step(c);
}

/* Of the function: both sides */
static void r1_model_reset(void *model)
{
	struct r1 *c = model;

	r1_regs_reset(c);
	if (c->output)
		r1_output_regs_reset(c->output);
}

static uint64_t r1_model_tick(void *model)
{
	struct r1 *c = model;
	uint64_t when = MODEL_NEVER, writes = c->writes;

	/* the fault may be over */
	if (c->stuck)
		r1_irq_refresh(c);
	/* what it puts out may be what is sampled */
	if (c->output)
		when = r1_output_tick(c->output);
	r1_run_step(c);
	r1_bus_late(c);
	/* written while DMA was under way, perhaps of the other side: there may be more to do */
	if (c->writes != writes)
		return r1_now(c);
	return r1_least(when, r1_run_deadline(c));
}

static void r1_model_free(void *model)
{
	struct r1 *c = model;

	r1_output_free(c->output);
	losses_free(&c->gaps);
	free(c);
}

static const struct card_model_ops r1_ops = {
	.name = "acq-r1",
	.faults = FAULT_OF_R1,
	.reset = r1_model_reset,
	.read = r1_model_read,
	.write = r1_model_write,
	.lies = r1_model_lies,
	.sync = r1_model_sync,
	.tick = r1_model_tick,
	.stats = r1_command_stats,
	.command = r1_command_take,
	.help = "gaps | regs [written] | speed X|free|real | race FACTOR|off | stall on|off | wait on|off | external | overflow FRAMES | refuse on|off | reset | with an output: out stats|gaps|reset, out speed X|free|real, out record PATH|off, out stall on|off, out wait on|off, out dry FRAMES, out fail dma|table, out refuse on|off",
	.free = r1_model_free,
};

bool r1_model_new(struct card_model *model, const struct r1_config *config, struct source *source,
		  struct faults *faults, const struct card_host *host)
{
	struct r1 *c = calloc(1, sizeof(*c));

	if (!c)
		return false;
	c->config = *config;
	c->source = source;
	c->faults = faults;
	c->host = host;
	c->pace.speed = config->speed;
	c->race = PACE_REAL;
	c->pace.clock = config->clock;
	c->pace.divider = config->divider;
	c->birth = host->now(host->machine);
	r1_regs_defaults(c->regs, config);
	if (config->output) {
		c->output = r1_output_new(c, config->output);
		if (!c->output) {
			free(c);
			return false;
		}
	}
	model->ops = &r1_ops;
	model->model = c;
	model->id = (struct pci_identity){
		.vendor = ACQ_R1_VENDOR,
		.device = ACQ_R1_DEVICE,
		.subsystem_vendor = ACQ_R1_VENDOR,
		.subsystem = ACQ_R1_DEVICE,
		.class_code = ACQ_R1_CLASS,
		.revision = (uint8_t)config->revision,
		.serial = config->serial,
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
