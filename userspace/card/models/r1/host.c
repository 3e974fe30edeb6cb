// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host of an ACQ-R1 must not do, for it means something else on each card, or
 * nothing: this model bears it, and counts.
 */
#include "r1_output.h"

static bool r1_host_is_config(uint32_t at)
{
	return (at >= ACQ_R1_TABLE_LO && at <= ACQ_R1_TABLE_LOG2) ||
	       (at >= ACQ_R1_TRANSFER && at <= ACQ_R1_PATTERN);
}

/* Is it the high half of a counter? */
static bool r1_host_is_high(uint32_t at)
{
	switch (at) {
	case ACQ_R1_FRAMES_HI:
	case ACQ_R1_DROPPED_HI:
	case ACQ_R1_TIMESTAMP_HI:
	case ACQ_R1_TRIGGER_INDEX_HI:
	case ACQ_R1_FIFO_INDEX_HI:
		return true;
	default:
		return false;
	}
}

static unsigned int r1_host_side(const struct r1 *c, uint32_t *at)
{
	if (!c->output || *at / R1_REGISTER_BYTES != ACQ_R1_OUTPUT / R1_REGISTER_BYTES)
		return R1_INPUT;
	*at -= ACQ_R1_OUTPUT;
	return R1_OUTPUT;
}

void r1_host_reads(struct r1 *c, uint32_t at, size_t bytes)
{
	unsigned int side = r1_host_side(c, &at);

	if (at >= ACQ_R1_WINDOW) {
		c->undefined += bytes > R1_WORD && !(c->config.caps & ACQ_R1_CAP_WINDOW64);
		return;
	}
	/* One latch may be all that a card has. */
	c->undefined += bytes > R1_WORD || (r1_host_is_high(at) && c->lately[side] != at - 4);
	if (r1_host_is_high(at + 4))
		c->lately[side] = at;
}

void r1_host_writes(struct r1 *c, uint32_t at, uint32_t value, size_t bytes)
{
	unsigned int side = r1_host_side(c, &at);
	unsigned int state = side == R1_OUTPUT ? c->output->state : c->state;
	bool runs = state == ACQ_R1_ARMED || state == ACQ_R1_RUNNING || state == ACQ_R1_DRAINING;

	if (bytes > R1_WORD || (runs && r1_host_is_config(at)))
		c->undefined++;
	if (at == ACQ_R1_COMMAND && !(value & ACQ_R1_CMD_RESET) && value & (value - 1) &&
	    value != (ACQ_R1_CMD_START | ACQ_R1_CMD_HOLD))
		c->undefined++;
}
