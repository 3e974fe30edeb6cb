// SPDX-License-Identifier: GPL-2.0-only
/* The ACQ-R1 model's registers, and what the control socket can ask of it. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "r1_run.h"

#define MSIX_BAR_BYTES	0x1000

/* Places in @latched */
enum {
	LATCH_FRAMES,
	LATCH_DROPPED,
	LATCH_TIMESTAMP,
	LATCH_TRIGGER,
	LATCH_INDEX,
};

/* Registers with a memory; all others are computed or not there. */
static const struct {
	uint16_t at;
	uint32_t mask;
} plain[] = {
	{ ACQ_R1_SCRATCH, 0xffffffff },
	{ ACQ_R1_IRQ_FRAMES, 0xffffffff },
	{ ACQ_R1_IRQ_US, 0xffffffff },
	{ ACQ_R1_TABLE_LO, 0xffffffff },
	{ ACQ_R1_TABLE_HI, 0xffffffff },
	{ ACQ_R1_RECORDS_LO, 0xffffffff },
	{ ACQ_R1_RECORDS_HI, 0xffffffff },
	{ ACQ_R1_STATUS_LO, 0xffffffff },
	{ ACQ_R1_STATUS_HI, 0xffffffff },
	{ ACQ_R1_TABLE_LOG2, 0xff },
	{ ACQ_R1_TRANSFER, 0xffffffff },
	{ ACQ_R1_DIVIDER, 0xffffffff },
	{ ACQ_R1_CHANNEL_MASK, 0xffffffff },
	{ ACQ_R1_FORMAT, 0xffffffff },
	{ ACQ_R1_COUNT_LO, 0xffffffff },
	{ ACQ_R1_COUNT_HI, 0xffffffff },
	{ ACQ_R1_TRIGGER, 0xffffffff },
	{ ACQ_R1_TRIGGER_LEVEL, 0xffffffff },
	{ ACQ_R1_PRETRIGGER, 0xffffffff },
	{ ACQ_R1_PATTERN, 0xffffffff },
};

static const char *const state_names[] = {
	"idle", "armed", "running", "draining", "done", "error",
};

/* What STATE says; of a reset that waits for its DMA, not yet IDLE. */
uint32_t r1_state_word(const struct r1 *c)
{
	uint32_t word = c->settling ? ACQ_R1_DRAINING : c->state;

	if (c->losing)
		word |= ACQ_R1_STATE_LOSING;
	if (c->triggered)
		word |= ACQ_R1_STATE_TRIGGERED;
	if (c->state == ACQ_R1_ERROR)
		word |= c->code << 16;
	return word;
}

uint32_t r1_irq_word(const struct r1 *c)
{
	bool data = c->run.dma ? (int32_t)(c->due - c->seen) > 0 : r1_fifo_ready(c);

	return c->status | (data ? ACQ_R1_IRQ_DATA : 0);
}

void r1_refresh_irq(struct r1 *c)
{
	uint32_t word = r1_irq_word(c);

	/* once asserted, it stays so */
	c->stuck = fault_is_on(c->faults, FAULT_MASK_IGNORED) && (c->stuck || word);
	c->host->irq(c->host->machine, 0, 0, c->stuck || word & c->mask);
}

/* The low half of a counter; the high one is kept until it is read. */
static uint32_t latch(struct r1 *c, unsigned int which, uint64_t value)
{
	c->latched[which] = (uint32_t)(value >> 32);
	return (uint32_t)value;
}

static uint32_t limits(const struct r1_config *f)
{
	return f->block_min | f->block_max << 8 | f->table_log2 << 16 | f->addr_bits << 24;
}

static uint32_t read_reg(struct r1 *c, uint32_t at)
{
	const struct r1_config *f = &c->config;

	switch (at) {
	case ACQ_R1_ID:
		return f->bad_id ? ~ACQ_R1_ID_MAGIC : ACQ_R1_ID_MAGIC;
	case ACQ_R1_VERSION:
		return f->version;
	case ACQ_R1_REVISION:
		return f->revision;
	case ACQ_R1_CAPS:
		return f->caps;
	case ACQ_R1_SERIAL_LO:
		return (uint32_t)f->serial;
	case ACQ_R1_SERIAL_HI:
		return (uint32_t)(f->serial >> 32);
	case ACQ_R1_CHANNELS:
		return f->channels;
	case ACQ_R1_FORMATS:
		return f->formats;
	case ACQ_R1_CLOCK_HZ:
		return f->clock;
	case ACQ_R1_DIV_MIN:
		return f->div_min;
	case ACQ_R1_DIV_MAX:
		return f->div_max;
	case ACQ_R1_FIFO_BYTES:
		return f->fifo_bytes;
	case ACQ_R1_LIMITS:
		return f->caps & ACQ_R1_CAP_DMA ? limits(f) : 0;
	case ACQ_R1_TS_HZ:
		return f->ts_hz;
	case ACQ_R1_PRETRIG_BYTES:
		return f->caps & ACQ_R1_CAP_PRETRIG ? f->pretrig_bytes : 0;
	case ACQ_R1_STATE:
		return r1_state_word(c);
	case ACQ_R1_IRQ_STATUS:
		return r1_irq_word(c);
	case ACQ_R1_IRQ_MASK:
		return c->mask;
	case ACQ_R1_SEEN:
		return c->seen;
	case ACQ_R1_GIVEN:
		return c->given;
	case ACQ_R1_FRAMES_LO:
		return latch(c, LATCH_FRAMES, r1_frames(c));
	case ACQ_R1_FRAMES_HI:
		return c->latched[LATCH_FRAMES];
	case ACQ_R1_DROPPED_LO:
		return latch(c, LATCH_DROPPED, c->dropped);
	case ACQ_R1_DROPPED_HI:
		return c->latched[LATCH_DROPPED];
	case ACQ_R1_TIMESTAMP_LO:
		return latch(c, LATCH_TIMESTAMP, r1_stamp(c, c->host->now(c->host->machine)));
	case ACQ_R1_TIMESTAMP_HI:
		return c->latched[LATCH_TIMESTAMP];
	case ACQ_R1_TRIGGER_INDEX_LO:
		return latch(c, LATCH_TRIGGER, c->trigger_index);
	case ACQ_R1_TRIGGER_INDEX_HI:
		return c->latched[LATCH_TRIGGER];
	case ACQ_R1_FIFO_LEVEL:
		if (fault_take(c->faults, FAULT_BAD_LEVEL))
			return f->fifo_bytes + 64;
		return r1_fifo_level(c);
	case ACQ_R1_FIFO_INDEX_LO:
		return latch(c, LATCH_INDEX, c->run.dma ? 0 : c->out);
	case ACQ_R1_FIFO_INDEX_HI:
		return c->latched[LATCH_INDEX];
	default:
		/* 0 where there is no register, or none that can be read */
		return at / 4 < R1_REGISTERS ? c->regs[at / 4] : 0;
	}
}

static void reset_regs(struct r1 *c)
{
	memset(c->regs, 0, sizeof(c->regs));
	/* what suits the source: a host that knows nothing keeps it */
	c->regs[ACQ_R1_TRANSFER / 4] = c->config.caps & ACQ_R1_CAP_DMA ? ACQ_R1_TRANSFER_DMA :
				       ACQ_R1_TRANSFER_FIFO;
	c->regs[ACQ_R1_DIVIDER / 4] = c->config.divider;
	c->regs[ACQ_R1_CHANNEL_MASK / 4] = UINT32_MAX >> (32 - c->config.channels);
	c->regs[ACQ_R1_FORMAT / 4] = c->config.format;
	c->mask = 0;
}

static void take_totals(const struct r1 *c, struct r1_totals *t)
{
	t->state = c->state;
	t->losing = c->losing;
	t->frames = r1_frames(c);
	t->dropped = c->dropped;
	t->delivered = c->delivered;
	t->blocks = c->blocks;
	t->updates = c->updates;
	t->fifo_bytes = r1_fifo_bytes(c);
	t->given = c->given;
}

static void r1_reset(void *model)
{
	struct r1 *c = model;

	if (c->had_run)
		take_totals(c, &c->totals);
	c->had_run = false;
	c->epoch++;
	c->settling = c->busy;
	c->state = ACQ_R1_IDLE;
	c->code = 0;
	c->losing = false;
	c->triggered = false;
	c->frozen = false;
	c->more = false;
	c->sampled = 0;
	c->first = 0;
	c->in = 0;
	c->out = 0;
	c->popped = 0;
	c->trigger_index = 0;
	c->dropped = 0;
	c->given = 0;
	c->open = false;
	c->status = 0;
	c->events = 0;
	c->update = 0;
	c->due = 0;
	c->seen = 0;
	c->news = 0;
	c->unsaid = 0;
	c->block_unsaid = false;
	c->stale = false;
	memset(&c->run, 0, sizeof(c->run));
	memset(c->latched, 0, sizeof(c->latched));
	reset_regs(c);
	r1_refresh_irq(c);
}

static void command(struct r1 *c, uint32_t value)
{
	if (value & ACQ_R1_CMD_RESET) {
		if (!fault_take(c->faults, FAULT_RESET_STUCK))
			r1_reset(c);
		else if (c->state == ACQ_R1_IDLE)
			c->state = ACQ_R1_DRAINING;
		return;
	}
	if (value & ACQ_R1_CMD_START && !fault_take(c->faults, FAULT_START_IGNORED))
		r1_start(c);
	if (value & ACQ_R1_CMD_STOP && !fault_take(c->faults, FAULT_STOP_IGNORED))
		r1_stop(c);
	if (value & ACQ_R1_CMD_TRIGGER && c->run.trigger == ACQ_R1_TRIG_SOFTWARE)
		r1_trigger(c, c->sampled);
	r1_refresh_irq(c);
}

static void give(struct r1 *c, uint32_t given)
{
	if (!c->run.dma || (c->state != ACQ_R1_ARMED && c->state != ACQ_R1_RUNNING &&
			    c->state != ACQ_R1_DRAINING))
		return;
	/* neither back nor ahead of what the table holds */
	if (given - c->complete > c->run.entries || given - c->complete < c->given - c->complete)
		r1_fail(c, ACQ_R1_ERR_TABLE);
	else
		c->given = given;
}

static void write_reg(struct r1 *c, uint32_t at, uint32_t value)
{
	switch (at) {
	case ACQ_R1_COMMAND:
		command(c, value);
		return;
	case ACQ_R1_IRQ_STATUS:
		c->status &= ~(value & ACQ_R1_IRQ_ALL);
		r1_refresh_irq(c);
		return;
	case ACQ_R1_IRQ_MASK:
		c->mask = value & ACQ_R1_IRQ_ALL;
		r1_refresh_irq(c);
		return;
	case ACQ_R1_SEEN:
		if (c->run.dma)
			r1_saw(c, value);
		return;
	case ACQ_R1_GIVEN:
		give(c, value);
		return;
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		if (plain[i].at == at)
			c->regs[at / 4] = value & plain[i].mask;
	}
}

/* Accesses of the host */

static int check_access(unsigned int bar, uint64_t offset, size_t count)
{
	if (bar != ACQ_R1_BAR || (count != 4 && count != 8) || offset % count)
		return -EINVAL;
	return 0;
}

/* What the window answers, as wide as the card's reads are. */
static void pop(struct r1 *c, void *buf, size_t count)
{
	if (count == 4 || c->config.window == R1_WINDOW_64) {
		r1_pop(c, buf, count);
		return;
	}
	memset(buf, 0xff, count);
	if (c->config.window == R1_WINDOW_32_UPPER)
		r1_pop(c, buf, 4);
}

static int r1_read(void *model, unsigned int bar, uint64_t offset, void *buf, size_t count)
{
	struct r1 *c = model;
	int error;

	/* the table and the pending bits of MSI-X are the client's affair */
	if (bar == ACQ_R1_MSIX_BAR) {
		memset(buf, 0, count);
		return 0;
	}
	error = check_access(bar, offset, count);
	if (error)
		return error;
	if (offset >= ACQ_R1_WINDOW) {
		pop(c, buf, count);
		r1_refresh_irq(c);
		return 0;
	}
	for (size_t i = 0; i < count; i += 4) {
		uint32_t value = read_reg(c, (uint32_t)(offset + i));

		c->reads++;
		for (unsigned int b = 0; b < 4; b++)
			((uint8_t *)buf)[i + b] = (uint8_t)(value >> (8 * b));
		if (c->config.trace)
			fprintf(stderr, "acq-card: read  %03x %08x\n",
				(unsigned int)(offset + i), value);
	}
	return 0;
}

static int r1_write(void *model, unsigned int bar, uint64_t offset, const void *buf, size_t count)
{
	struct r1 *c = model;
	int error;

	if (bar == ACQ_R1_MSIX_BAR)
		return 0;
	error = check_access(bar, offset, count);
	if (error)
		return error;
	for (size_t i = 0; i < count && offset < ACQ_R1_WINDOW; i += 4) {
		uint32_t value = 0;

		for (unsigned int b = 0; b < 4; b++)
			value |= (uint32_t)((const uint8_t *)buf)[i + b] << (8 * b);
		c->writes++;
		if (c->config.trace)
			fprintf(stderr, "acq-card: write %03x %08x\n",
				(unsigned int)(offset + i), value);
		write_reg(c, (uint32_t)(offset + i), value);
	}
	return 0;
}

static void r1_sync(void *model)
{
	struct r1 *c = model;

	/* a source without a time axis has none to bring up to date, but causes to tell */
	if (c->config.free && c->run.dma && c->state == ACQ_R1_RUNNING)
		r1_report(c);
	else
		r1_step(c);
}

static uint64_t r1_tick(void *model)
{
	struct r1 *c = model;

	/* the fault may be over */
	if (c->stuck)
		r1_refresh_irq(c);
	r1_step(c);
	return r1_deadline(c);
}

/* Control */

static void r1_stats(void *model, FILE *out)
{
	struct r1 *c = model;
	struct r1_totals t = c->totals;

	if (c->had_run)
		take_totals(c, &t);
	/* the state is that of now, the numbers are those of the last run */
	fprintf(out, " state=%s losing=%d runs=%" PRIu64 " frames=%" PRIu64 " dropped=%" PRIu64
		" delivered=%" PRIu64 " gaps=%zu blocks=%" PRIu64 " given=%u updates=%" PRIu64
		" fifo_bytes=%" PRIu64 " reg_reads=%" PRIu64 " reg_writes=%" PRIu64
		" dma_bytes=%" PRIu64 " stalled=%d", state_names[c->state], t.losing, c->runs,
		t.frames, t.dropped, t.delivered, c->gap_count, t.blocks, t.given, t.updates,
		t.fifo_bytes, c->reads, c->writes, c->dma_bytes, c->stalled);
	if (c->config.free)
		fputs(" speed=free", out);
	else
		fprintf(out, " speed=%g", (double)c->config.speed / (double)PACE_REAL);
	fprintf(out, " race=%g", (double)c->race / (double)PACE_REAL);
}

/* How fast it really is: as fast as configured, times what it races. */
static void set_pace(struct r1 *c)
{
	c->pace.speed = (uint64_t)((unsigned __int128)c->config.speed * c->race / PACE_REAL);
	if (c->pace.speed > PACE_FASTEST)
		c->pace.speed = PACE_FASTEST;
	if (!c->pace.speed)
		c->pace.speed = 1;
	pace_base(&c->pace, c->host->now(c->host->machine), c->sampled);
}

static int set_speed(struct r1 *c, const char *text, FILE *out)
{
	uint64_t speed = PACE_REAL;
	bool endless = !strcmp(text, "free");

	if (!endless && strcmp(text, "real")) {
		speed = pace_parse(text);
		if (!speed) {
			fputs("speed is a number, free or real", out);
			return -EINVAL;
		}
	}
	c->config.speed = speed;
	c->config.free = endless;
	set_pace(c);
	return 0;
}

static int set_race(struct r1 *c, const char *text, FILE *out)
{
	uint64_t factor = strcmp(text, "off") ? pace_parse(text) : PACE_REAL;

	if (!factor) {
		fputs("race is a factor, or off", out);
		return -EINVAL;
	}
	c->race = factor;
	set_pace(c);
	return 0;
}

/* Does a register just hold what the host has written? */
static bool is_plain(uint32_t at)
{
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		if (plain[i].at == at)
			return true;
	}
	return at == ACQ_R1_IRQ_MASK;
}

/* AT:VALUE of all registers that are not 0 but the clock, in hexadecimal; nothing changes by it. */
static int print_regs(struct r1 *c, bool written, FILE *out)
{
	uint64_t bad_level = c->faults->left[FAULT_BAD_LEVEL];
	const char *blank = "";
	uint32_t latched[5], value;

	memcpy(latched, c->latched, sizeof(latched));
	c->faults->left[FAULT_BAD_LEVEL] = 0;
	for (uint32_t at = 0; at < R1_REGISTERS * 4; at += 4) {
		if (at == ACQ_R1_TIMESTAMP_LO || at == ACQ_R1_TIMESTAMP_HI ||
		    (written && !is_plain(at)))
			continue;
		value = read_reg(c, at);
		if (!value)
			continue;
		fprintf(out, "%s%03x:%08x", blank, at, value);
		blank = " ";
	}
	c->faults->left[FAULT_BAD_LEVEL] = bad_level;
	memcpy(c->latched, latched, sizeof(latched));
	return 0;
}

static int order_overflow(struct r1 *c, const char *text, FILE *out)
{
	uint64_t frames;
	char *end;

	errno = 0;
	frames = strtoull(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || !frames) {
		fputs("overflow needs a number of frames", out);
		return -EINVAL;
	}
	if (c->state != ACQ_R1_RUNNING) {
		fputs("the card is not running", out);
		return -EINVAL;
	}
	c->drop_order += frames;
	return 0;
}

static int r1_command(void *model, int argc, char **argv, FILE *out)
{
	struct r1 *c = model;

	if (!strcmp(argv[0], "gaps") && argc == 1) {
		for (size_t i = 0; i < c->gap_count; i++)
			fprintf(out, "%s%" PRIu64 ":%" PRIu64, i ? "," : "", c->gaps[i].index,
				c->gaps[i].count);
		return 0;
	}
	if (!strcmp(argv[0], "speed") && argc == 2)
		return set_speed(c, argv[1], out);
	if (!strcmp(argv[0], "race") && argc == 2)
		return set_race(c, argv[1], out);
	if (!strcmp(argv[0], "regs") && (argc == 1 || (argc == 2 && !strcmp(argv[1], "written"))))
		return print_regs(c, argc == 2, out);
	if (!strcmp(argv[0], "stall") && argc == 2 &&
	    (!strcmp(argv[1], "on") || !strcmp(argv[1], "off"))) {
		c->stalled = argv[1][1] == 'n';
		r1_refresh_irq(c);
		return 0;
	}
	if (!strcmp(argv[0], "external") && argc == 1) {
		if (c->state != ACQ_R1_ARMED || c->run.trigger != ACQ_R1_TRIG_EXTERNAL) {
			fputs("the card does not wait for an external trigger", out);
			return -EINVAL;
		}
		r1_trigger(c, c->sampled);
		return 0;
	}
	if (!strcmp(argv[0], "reset") && argc == 1) {
		r1_reset(c);
		return 0;
	}
	if (!strcmp(argv[0], "overflow") && argc == 2)
		return order_overflow(c, argv[1], out);
	return -ENOENT;
}

static void r1_free(void *model)
{
	struct r1 *c = model;

	free(c->gaps);
	free(c);
}

static const struct card_model_ops r1_ops = {
	.name = "acq-r1",
	.faults = FAULT_OF_R1,
	.reset = r1_reset,
	.read = r1_read,
	.write = r1_write,
	.sync = r1_sync,
	.tick = r1_tick,
	.stats = r1_stats,
	.command = r1_command,
	.help = "gaps | regs [written] | speed X|free|real | race FACTOR|off | stall on|off | external | overflow FRAMES | reset",
	.free = r1_free,
};

bool r1_new(struct card_model *model, const struct r1_config *config, struct source *source,
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
	reset_regs(c);
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
