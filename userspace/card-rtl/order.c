// SPDX-License-Identifier: GPL-2.0-only
/* What the control socket orders: losses, and faults of the bus. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "option.h"
#include "rtl.h"

#define ORDER_US_MOST	1000000u

int rtl_order_overflow(struct rtl *c, uint64_t frames, FILE *out)
{
	bool was = c->bus.stalled, waits;

	if (c->pins.state != ACQ_R1_RUNNING) {
		fputs("the card is not running", out);
		return -EINVAL;
	}
	/* nothing leaves the FIFO, until as many have come as it takes and these besides */
	c->inside++;
	c->bus.stalled = true;
	c->feed.order = frames;
	while (c->feed.order && c->pins.state == ACQ_R1_RUNNING && c->pins.s_ready)
		rtl_clock(c);
	waits = c->feed.order && !c->pins.s_ready;
	c->feed.order = 0;
	c->bus.stalled = was;
	c->inside--;
	rtl_feed_rebase(c);
	if (!waits)
		return 0;
	fputs("this core lets its source wait", out);
	return -EINVAL;
}

static bool rtl_order_ns(const char *text, uint64_t *ns)
{
	uint32_t us;

	if (!strcmp(text, "off")) {
		*ns = 0;
		return true;
	}
	if (!option_u32("bus", text, 10, 1, ORDER_US_MOST, &us))
		return false;
	*ns = (uint64_t)us * 1000;
	return true;
}

static const struct option_name order_kinds[] = {
	{ "data", RTL_DATA }, { "record", RTL_RECORD }, { "page", RTL_PAGE },
	{ "message", RTL_MESSAGE }, { NULL, 0 },
};

/* One fault of those that PCI allows */
static bool rtl_order_one(struct rtl_faults *f, const char *name, const char *value)
{
	uint64_t ns;

	if (!strcmp(name, "read"))
		return rtl_order_ns(value, &f->read);
	if (!strcmp(name, "hold"))
		return rtl_order_ns(value, &f->hold);
	if (!strcmp(name, "host"))
		return rtl_order_ns(value, &f->host);
	if (!strcmp(name, "busy"))
		return rtl_order_ns(value, &f->busy);
	if (!strcmp(name, "split"))
		return option_switch(value, &f->split);
	if (!strcmp(name, "slow-idle"))
		return option_switch(value, &f->slow_idle);
	if (!strcmp(name, "all") && rtl_order_ns(value, &ns)) {
		*f = (struct rtl_faults){
			.read = ns, .hold = ns, .host = ns, .busy = ns, .split = ns,
			.slow_idle = f->slow_idle, .wrong = RTL_NOTHING,
		};
		return true;
	}
	return false;
}

int rtl_order_bus(struct rtl *c, int argc, char **argv, FILE *out)
{
	struct rtl_faults *f = &c->bus.faults;
	unsigned int kind;
	uint64_t seed;

	if (argc == 2 && !strcmp(argv[1], "off")) {
		*f = (struct rtl_faults){ .wrong = RTL_NOTHING };
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "seed") &&
	    option_number("seed", argv[2], 10, 1, UINT64_MAX, &seed)) {
		/* small numbers are to differ in all bits */
		c->bus.dice = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
		return 0;
	}
	if (argc == 3 && rtl_order_one(f, argv[1], argv[2]))
		return 0;
	if (argc == 4 && !strcmp(argv[1], "wrong") &&
	    option_find(order_kinds, argv[2], strlen(argv[2]), &kind) &&
	    rtl_order_ns(argv[3], &f->wrong_ns)) {
		f->wrong = f->wrong_ns ? (enum rtl_tlp)kind : RTL_NOTHING;
		return 0;
	}
	fputs("bus off, seed N, or a fault: see help", out);
	return -EINVAL;
}

void rtl_order_print(const struct rtl *c, FILE *out)
{
	const struct rtl_bus *b = &c->bus;

	fprintf(out, " bus_writes=%" PRIu64 " bus_reads=%" PRIu64 " bus_messages=%" PRIu64
		" bus_held=%" PRIu64 " bus_pushed=%" PRIu64 " bus_overtaken=%" PRIu64,
		b->writes, b->reads, b->messages, b->held, b->pushed, b->overtaken);
}
