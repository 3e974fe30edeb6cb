// SPDX-License-Identifier: GPL-2.0-only
/* The options that only the core's card has. */
#include <stdio.h>
#include <string.h>

#include "option.h"
#include "options.h"
#include "rtl.h"

static const char rtl_options_usage[] =
"What the core of gateware/rtl has besides. Channels, format, rate and FIFO are its own:\n"
"  --core NAME          the set of parameters: dma (default), fifo or duplex\n"
"  --bus-seed N         of what the bus does at random, see \"help\" on the control socket\n";

enum { CORE, SEED };

static const char *const rtl_options_names[] = { [CORE] = "core=", [SEED] = "bus-seed=", NULL };

static struct rtl_config rtl_options_config;

static bool rtl_options_take(unsigned int which, const char *name, const char *arg)
{
	if (which == SEED)
		return option_number(name, arg, 10, 1, UINT64_MAX, &rtl_options_config.seed);
	for (size_t i = 0; core_kinds[i]; i++) {
		if (!strcmp(arg, core_kinds[i]->name)) {
			rtl_options_config.core = core_kinds[i];
			return true;
		}
	}
	return option_complain(name, arg, "one that card-rtl.mk names");
}

static bool rtl_options_settle(const struct card_settings *s)
{
	struct rtl_config *f = &rtl_options_config;

	if (!f->core)
		f->core = core_kinds[0];
	if (s->channels != f->core->channels || s->format != f->core->format) {
		fprintf(stderr, "acq-card-rtl: the core has %u channels of %s\n", f->core->channels,
			option_formats[f->core->format].name);
		return false;
	}
	f->irqs = s->irqs_given ? s->irqs : PCI_IRQ_MSIX;
	f->speed = s->speed;
	f->waits = s->waits;
	f->free = s->free;
	f->frames = s->frames;
	f->trace = s->trace;
	return true;
}

static unsigned int rtl_options_sources(void)
{
	return 1;
}

static bool rtl_options_make(struct card_model *model, struct source **sources,
			     struct faults *faults, const struct card_host *host)
{
	return rtl_model_new(model, &rtl_options_config, sources[0], faults, host);
}

const struct card_kind rtl_kind = {
	.name = "rtl",
	.usage = rtl_options_usage,
	.options = rtl_options_names,
	.take = rtl_options_take,
	.settle = rtl_options_settle,
	.sources = rtl_options_sources,
	.make = rtl_options_make,
};

/* of the whole program */
const struct card_kind *const options_kinds[] = { &rtl_kind, NULL };
const char *const options_models = "rtl";
