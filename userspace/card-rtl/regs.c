// SPDX-License-Identifier: GPL-2.0-only
/* The host's accesses to registers and window, at the core's register port. */
#include <stdio.h>

#include "rtl.h"

#define REGS_BUSY_MOST	1000u	/* clocks */
#define REGS_APART	3u	/* clocks from one access to the next */

static void rtl_regs_wait(struct rtl *c)
{
	for (unsigned int i = 0; c->pins.reg_busy && i < REGS_BUSY_MOST; i++)
		rtl_clock(c);
}

static void rtl_regs_rest(struct rtl *c)
{
	c->pins.reg_write = false;
	c->pins.reg_read = false;
	for (unsigned int i = 1; i < REGS_APART; i++)
		rtl_clock(c);
}

uint32_t rtl_regs_read(struct rtl *c, uint32_t at)
{
	uint32_t value;

	/* a read pushes what the host has posted */
	rtl_regs_arrive(c, true);
	rtl_regs_wait(c);
	c->pins.reg_addr = (uint16_t)(at / 4);
	c->pins.reg_read = true;
	rtl_clock(c);
	c->pins.reg_read = false;
	for (unsigned int i = 0; !c->pins.reg_done && i < REGS_BUSY_MOST; i++)
		rtl_clock(c);
	value = c->pins.reg_rdata;
	rtl_regs_rest(c);
	c->reg_reads++;
	if (c->config.trace)
		fprintf(stderr, "acq-card-rtl: read  %03x %08x\n", at, value);
	/* and its answer pushes what the card has */
	rtl_bus_deliver(c, true);
	return value;
}

/* Where the host's memory is: to tell what a posted write is for, and a read for whom */
static void rtl_regs_note(struct rtl *c, uint32_t at, uint32_t value)
{
	struct rtl_memory *m = &c->memory[at >= ACQ_R1_OUTPUT];
	uint64_t *to;

	if (at >= 2 * ACQ_R1_OUTPUT)
		return;
	at %= ACQ_R1_OUTPUT;
	if (at == ACQ_R1_TABLE_LOG2)
		m->log2 = value;
	if (at < ACQ_R1_TABLE_LO || at >= ACQ_R1_TABLE_LOG2)
		return;
	to = &m->at[(at - ACQ_R1_TABLE_LO) / 8 % 3];
	if (at & 4)
		*to = (*to & UINT32_MAX) | (uint64_t)value << 32;
	else
		*to = (*to & ~(uint64_t)UINT32_MAX) | value;
}

void rtl_regs_write(struct rtl *c, uint32_t at, uint32_t value)
{
	c->reg_writes++;
	if (c->config.trace)
		fprintf(stderr, "acq-card-rtl: write %03x %08x\n", at, value);
	if ((at == ACQ_R1_COMMAND || at == ACQ_R1_OUTPUT + ACQ_R1_COMMAND) &&
	    ((value == ACQ_R1_CMD_START && fault_take(c->faults, FAULT_START_IGNORED)) ||
	     (value == ACQ_R1_CMD_STOP && fault_take(c->faults, FAULT_STOP_IGNORED))))
		return;
	rtl_regs_note(c, at, value);
	rtl_regs_wait(c);
	if (at == ACQ_R1_COMMAND && value & ACQ_R1_CMD_RESET && c->pins.state != ACQ_R1_IDLE) {
		c->last_frames = c->pins.frames;
		c->last_dropped = c->pins.dropped;
	}
	c->pins.reg_addr = (uint16_t)(at / 4);
	c->pins.reg_wdata = value;
	c->pins.reg_write = true;
	rtl_clock(c);
	rtl_regs_rest(c);
}

void rtl_regs_post(struct rtl *c, uint32_t at, uint32_t value)
{
	struct rtl_bus *b = &c->bus;
	uint64_t late = rtl_bus_random(b, b->faults.host), when = c->now + late;

	if (!b->host_count && !late) {
		rtl_regs_write(c, at, value);
		return;
	}
	if (b->host_count == RTL_HOST_WRITES)
		rtl_regs_arrive(c, true);
	if (b->host_count && b->host[b->host_count - 1].when > when)
		when = b->host[b->host_count - 1].when;
	b->host[b->host_count++] = (struct rtl_host_write){ at, value, when };
	b->held++;
}

void rtl_regs_arrive(struct rtl *c, bool all)
{
	struct rtl_bus *b = &c->bus;
	unsigned int n;

	for (n = 0; n < b->host_count && (all || b->host[n].when <= c->now); n++) {
		b->pushed += b->host[n].when > c->now;
		rtl_regs_write(c, b->host[n].at, b->host[n].value);
	}
	for (unsigned int i = n; i < b->host_count; i++)
		b->host[i - n] = b->host[i];
	b->host_count -= n;
}
