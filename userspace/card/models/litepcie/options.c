// SPDX-License-Identifier: GPL-2.0-only
/* The options of acq-card that only a card with LitePCIe has. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "option.h"
#include "litepcie_model.h"

static const char lite_options_usage[] =
"What a card with LitePCIe has besides (docs/litepcie-model.md):\n"
"  --design NAME        m2sdr (default), core, core-msix, multi\n"
"  --dmas N             DMA channels, 1 to 4 (1)\n"
"  --only WHAT          writer or reader: the other direction is not built in\n"
"  --no-dma-loopback    nor the way from Reader to Writer\n"
"  --no-buffering       nor FIFOs with a depth that can be set\n"
"  --csr-little         registers of 64 bits begin with the lower word\n"
"  --addresses BITS     32 or 64 (by the design)\n"
"  --table N            descriptors of a table, 2 to 1024 (256)\n"
"  --beat BITS          of the PHY's data path: 64, 128, 256, 512 (64)\n"
"  --early              a descriptor counts as done one packet too early\n"
"  --msi-enabled        all interrupts are enabled after a reset\n"
"  --ident TEXT         its identifier (by the design)\n"
"  --first HEX          reset value of the scratch register (12345678)\n"
"  --late US            what the Reader has asked for comes so much later (0)\n"
"  --requests N         that it may have asked for, 1 to 64 (8)\n"
"  --stamp-jitter NS    headers' times may be so much late (0)\n"
"  --last BYTES         from one last to the next (never)\n"
"  --card-time NS       of the clock after a reset (0)\n"
"  --each-run           the source begins anew with each start; else it samples on\n"
"  --lite-id V:D        vendor and device (by the design)\n"
"  --out-hz HZ          there is a converter behind each Reader; its frames are the sources'\n"
"  --out-bytes N        FIFO before it (default 65536)\n"
"  --out-waits          it waits for a slow host, instead of putting out filler\n"
"  --out-file PATH      all that the first one puts out, filler included\n";

enum {
	DESIGN, DMAS, ONLY, NO_LOOPBACK, NO_BUFFERING, LITTLE, ADDRESSES, TABLE, BEAT, EARLY,
	MSI_ENABLED, IDENT, FIRST, LATE, REQUESTS, JITTER, LAST, TIME, EACH_RUN, ID, OUT_HZ,
	OUT_BYTES, OUT_WAITS, OUT_FILE,
};

static const char *const lite_options_names[] = {
	[DESIGN] = "design=", [DMAS] = "dmas=", [ONLY] = "only=", [NO_LOOPBACK] = "no-dma-loopback",
	[NO_BUFFERING] = "no-buffering", [LITTLE] = "csr-little", [ADDRESSES] = "addresses=",
	[TABLE] = "table=", [BEAT] = "beat=", [EARLY] = "early", [MSI_ENABLED] = "msi-enabled",
	[IDENT] = "ident=", [FIRST] = "first=", [LATE] = "late=", [REQUESTS] = "requests=",
	[JITTER] = "stamp-jitter=", [LAST] = "last=", [TIME] = "card-time=",
	[EACH_RUN] = "each-run", [ID] = "lite-id=", [OUT_HZ] = "out-hz=",
	[OUT_BYTES] = "out-bytes=", [OUT_WAITS] = "out-waits", [OUT_FILE] = "out-file=", NULL,
};

/* "m2sdr" is as its csr.h has it; LiteX allots the banks of others, these among many. */
static const struct lite_map lite_options_maps[] = {
	{
		.name = "m2sdr", .ident = 0x4000, .phy = 0x5000, .msi = 0x5800, .dma = 0x6000,
		.time = 0x8800, .header = 0xb800, .sync = true, .width = 64,
		.msi_kind = LITE_MSI_ONE, .device = 0x7024,
		.text = "LiteX-M2SDR SoC / m2 variant / built on 2026-05-15 16:58:50",
	}, {
		.name = "core", .ident = 0x2800, .phy = 0x1000, .msi = 0x1800, .dma = 0x3000,
		.width = 32, .msi_kind = LITE_MSI_ONE, .device = 0x7024,
		.text = "LitePCIe standalone core 2026-06-01 10:00:00",
	}, {
		.name = "core-msix", .ident = 0x3000, .phy = 0x1000, .msi = 0x1800, .table = 0x2000,
		.dma = 0x3800, .width = 32, .msi_kind = LITE_MSI_X_WIDE, .device = 0x8038,
		.text = "LitePCIe standalone core 2026-06-01 10:00:00",
	}, {
		.name = "multi", .ident = 0x2000, .phy = 0x4800, .msi = 0x5000, .dma = 0x2800,
		.width = 64, .msi_kind = LITE_MSI_MANY, .device = 0x9034,
		.text = "LiteX SoC on XCU1525 2022-03-04 05:06:07",
	},
};

static struct lite_config lite_options_config = {
	.channels = 1,
	.depth = 256,
	.beat = 8,
	.scratch = LITE_SCRATCH,
	.requests = 8,
	.buffering = true,
	.vendor = 0x10ee,
	.out.fifo_bytes = 65536,
};

static uint32_t lite_options_out_hz;
static uint32_t lite_options_bits;
static uint16_t lite_options_device;
static const char *lite_options_text;

static bool lite_options_id(const char *name, const char *arg)
{
	char *colon, *end;
	unsigned long a = strtoul(arg, &colon, 16), b = *colon ? strtoul(colon + 1, &end, 16) : 0;

	if (colon == arg || *colon != ':' || end == colon + 1 || *end || a > 0xffff || b > 0xffff)
		return option_complain(name, arg, "VENDOR:DEVICE, in hexadecimal");
	lite_options_config.vendor = (uint16_t)a;
	lite_options_device = (uint16_t)b;
	return true;
}

static bool lite_options_take_out(unsigned int which, const char *name, const char *arg)
{
	struct converter_config *c = &lite_options_config.out;

	switch (which) {
	case OUT_HZ:
		return option_u32(name, arg, 10, 1, UINT32_MAX, &lite_options_out_hz);
	case OUT_BYTES:
		return option_u32(name, arg, 0, 4 * CONVERTER_FRAME, 1u << 30, &c->fifo_bytes);
	case OUT_WAITS:
		c->waits = true;
		return true;
	case OUT_FILE:
		c->record = arg;
		return true;
	}
	return false;
}

/* What samples, and when */
static bool lite_options_take_time(unsigned int which, const char *name, const char *arg)
{
	struct lite_config *c = &lite_options_config;

	switch (which) {
	case LATE:
		return option_u32(name, arg, 10, 0, 1000000, &c->late_us);
	case REQUESTS:
		return option_u32(name, arg, 10, 1, LITE_REQUESTS_MAX, &c->requests);
	case JITTER:
		return option_u32(name, arg, 10, 0, 1000000000, &c->jitter_ns);
	case LAST:
		return option_number(name, arg, 0, 8, UINT32_MAX, &c->last);
	case TIME:
		return option_number(name, arg, 0, 0, UINT64_MAX, &c->time_ns);
	case EACH_RUN:
		c->run = true;
		return true;
	case ID:
		return lite_options_id(name, arg);
	case IDENT:
		lite_options_text = arg;
		return strlen(arg) < LITE_IDENT || option_complain(name, arg, "255 characters");
	}
	return lite_options_take_out(which, name, arg);
}

static bool lite_options_take_design(const char *name, const char *arg)
{
	for (size_t i = 0; i < sizeof(lite_options_maps) / sizeof(*lite_options_maps); i++) {
		if (!strcmp(arg, lite_options_maps[i].name)) {
			lite_options_config.map = lite_options_maps[i];
			return true;
		}
	}
	return option_complain(name, arg, "m2sdr, core, core-msix or multi");
}

static bool lite_options_take(unsigned int which, const char *name, const char *arg)
{
	struct lite_config *c = &lite_options_config;
	uint32_t n;

	switch (which) {
	case DESIGN:
		return lite_options_take_design(name, arg);
	case DMAS:
		return option_u32(name, arg, 10, 1, LITE_CHANNELS, &c->channels);
	case ONLY:
		c->no_reader = !strcmp(arg, "writer");
		c->no_writer = !strcmp(arg, "reader");
		return c->no_reader || c->no_writer || option_complain(name, arg, "writer or reader");
	case NO_LOOPBACK:
		c->no_loopback = true;
		return true;
	case NO_BUFFERING:
		c->buffering = false;
		return true;
	case LITTLE:
		c->little = true;
		return true;
	case ADDRESSES:
		return option_u32(name, arg, 10, 32, 64, &lite_options_bits) &&
		       (lite_options_bits % 32 == 0 || option_complain(name, arg, "32 or 64"));
	case TABLE:
		return option_u32(name, arg, 10, 2, LITE_DEPTH_MAX, &c->depth);
	case BEAT:
		if (!option_u32(name, arg, 10, 64, 512, &n) || n & (n - 1))
			return option_complain(name, arg, "64, 128, 256 or 512");
		c->beat = n / 8;
		return true;
	case EARLY:
		c->early = true;
		return true;
	case MSI_ENABLED:
		c->msi_enabled = true;
		return true;
	case FIRST:
		return option_u32(name, arg, 16, 0, UINT32_MAX, &c->scratch);
	}
	return lite_options_take_time(which, name, arg);
}

static bool lite_options_settle_out(const struct card_settings *s)
{
	struct lite_config *c = &lite_options_config;

	if (!lite_options_out_hz) {
		if (!c->out.record)
			return true;
		fputs("acq-card: without --out-hz there is nothing to record\n", stderr);
		return false;
	}
	c->out.frame = c->source_channels * source_format_bytes(s->format);
	c->out.clock = s->clock;
	c->out.divider = pace_divider(&c->out.clock, s->clock_given, lite_options_out_hz, 1,
				      UINT32_MAX);
	c->out.speed = s->speed;
	c->out.free = s->free;
	return true;
}

static bool lite_options_settle(const struct card_settings *s)
{
	struct lite_config *c = &lite_options_config;

	if (!c->map.name)
		c->map = lite_options_maps[0];
	if (lite_options_bits)
		c->map.width = lite_options_bits;
	if (lite_options_device)
		c->map.device = lite_options_device;
	if (lite_options_text)
		c->map.text = lite_options_text;
	c->bad_id = s->bad_id;
	if (c->bad_id)
		c->scratch = 0;
	c->irqs = c->map.table ? PCI_IRQ_MSIX : PCI_IRQ_MSI;
	if (s->irqs_given && s->irqs && s->irqs != c->irqs) {
		fputs("acq-card: a design of LitePCIe interrupts in one way; --irq is not for it\n",
		      stderr);
		return false;
	}
	if (s->irqs_given)
		c->irqs = s->irqs;
	c->revision = s->revision_given ? (uint8_t)s->revision : 0;
	c->serial = s->serial;
	c->trace = s->trace;
	c->waits = s->waits;
	c->free = s->free;
	c->speed = s->speed;
	c->source_channels = s->channels;
	c->format = s->format;
	c->frames = s->frames;
	c->fifo_bytes = s->fifo_bytes;
	if (s->fifo_bytes < 4 * CONVERTER_FRAME) {
		fputs("acq-card: LitePCIe's FIFO has 512 bytes at least\n", stderr);
		return false;
	}
	c->clock = s->clock;
	c->divider = pace_divider(&c->clock, s->clock_given, s->rate, 1, UINT32_MAX);
	return lite_options_settle_out(s);
}

static unsigned int lite_options_sources(void)
{
	return lite_options_config.channels;
}

static bool lite_options_make(struct card_model *model, struct source **sources,
			      struct faults *faults, const struct card_host *host)
{
	return lite_model_new(model, &lite_options_config, sources, faults, host);
}

const struct card_kind lite_kind = {
	.name = "litepcie",
	.usage = lite_options_usage,
	.options = lite_options_names,
	.take = lite_options_take,
	.settle = lite_options_settle,
	.sources = lite_options_sources,
	.make = lite_options_make,
};
