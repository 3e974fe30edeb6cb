// SPDX-License-Identifier: GPL-2.0-only
/* The ACQ-R1 model's registers. */
#include <string.h>

#include "r1_model.h"

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

/* The low half of a counter; the high one is kept until it is read. */
static uint32_t r1_regs_latch(struct r1 *c, unsigned int which, uint64_t value)
{
	c->latched[which] = (uint32_t)(value >> 32);
	return (uint32_t)value;
}

static uint32_t r1_regs_limits(const struct r1_config *f)
{
	return f->block_min | f->block_max << 8 | f->table_log2 << 16 | f->addr_bits << 24;
}

/* What the card is. False if the register tells something else. */
static bool r1_regs_identity(const struct r1_config *f, uint32_t at, uint32_t *value)
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

	if (r1_regs_identity(&c->config, at, &value))
		return value;
	switch (at) {
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
		return r1_regs_latch(c, LATCH_FRAMES, r1_state_frames(c));
	case ACQ_R1_FRAMES_HI:
		return c->latched[LATCH_FRAMES];
	case ACQ_R1_DROPPED_LO:
		return r1_regs_latch(c, LATCH_DROPPED, c->dropped);
	case ACQ_R1_DROPPED_HI:
		return c->latched[LATCH_DROPPED];
	case ACQ_R1_TIMESTAMP_LO:
		return r1_regs_latch(c, LATCH_TIMESTAMP,
				     r1_state_stamp(c, c->host->now(c->host->machine)));
	case ACQ_R1_TIMESTAMP_HI:
		return c->latched[LATCH_TIMESTAMP];
	case ACQ_R1_TRIGGER_INDEX_LO:
		return r1_regs_latch(c, LATCH_TRIGGER, c->trigger_index);
	case ACQ_R1_TRIGGER_INDEX_HI:
		return c->latched[LATCH_TRIGGER];
	case ACQ_R1_FIFO_LEVEL:
		if (fault_take(c->faults, FAULT_BAD_LEVEL))
			return c->config.fifo_bytes + 64;
		return r1_fifo_level(c);
	case ACQ_R1_FIFO_INDEX_LO:
		return r1_regs_latch(c, LATCH_INDEX, c->run.dma ? 0 : c->out + r1_fifo_made_up(c));
	case ACQ_R1_FIFO_INDEX_HI:
		return c->latched[LATCH_INDEX];
	default:
		/* 0 where there is no register, or none that can be read */
		return at / 4 < R1_REGISTERS ? c->regs[at / 4] : 0;
	}
}

void r1_regs_defaults(struct r1 *c)
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

void r1_regs_reset(void *model)
{
	struct r1 *c = model;

	if (c->had_run)
		r1_run_totals(c, &c->totals);
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
	c->unreported = 0;
	c->block_unreported = false;
	c->stale = false;
	memset(&c->run, 0, sizeof(c->run));
	memset(c->latched, 0, sizeof(c->latched));
	r1_regs_defaults(c);
	r1_irq_refresh(c);
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
		r1_run_start(c);
	if (value & ACQ_R1_CMD_STOP && !fault_take(c->faults, FAULT_STOP_IGNORED))
		r1_run_stop(c);
	if (value & ACQ_R1_CMD_TRIGGER && c->run.trigger == ACQ_R1_TRIG_SOFTWARE)
		r1_run_trigger(c, c->sampled);
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

void r1_regs_write(struct r1 *c, uint32_t at, uint32_t value)
{
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
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		if (plain[i].at == at)
			c->regs[at / 4] = value & plain[i].mask;
	}
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

/* AT:VALUE of all registers that are not 0 but the clock, in hexadecimal; nothing changes by it. */
int r1_regs_print(struct r1 *c, bool written, FILE *out)
{
	uint64_t bad_level = c->faults->left[FAULT_BAD_LEVEL];
	const char *blank = "";
	uint32_t latched[5], value;

	memcpy(latched, c->latched, sizeof(latched));
	c->faults->left[FAULT_BAD_LEVEL] = 0;
	for (uint32_t at = 0; at < R1_REGISTERS * 4; at += 4) {
		if (at == ACQ_R1_TIMESTAMP_LO || at == ACQ_R1_TIMESTAMP_HI ||
		    (written && !r1_regs_is_plain(at)))
			continue;
		value = r1_regs_read(c, at);
		if (!value)
			continue;
		fprintf(out, "%s%03x:%08x", blank, at, value);
		blank = " ";
	}
	c->faults->left[FAULT_BAD_LEVEL] = bad_level;
	memcpy(c->latched, latched, sizeof(latched));
	return 0;
}
