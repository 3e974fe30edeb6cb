// SPDX-License-Identifier: GPL-2.0-only
/* The ACQ-R1 model's configuration, as START finds it in the registers. */
#include <string.h>

#include "r1_model.h"

static bool r1_setup_is_aligned(uint64_t addr, uint64_t bytes, unsigned int addr_bits)
{
	uint64_t limit = addr_bits < 64 ? (UINT64_C(1) << addr_bits) - 1 : UINT64_MAX;
	uint64_t align = bytes < ACQ_R1_TABLE_ALIGN ? bytes : ACQ_R1_TABLE_ALIGN;

	return addr && addr % 64 == 0 && addr % align == 0 && addr <= limit &&
	       bytes - 1 <= limit - addr;
}

bool r1_setup_is_mask(const struct r1_config *f, uint32_t mask)
{
	if (!mask || (uint64_t)mask >> f->channels)
		return false;
	if (f->caps & ACQ_R1_CAP_ALL_CHANNELS && mask != UINT32_MAX >> (32 - f->channels))
		return false;
	return !(f->caps & ACQ_R1_CAP_POW2_CHANNELS) || __builtin_popcount(mask) == 1 ||
	       __builtin_popcount((unsigned int)__builtin_popcount(mask)) == 1;
}

/* A register of 64 bits, whose low half is at @lo */
static uint64_t r1_setup_pair(const uint32_t *r, unsigned int lo)
{
	return r[lo / 4] | (uint64_t)r[lo / 4 + 1] << 32;
}

bool r1_setup_dma(const uint32_t *r, const struct r1_config *f, struct r1_setup *s)
{
	unsigned int log2 = r[ACQ_R1_TABLE_LOG2 / 4], bits = f->addr_bits;

	s->table = r1_setup_pair(r, ACQ_R1_TABLE_LO);
	s->records = r1_setup_pair(r, ACQ_R1_RECORDS_LO);
	s->status = r1_setup_pair(r, ACQ_R1_STATUS_LO);
	if (!(f->caps & ACQ_R1_CAP_DMA) || log2 > f->table_log2)
		return false;
	s->entries = UINT32_C(1) << log2;
	return r1_setup_is_aligned(s->table, s->entries * sizeof(struct acq_r1_entry), bits) &&
	       r1_setup_is_aligned(s->records, s->entries * sizeof(struct acq_r1_record), bits) &&
	       r1_setup_is_aligned(s->status, sizeof(struct acq_r1_status), bits);
}

static bool r1_setup_trigger(struct r1 *c, struct r1_setup *s)
{
	static const uint32_t cap[] = {
		[ACQ_R1_TRIG_IMMEDIATE] = 0,
		[ACQ_R1_TRIG_SOFTWARE] = ACQ_R1_CAP_TRIG_SOFT,
		[ACQ_R1_TRIG_LEVEL] = ACQ_R1_CAP_TRIG_LEVEL,
		[ACQ_R1_TRIG_EXTERNAL] = ACQ_R1_CAP_TRIG_EXT,
	};
	uint32_t trigger = c->regs[ACQ_R1_TRIGGER / 4], level = c->regs[ACQ_R1_TRIGGER_LEVEL / 4];
	unsigned int channel = ACQ_R1_TRIG_CHANNEL(trigger);

	s->trigger = ACQ_R1_TRIG_SOURCE(trigger);
	if (trigger & ~UINT32_C(0xff1f) || s->trigger > ACQ_R1_TRIG_EXTERNAL ||
	    (c->config.caps & cap[s->trigger]) != cap[s->trigger])
		return false;
	s->pretrigger = c->regs[ACQ_R1_PRETRIGGER / 4];
	if (s->pretrigger && (!(c->config.caps & ACQ_R1_CAP_PRETRIG) ||
			      (uint64_t)s->pretrigger * s->frame > c->config.pretrig_bytes))
		return false;
	if (s->trigger != ACQ_R1_TRIG_LEVEL)
		return true;
	if (channel >= c->config.channels || !(s->mask >> channel & 1))
		return false;
	s->falling = trigger & ACQ_R1_TRIG_FALLING;
	s->position = (unsigned int)__builtin_popcount(s->mask & ((UINT32_C(1) << channel) - 1));
	/* codes of this one format do not fit a signed register */
	s->level = s->format == ACQ_R1_FORMAT_U32 ? (int64_t)level : (int32_t)level;
	return true;
}

/* Takes the configuration from the registers. False if it is not possible. */
bool r1_setup_take(struct r1 *c)
{
	const uint32_t *r = c->regs, caps = c->config.caps;
	uint32_t transfer = r[ACQ_R1_TRANSFER / 4], divider = r[ACQ_R1_DIVIDER / 4];
	struct r1_setup s = {
		.dma = transfer == ACQ_R1_TRANSFER_DMA,
		.mask = r[ACQ_R1_CHANNEL_MASK / 4],
		.format = r[ACQ_R1_FORMAT / 4],
		.count = r1_setup_pair(r, ACQ_R1_COUNT_LO),
		.pattern = r[ACQ_R1_PATTERN / 4],
	};

	/* nothing of the last run is to be believed, least of all its addresses */
	memset(&c->run, 0, sizeof(c->run));
	if (transfer > ACQ_R1_TRANSFER_DMA || (!s.dma && !(caps & ACQ_R1_CAP_FIFO)) ||
	    divider < c->config.div_min || divider > c->config.div_max ||
	    !r1_setup_is_mask(&c->config, s.mask) || s.format >= ACQ_R1_FORMAT_NUM ||
	    !(c->config.formats >> s.format & 1) ||
	    s.pattern > ACQ_R1_PATTERN_PRBS ||
	    (s.pattern == ACQ_R1_PATTERN_RAMP && !(caps & ACQ_R1_CAP_RAMP)) ||
	    (s.pattern == ACQ_R1_PATTERN_PRBS && !(caps & ACQ_R1_CAP_PRBS)) ||
	    (s.count && !(caps & ACQ_R1_CAP_COUNT)))
		return false;
	s.channels = (unsigned int)__builtin_popcount(s.mask);
	s.width = source_format_bytes(s.format);
	s.frame = s.channels * s.width;
	if (s.frame > c->config.fifo_bytes || !r1_setup_trigger(c, &s) ||
	    (s.dma && !r1_setup_dma(r, &c->config, &s)))
		return false;
	c->run = s;
	c->pace.clock = c->config.clock;
	c->pace.divider = divider;
	source_start(c->source, s.mask, s.format, (double)c->config.clock / divider);
	return true;
}
