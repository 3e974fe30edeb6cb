// SPDX-License-Identifier: GPL-2.0-only
/*
 * When clocks are run, and over what time jumps. See docs/acq-r1.md, "The core as a card".
 */
#include "rtl.h"

#define STEP_CLOCKS	20000u	/* in one go; the host's accesses wait for them */
#define STEP_NAP_NS	50000u
#define STEP_FINE_NS	5000u	/* what happens in so long does so at once */
#define STEP_LATE_NS	50000000u	/* as much may be made good for */
#define STEP_LAG_US	50u	/* as much as time may lag behind */
#define STEP_RESET	80u	/* clocks: the core clears its registers in 64 */

void rtl_step_gate(struct rtl *c)
{
	const struct pci *pci = c->host->pci(c->host->machine);
	unsigned int kind = pci_irq_kind(pci);
	bool master = pci_is_master(pci) || fault_is_on(c->faults, FAULT_MASTER_IGNORED);
	bool messages = kind == PCI_IRQ_MSI || kind == PCI_IRQ_MSIX;

	if (master != c->pins.bus_master || messages != c->pins.msi_enable) {
		c->quiet = 0;
		c->pins.bus_master = master;
		c->pins.msi_enable = messages;
		c->config.core->settle(c->core, &c->pins);
	}
	c->host->irq(c->host->machine, 0, 0, kind == PCI_IRQ_INTX && c->pins.intx);
}

/* Microseconds that the core has not seen */
static uint32_t rtl_step_lag(const struct rtl *c)
{
	uint64_t due = (c->now - c->birth) / 1000;

	if (due < c->ticks + STEP_LAG_US)
		return 0;
	return due - c->ticks < UINT32_MAX ? (uint32_t)(due - c->ticks) : UINT32_MAX;
}

/*
 * The core is at rest, and nothing is there for it: only its timer would count. False if
 * no time has to pass for it.
 */
static bool rtl_step_jump(struct rtl *c)
{
	uint32_t lag = rtl_step_lag(c);

	if (!lag)
		return false;
	c->ticks += lag;
	if (c->pins.state != ACQ_R1_RUNNING && c->pins.state != ACQ_R1_DRAINING &&
	    c->pins.out.state != ACQ_R1_RUNNING)
		return false;
	/* the last tick comes with the next clock */
	c->config.core->pass(c->core, lag);
	c->ticks--;
	c->part = c->config.core->clocks_per_us - 1;
	c->quiet = 0;
	return true;
}

/* Up to where the card's time gets now, if nothing is in its way */
static uint64_t rtl_step_until(struct rtl *c)
{
	uint64_t until = c->host->now(c->host->machine) - c->late;
	uint64_t wanted = c->wanted < c->now ? c->now : c->wanted;

	/* later than it has asked for, by more than can be made good for: that time has not been */
	if (until > wanted && until - wanted > STEP_LATE_NS) {
		c->late += until - wanted - STEP_LATE_NS;
		until = wanted + STEP_LATE_NS;
	}
	return until > c->now ? until : c->now;
}

static uint64_t rtl_step_least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* When something happens to a core at rest */
static uint64_t rtl_step_next(const struct rtl *c)
{
	const struct core_pins *p = &c->pins;
	const struct core_out *o = &p->out;
	uint64_t when = rtl_step_least(rtl_bus_when(c), rtl_feed_when(c));

	when = rtl_step_least(when, rtl_dac_when(c));
	if (!p->timer_hold && p->us < p->irq_us)
		when = rtl_step_least(when, c->now + (uint64_t)(p->irq_us - p->us) * 1000);
	if (!o->timer_hold && o->us < o->irq_us)
		when = rtl_step_least(when, c->now + (uint64_t)(o->irq_us - o->us) * 1000);
	return when;
}

/* The core is at rest: time goes on to what happens next. False if it has got there. */
static bool rtl_step_on(struct rtl *c, uint64_t until)
{
	uint64_t next = rtl_step_next(c);

	if (c->now >= until)
		return false;
	if (next < c->now + STEP_FINE_NS)
		next = c->now + STEP_FINE_NS;
	c->now = rtl_step_least(next, until);
	rtl_feed_look(c);
	rtl_dac_look(c);
	return true;
}

void rtl_step_run(struct rtl *c)
{
	uint64_t until;
	unsigned int n;

	if (c->stepping || c->inside)
		return;
	c->stepping = true;
	until = rtl_step_until(c);
	rtl_step_gate(c);
	rtl_dac_step(c);
	rtl_feed_look(c);
	rtl_dac_look(c);
	for (n = 0; n < STEP_CLOCKS; n++) {
		bool more;

		rtl_regs_arrive(c, false);
		if (c->bus.count)
			rtl_bus_deliver(c, false);
		rtl_bus_read(c);
		more = rtl_bus_before(c);
		if (more)
			c->quiet = 0;
		more |= rtl_feed_offer(c);
		more |= rtl_dac_offer(c);
		if (more || c->quiet < RTL_QUIET || rtl_step_jump(c))
			rtl_clock_edge(c);
		else if (!rtl_step_on(c, until))
			break;
	}
	rtl_bus_deliver(c, false);
	record_flush(&c->dac.record);
	c->more = n == STEP_CLOCKS;
	rtl_step_gate(c);
	c->stepping = false;
}

/* When to be called again, by the card's time */
static uint64_t rtl_step_wanted(const struct rtl *c)
{
	uint64_t when;

	if (c->more || c->quiet < RTL_QUIET)
		return c->now;
	when = rtl_step_next(c);
	return when < c->now + STEP_NAP_NS ? c->now + STEP_NAP_NS : when;
}

uint64_t rtl_step_when(struct rtl *c)
{
	c->wanted = rtl_step_wanted(c);
	return c->wanted == MODEL_NEVER ? c->wanted : c->wanted + c->late;
}

void rtl_step_push(struct rtl *c)
{
	c->inside++;
	rtl_regs_arrive(c, true);
	rtl_bus_deliver(c, true);
	c->inside--;
}

void rtl_step_reset(struct rtl *c)
{
	rtl_step_push(c);
	c->inside++;
	c->pins.rst = true;
	rtl_clock(c);
	rtl_clock(c);
	c->pins.rst = false;
	for (unsigned int i = 0; i < STEP_RESET; i++)
		rtl_clock(c);
	c->inside--;
}
