// SPDX-License-Identifier: GPL-2.0-only
/* The ACQ-R1 model's registers. */
#include <string.h>

#include "r1_output.h"

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

uint32_t r1_regs_latch(uint32_t *high, uint64_t value)
{
	*high = (uint32_t)(value >> 32);
	return (uint32_t)value;
}

static uint32_t r1_regs_limits(const struct r1_config *f)
{
	return f->block_min | f->block_max << 8 | f->table_log2 << 16 | f->addr_bits << 24;
}

bool r1_regs_identity(const struct r1_config *f, uint32_t at, uint32_t *value)
{
	switch (at) {
	case ACQ_R1_ID:
		*value = f->bad_id ? ~ACQ_R1_ID_MAGIC : ACQ_R1_ID_MAGIC;
		return true;
	case ACQ_R1_VERSION:
		*value = f->version;
		return true;
	case ACQ_R1_REVISION:
		*value = f->revision;
		return true;
	case ACQ_R1_CAPS:
		*value = f->caps;
		return true;
	case ACQ_R1_SERIAL_LO:
		*value = (uint32_t)f->serial;
		return true;
	case ACQ_R1_SERIAL_HI:
		*value = (uint32_t)(f->serial >> 32);
		return true;
	case ACQ_R1_CHANNELS:
		*value = f->channels;
		return true;
	case ACQ_R1_FORMATS:
		*value = f->formats;
		return true;
	case ACQ_R1_CLOCK_HZ:
		*value = f->clock;
		return true;
	case ACQ_R1_DIV_MIN:
		*value = f->div_min;
		return true;
	case ACQ_R1_DIV_MAX:
		*value = f->div_max;
		return true;
	case ACQ_R1_FIFO_BYTES:
		*value = f->fifo_bytes;
		return true;
	case ACQ_R1_LIMITS:
		*value = f->caps & ACQ_R1_CAP_DMA ? r1_regs_limits(f) : 0;
		return true;
	case ACQ_R1_TS_HZ:
		*value = f->ts_hz;
		return true;
	case ACQ_R1_PRETRIG_BYTES:
		*value = f->caps & ACQ_R1_CAP_PRETRIG ? f->pretrig_bytes : 0;
		return true;
	default:
		return false;
	}
}

bool r1_regs_is_identity(uint64_t at)
{
	static const struct r1_config none;
	uint32_t value;

	return r1_regs_identity(&none, (uint32_t)at, &value);
}

uint32_t r1_regs_read(struct r1 *c, uint32_t at)
{
	uint32_t value;

	if (c->output && at / R1_REGISTER_BYTES == ACQ_R1_OUTPUT / R1_REGISTER_BYTES)
		return r1_output_regs_read(c->output, at - ACQ_R1_OUTPUT);
	if (r1_regs_identity(&c->config, at, &value))
		return value;
	switch (at) {
	case ACQ_R1_STATE:
		return r1_state_told(c);
	case ACQ_R1_IRQ_STATUS:
		return r1_irq_word(c);
	case ACQ_R1_IRQ_MASK:
		return c->mask;
	case ACQ_R1_SEEN:
		return c->tell.seen;
	case ACQ_R1_GIVEN:
		return c->given;
	case ACQ_R1_FRAMES_LO:
		return r1_regs_latch(&c->latched[LATCH_FRAMES], r1_state_frames(c));
	case ACQ_R1_FRAMES_HI:
		return c->latched[LATCH_FRAMES];
	case ACQ_R1_DROPPED_LO:
		return r1_regs_latch(&c->latched[LATCH_DROPPED], c->dropped);
	case ACQ_R1_DROPPED_HI:
		return c->latched[LATCH_DROPPED];
	case ACQ_R1_TIMESTAMP_LO:
		return r1_regs_latch(&c->latched[LATCH_TIMESTAMP], r1_state_stamp(c, r1_now(c)));
	case ACQ_R1_TIMESTAMP_HI:
		return c->latched[LATCH_TIMESTAMP];
	case ACQ_R1_TRIGGER_INDEX_LO:
		return r1_regs_latch(&c->latched[LATCH_TRIGGER], c->trigger_index);
	case ACQ_R1_TRIGGER_INDEX_HI:
		return c->latched[LATCH_TRIGGER];
	case ACQ_R1_FIFO_LEVEL:
		if (fault_take(c->faults, FAULT_BAD_LEVEL))
			return c->config.fifo_bytes + 64;
		return r1_fifo_level(c);
	case ACQ_R1_FIFO_INDEX_LO:
		return r1_regs_latch(&c->latched[LATCH_INDEX],
				     r1_fifo_index(c));
	case ACQ_R1_FIFO_INDEX_HI:
		return c->latched[LATCH_INDEX];
	default:
		/* 0 where there is no register, or none that can be read */
		return at / 4 < R1_REGISTERS ? c->regs[at / 4] : 0;
	}
}

void r1_regs_defaults(uint32_t *regs, const struct r1_config *f)
{
	unsigned int channels;

	memset(regs, 0, R1_REGISTER_BYTES);
	/* what suits the source: a host that knows nothing keeps it */
	regs[ACQ_R1_TRANSFER / 4] = f->caps & ACQ_R1_CAP_DMA ? ACQ_R1_TRANSFER_DMA :
				    ACQ_R1_TRANSFER_FIFO;
	regs[ACQ_R1_DIVIDER / 4] = f->divider;
	channels = f->channels;
	while (f->caps & ACQ_R1_CAP_POW2_CHANNELS && channels & (channels - 1))
		channels &= channels - 1;
	regs[ACQ_R1_CHANNEL_MASK / 4] = UINT32_MAX >> (32 - channels);
	regs[ACQ_R1_FORMAT / 4] = f->format;
}

void r1_regs_reset(struct r1 *c)
{
	if (c->had_run)
		r1_run_totals(c, &c->totals);
	c->had_run = false;
	c->epoch++;
	c->settling = c->busy;
	c->state = ACQ_R1_IDLE;
	c->code = 0;
	c->losing = false;
	c->triggered = false;
	c->held = false;
	c->follows = false;
	c->frozen = false;
	c->more = false;
	c->sampled = 0;
	c->first = 0;
	c->in = 0;
	c->out = 0;
	c->popped = 0;
	c->stretch = 0;
	c->trigger_index = 0;
	c->dropped = 0;
	c->given = 0;
	c->open = false;
	c->recorded = false;
	c->status = 0;
	c->events = 0;
	c->announced = 0;
	memset(&c->tell, 0, sizeof(c->tell));
	memset(&c->run, 0, sizeof(c->run));
	memset(c->latched, 0, sizeof(c->latched));
	r1_regs_defaults(c->regs, &c->config);
	c->mask = 0;
	r1_irq_refresh(c);
}

bool r1_regs_holds(const struct r1_config *f, uint32_t command)
{
	return f->caps & ACQ_R1_CAP_LINK && command & ACQ_R1_CMD_HOLD;
}

static void r1_regs_command(struct r1 *c, uint32_t value)
{
	if (value & ACQ_R1_CMD_RESET) {
		if (!fault_take(c->faults, FAULT_RESET_STUCK))
			r1_regs_reset(c);
		else if (c->state == ACQ_R1_IDLE)
			c->state = ACQ_R1_DRAINING;
		return;
	}
	if (value & ACQ_R1_CMD_START && !fault_take(c->faults, FAULT_START_IGNORED))
		r1_run_start(c, r1_regs_holds(&c->config, value));
	if (value & ACQ_R1_CMD_STOP && !fault_take(c->faults, FAULT_STOP_IGNORED))
		r1_run_stop(c);
	if (value & ACQ_R1_CMD_TRIGGER && c->run.trigger == ACQ_R1_TRIG_SOFTWARE)
		r1_run_trigger(c, c->sampled);
	if (value & ACQ_R1_CMD_GO)
		r1_run_release(c, r1_now(c));
	if (value & ACQ_R1_CMD_GO_BOTH)
		r1_run_release_both(c);
	r1_irq_refresh(c);
}

static void r1_regs_give(struct r1 *c, uint32_t given)
{
	if (!c->run.dma || (c->state != ACQ_R1_ARMED && c->state != ACQ_R1_RUNNING &&
			    c->state != ACQ_R1_DRAINING))
		return;
	/* neither back nor ahead of what the table holds */
	if (given - c->complete > c->run.entries || given - c->complete < c->given - c->complete)
		r1_state_fail(c, ACQ_R1_ERR_TABLE);
	else
		c->given = given;
}

void r1_regs_keep(uint32_t *regs, uint32_t at, uint32_t value)
{
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		if (plain[i].at == at)
			regs[at / 4] = value & plain[i].mask;
	}
}

void r1_regs_write(struct r1 *c, uint32_t at, uint32_t value)
{
	if (c->output && at / R1_REGISTER_BYTES == ACQ_R1_OUTPUT / R1_REGISTER_BYTES) {
		r1_output_regs_write(c->output, at - ACQ_R1_OUTPUT, value);
		return;
	}
	switch (at) {
	case ACQ_R1_COMMAND:
		r1_regs_command(c, value);
		return;
	case ACQ_R1_IRQ_STATUS:
		c->status &= ~(value & ACQ_R1_IRQ_ALL);
		r1_irq_refresh(c);
		return;
	case ACQ_R1_IRQ_MASK:
		c->mask = value & ACQ_R1_IRQ_ALL;
		r1_irq_refresh(c);
		return;
	case ACQ_R1_SEEN:
		if (c->run.dma)
			r1_page_saw(c, value);
		return;
	case ACQ_R1_GIVEN:
		r1_regs_give(c, value);
		return;
	}
	r1_regs_keep(c->regs, at, value);
}

/* Does a register just hold what the host has written? */
static bool r1_regs_is_plain(uint32_t at)
{
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		if (plain[i].at == at)
			return true;
	}
	return at == ACQ_R1_IRQ_MASK;
}

/* AT:VALUE of those of a side that begin at @base */
static const char *r1_regs_print_side(struct r1 *c, uint32_t base, bool written,
				      const char *blank, FILE *out)
{
	for (uint32_t at = 0; at < R1_REGISTER_BYTES; at += 4) {
		uint32_t value;

		if (at == ACQ_R1_TIMESTAMP_LO || at == ACQ_R1_TIMESTAMP_HI ||
		    (written && !r1_regs_is_plain(at)))
			continue;
		value = r1_regs_read(c, base + at);
		if (!value)
			continue;
		fprintf(out, "%s%03x:%08x", blank, base + at, value);
		blank = " ";
	}
	return blank;
}

/* All registers that are not 0 but the clock, in hexadecimal; nothing changes by it. */
int r1_regs_print(struct r1 *c, bool written, FILE *out)
{
	uint64_t bad_level = c->faults->left[FAULT_BAD_LEVEL];
	struct r1_output *o = c->output;
	uint32_t latched[5], latched_output[4];
	const char *blank;

	memcpy(latched, c->latched, sizeof(latched));
	if (o)
		memcpy(latched_output, o->latched, sizeof(latched_output));
	c->faults->left[FAULT_BAD_LEVEL] = 0;
	blank = r1_regs_print_side(c, 0, written, "", out);
	if (o)
		r1_regs_print_side(c, ACQ_R1_OUTPUT, written, blank, out);
	c->faults->left[FAULT_BAD_LEVEL] = bad_level;
	memcpy(c->latched, latched, sizeof(latched));
	if (o)
		memcpy(o->latched, latched_output, sizeof(latched_output));
	return 0;
}
