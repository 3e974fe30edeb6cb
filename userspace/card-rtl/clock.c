// SPDX-License-Identifier: GPL-2.0-only
/* A clock of the core, and whether anything has happened in it. */
#include "rtl.h"

/* States of the DMA engines in which only clocks are needed to go on */
#define ENGINE_SETTLE	5u
#define ENGINE_LOOK	6u
#define OUT_SETTLE	3u
#define OUT_LOOK	4u
#define OUT_LOOK_AGAIN	5u

static bool rtl_clock_out_worked(const struct core_out *p, const struct core_out *was)
{
	return p->engine != was->engine || p->engine == OUT_SETTLE || p->engine == OUT_LOOK ||
	       p->engine == OUT_LOOK_AGAIN || p->state != was->state || p->losing != was->losing ||
	       p->valid != was->valid || p->filler != was->filler ||
	       p->resetting != was->resetting || p->halting != was->halting ||
	       p->given != was->given;
}

static bool rtl_clock_worked(const struct rtl *c, const struct core_pins *was)
{
	const struct core_pins *p = &c->pins;

	return p->rst || p->reg_write || p->reg_read || p->reg_busy || p->engine != was->engine ||
	       p->engine == ENGINE_SETTLE || p->engine == ENGINE_LOOK || p->state != was->state ||
	       p->losing != was->losing || p->level != was->level ||
	       p->w_valid != was->w_valid || p->r_valid != was->r_valid ||
	       p->msi_valid != was->msi_valid || p->intx != was->intx ||
	       p->resetting != was->resetting || rtl_clock_out_worked(&p->out, &was->out);
}

void rtl_clock_edge(struct rtl *c)
{
	struct core_pins was = c->pins;
	bool works;

	c->config.core->clock(c->core, &c->pins);
	c->clocks++;
	if (++c->part == c->config.core->clocks_per_us) {
		c->part = 0;
		c->ticks++;
	}
	works = rtl_clock_worked(c, &was);
	works |= rtl_bus_after(c, &was);
	works |= rtl_feed_after(c, &was);
	works |= rtl_dac_after(c, &was);
	c->quiet = works ? 0 : c->quiet + 1;
}

void rtl_clock(struct rtl *c)
{
	rtl_bus_before(c);
	rtl_feed_offer(c);
	rtl_dac_offer(c);
	rtl_clock_edge(c);
}
