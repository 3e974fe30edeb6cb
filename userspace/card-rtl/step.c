// SPDX-License-Identifier: GPL-2.0-only
/*
 * When clocks are run, and over what time jumps. See docs/acq-r1.md, "The core as a card".
 */
#include "rtl.h"

#define STEP_CLOCKS	20000u	/* in one go; the host's accesses wait for them */
#define STEP_NAP_NS	50000u
#define STEP_LAG_US	50u	/* as much as time may lag behind */
#define STEP_RESET	80u	/* clocks: the core clears its registers in 64 */

void rtl_step_gate(struct rtl *c)
{
	const struct pci *pci = c->host->pci(c->host->machine);
	unsigned int kind = pci_irq_kind(pci);
	bool master = pci_is_master(pci) || fault_is_on(c->faults, FAULT_MASTER_IGNORED);
	bool messages = kind == PCI_IRQ_MSI || kind == PCI_IRQ_MSIX;

	if (master != c->pins.bus_master || messages != c->pins.msi_enable)
		c->quiet = 0;
	c->pins.bus_master = master;
	c->pins.msi_enable = messages;
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
	if (c->pins.state != ACQ_R1_RUNNING && c->pins.state != ACQ_R1_DRAINING)
		return false;
	/* the last tick comes with the next clock */
	c->config.core->pass(c->core, lag);
	c->ticks--;
	c->part = c->config.core->clocks_per_us - 1;
	c->quiet = 0;
	return true;
}

void rtl_step_run(struct rtl *c)
{
	unsigned int n;

	if (c->stepping || c->inside)
		return;
	c->stepping = true;
	c->now = rtl_now(c);
	rtl_step_gate(c);
	rtl_feed_look(c);
	for (n = 0; n < STEP_CLOCKS; n++) {
		bool more;

		rtl_regs_arrive(c, false);
		if (c->bus.count)
			rtl_bus_deliver(c, false);
		rtl_bus_read(c);
		more = rtl_bus_before(c);
		more |= rtl_feed_offer(c);
		if (!more && c->quiet >= RTL_QUIET && !rtl_step_jump(c))
			break;
		rtl_clock_edge(c);
	}
	rtl_bus_deliver(c, false);
	c->more = n == STEP_CLOCKS;
	rtl_step_gate(c);
	c->stepping = false;
}

uint64_t rtl_step_when(const struct rtl *c)
{
	const struct core_pins *p = &c->pins;
	uint64_t when = rtl_bus_when(c), feed = rtl_feed_when(c), timer;

	if (c->more || c->quiet < RTL_QUIET)
		return c->now;
	when = feed < when ? feed : when;
	if (!p->timer_hold && p->us < p->irq_us) {
		timer = c->now + (uint64_t)(p->irq_us - p->us) * 1000;
		when = timer < when ? timer : when;
	}
	return when < c->now + STEP_NAP_NS ? c->now + STEP_NAP_NS : when;
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
