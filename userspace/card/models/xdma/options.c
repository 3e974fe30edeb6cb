// SPDX-License-Identifier: GPL-2.0-only
/* The options of acq-card that only a card with XDMA has. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acq_user.h"
#include "option.h"
#include "xdma_model.h"

#define MEMORY_MAX	(UINT64_C(1) << 30)

static const char xdma_options_usage[] =
"What a card with XDMA has besides (docs/xdma-model.md):\n"
"  --c2h N, --h2c N     DMA channels, 1 to 4 to the host (1), 0 to 4 to the card\n"
"                       (0; as many as to the host with --mm and --loopback)\n"
"  --mm BYTES           memory on the card instead of streams\n"
"  --loopback           what goes to the card by H2C comes back by C2H\n"
"  --h2c-rate HZ        there is a converter behind each H2C stream; its frames are the\n"
"                       sources'\n"
"  --h2c-fifo BYTES     before it (default 65536)\n"
"  --h2c-wait           it waits for a slow host, instead of putting out filler\n"
"  --h2c-free           it waits, and is as fast as the host\n"
"  --h2c-record PATH    all that the first one puts out, filler included\n"
"  --width BITS         of the data path: 64, 128, 256, 512 (default 64)\n"
"  --begin WHEN         of the sources: ready (default), run, enable, power\n"
"  --packets LIST       bytes from one tlast to the next, N,N,..., random:MAX\n"
"                       or steps:STEP:MAX\n"
"  --mark-gaps          tlast before each gap\n"
"  --skew FRAMES        of the signal, from one stream to the next\n"
"  --loss-records N     losses that are kept for the host, 1 to 256 (64)\n"
"  --prefetch N         descriptors that a channel holds, 1 to 64 (16)\n"
"  --dry WHAT           becomes of a C2H descriptor without data at the end of Run: keep\n"
"                       (default: it takes the next data there are), or drop\n"
"  --alignments HEX     the register (default 00010140)\n"
"  --ip-version HEX     in the identifiers (default 06)\n"
"  --pci-id V:D         vendor and device (default 10ee:7024)\n"
"  --subsystem V:D      (default 10ee:0007)\n"
"  --class HEX          (default 070001)\n"
"  --dma-bar N          (default 1 behind the user BAR, else 0)\n"
"  --no-user-bar        the user BAR, which is BAR 0, is not there\n"
"  --bar64              BARs of 64 bits: even numbers\n"
"  --user-irqs N        0 to 16 (default 1)\n";

enum {
	C2H, H2C, MM, LOOPBACK, WIDTH, BEGIN, PACKETS, MARK_GAPS, SKEW, LOSS_RECORDS, PREFETCH,
	DRY, ALIGNMENTS, IP_VERSION, PCI_ID, SUBSYSTEM, CLASS, DMA_BAR, NO_USER_BAR, BAR64,
	USER_IRQS, OUT_RATE, OUT_FIFO, OUT_WAIT, OUT_FREE, OUT_RECORD,
};

static const char *const xdma_options_names[] = {
	[C2H] = "c2h=", [H2C] = "h2c=", [MM] = "mm=", [LOOPBACK] = "loopback", [WIDTH] = "width=",
	[BEGIN] = "begin=", [PACKETS] = "packets=", [MARK_GAPS] = "mark-gaps", [SKEW] = "skew=",
	[LOSS_RECORDS] = "loss-records=", [PREFETCH] = "prefetch=",
	[DRY] = "dry=", [ALIGNMENTS] = "alignments=", [IP_VERSION] = "ip-version=",
	[PCI_ID] = "pci-id=", [SUBSYSTEM] = "subsystem=", [CLASS] = "class=", [DMA_BAR] = "dma-bar=",
	[NO_USER_BAR] = "no-user-bar", [BAR64] = "bar64", [USER_IRQS] = "user-irqs=",
	[OUT_RATE] = "h2c-rate=", [OUT_FIFO] = "h2c-fifo=", [OUT_WAIT] = "h2c-wait",
	[OUT_FREE] = "h2c-free", [OUT_RECORD] = "h2c-record=", NULL,
};

static const struct option_name xdma_options_begins[] = {
	{ "ready", XDMA_BEGIN_READY }, { "run", XDMA_BEGIN_RUN }, { "enable", XDMA_BEGIN_ENABLE },
	{ "power", XDMA_BEGIN_POWER }, { NULL, 0 },
};

#define NOT_GIVEN	UINT32_MAX

static struct xdma_config xdma_options_config = {
	.c2h = 1,
	.h2c = NOT_GIVEN,
	.width = 8,
	.records = 64,
	.prefetch = 16,
	.alignments = 0x00010140,
	.version = 6,
	.dma_bar = NOT_GIVEN,
	.user_bar = true,
	.vendor = 0x10ee,
	.device = 0x7024,
	.subsystem_vendor = 0x10ee,
	.subsystem = 7,
	.class_code = 0x070001,
	.user_irqs = 1,
	.out.fifo_bytes = 65536,
};

static uint32_t xdma_options_out_rate;

static bool xdma_options_pair(const char *name, const char *arg, uint16_t *first,
			      uint16_t *second)
{
	char *colon, *end;
	unsigned long a = strtoul(arg, &colon, 16), b = *colon ? strtoul(colon + 1, &end, 16) : 0;

	if (colon == arg || *colon != ':' || end == colon + 1 || *end || a > 0xffff || b > 0xffff)
		return option_complain(name, arg, "VENDOR:DEVICE, in hexadecimal");
	*first = (uint16_t)a;
	*second = (uint16_t)b;
	return true;
}

/* What it is to PCI */
static bool xdma_options_take_pci(unsigned int which, const char *name, const char *arg)
{
	struct xdma_config *f = &xdma_options_config;

	switch (which) {
	case PCI_ID:
		return xdma_options_pair(name, arg, &f->vendor, &f->device);
	case SUBSYSTEM:
		return xdma_options_pair(name, arg, &f->subsystem_vendor, &f->subsystem);
	case CLASS:
		return option_u32(name, arg, 16, 0, 0xffffff, &f->class_code);
	case DMA_BAR:
		return option_u32(name, arg, 10, 0, PCI_BARS - 1, &f->dma_bar);
	case NO_USER_BAR:
		f->user_bar = false;
		return true;
	case BAR64:
		f->wide_bars = true;
		return true;
	}
	return false;
}

/* The converters behind H2C streams */
static bool xdma_options_take_out(unsigned int which, const char *name, const char *arg)
{
	struct converter_config *f = &xdma_options_config.out;

	switch (which) {
	case OUT_RATE:
		return option_u32(name, arg, 10, 1, UINT32_MAX, &xdma_options_out_rate);
	case OUT_FIFO:
		return option_u32(name, arg, 0, 4 * CONVERTER_FRAME, 1u << 30, &f->fifo_bytes);
	case OUT_WAIT:
		f->waits = true;
		return true;
	case OUT_FREE:
		f->free = true;
		return true;
	case OUT_RECORD:
		f->record = arg;
		return true;
	}
	return xdma_options_take_pci(which, name, arg);
}

static bool xdma_options_take(unsigned int which, const char *name, const char *arg)
{
	struct xdma_config *f = &xdma_options_config;
	unsigned int value;
	uint32_t n;
	bool good;

	switch (which) {
	case C2H:
		return option_u32(name, arg, 10, 1, XDMA_CHANNELS, &f->c2h);
	case H2C:
		return option_u32(name, arg, 10, 0, XDMA_CHANNELS, &f->h2c);
	case MM:
		return option_number(name, arg, 0, 64, MEMORY_MAX, &f->memory);
	case LOOPBACK:
		f->loop = true;
		return true;
	case WIDTH:
		good = option_u32(name, arg, 10, 64, 512, &n);
		f->width = n / 8;
		return good && (!(n & (n - 1)) || option_complain(name, arg, "a power of two"));
	case BEGIN:
		if (!option_find(xdma_options_begins, arg, strlen(arg), &value))
			return option_complain(name, arg, "ready, run, enable or power");
		f->begin = value;
		return true;
	case PACKETS:
		return xdma_packet_parse(arg, &f->packets) ||
		       option_complain(name, arg, XDMA_PACKETS_HELP);
	case MARK_GAPS:
		f->marks = true;
		return true;
	case SKEW:
		return option_number(name, arg, 0, 0, UINT32_MAX, &f->skew);
	case LOSS_RECORDS:
		return option_u32(name, arg, 10, 1, XDMA_RECORDS_MAX, &f->records);
	case PREFETCH:
		return option_u32(name, arg, 10, 1, XDMA_PREFETCH_MAX, &f->prefetch);
	case DRY:
		f->drops = !strcmp(arg, "drop");
		return f->drops || !strcmp(arg, "keep") ||
		       option_complain(name, arg, "keep or drop");
	case ALIGNMENTS:
		return option_u32(name, arg, 16, 0, 0xffffff, &f->alignments);
	case IP_VERSION:
		good = option_u32(name, arg, 16, 0, 0xff, &n);
		f->version = (uint8_t)n;
		return good;
	case USER_IRQS:
		return option_u32(name, arg, 10, 0, XDMA_USER_IRQS, &f->user_irqs);
	}
	return xdma_options_take_out(which, name, arg);
}

static bool xdma_options_settle_out(const struct card_settings *s)
{
	struct xdma_config *f = &xdma_options_config;

	if (!xdma_options_out_rate) {
		if (!f->out.record)
			return true;
		fputs("acq-card: without --h2c-rate there is nothing to record\n", stderr);
		return false;
	}
	if (!f->h2c || f->memory) {
		fputs("acq-card: --h2c-rate needs H2C streams\n", stderr);
		return false;
	}
	f->out.frame = s->channels * source_format_bytes(s->format);
	f->out.clock = s->clock;
	f->out.divider = pace_divider(&f->out.clock, s->clock_given, xdma_options_out_rate, 1,
				      ACQ_USER_DIVIDER_MAX);
	f->out.speed = s->speed;
	f->out.free |= s->free;
	return true;
}

static bool xdma_options_settle(const struct card_settings *s)
{
	struct xdma_config *f = &xdma_options_config;

	if (f->h2c == NOT_GIVEN)
		f->h2c = f->memory || f->loop ? f->c2h : 0;
	if (f->dma_bar == NOT_GIVEN)
		f->dma_bar = f->user_bar ? 1 + f->wide_bars : 0;
	if ((f->user_bar && !f->dma_bar) || (f->wide_bars && f->dma_bar & 1)) {
		fputs("acq-card: the BARs do not fit: the user BAR is BAR 0, BARs of 64 bits have even numbers\n",
		      stderr);
		return false;
	}
	if (f->memory && f->loop) {
		fputs("acq-card: --mm and --loopback exclude each other\n", stderr);
		return false;
	}
	if (f->loop && f->h2c != f->c2h) {
		fputs("acq-card: --loopback needs as many channels in each direction\n", stderr);
		return false;
	}
	if (s->channels * source_format_bytes(s->format) > s->fifo_bytes) {
		fputs("acq-card: the FIFO holds no frame\n", stderr);
		return false;
	}
	f->clock = s->clock;
	f->divider = pace_divider(&f->clock, s->clock_given, s->rate, 1, ACQ_USER_DIVIDER_MAX);
	f->irqs = s->irqs_given ? s->irqs : PCI_IRQ_INTX | PCI_IRQ_MSI | PCI_IRQ_MSIX;
	f->serial = s->serial;
	f->revision = s->revision_given ? (uint8_t)s->revision : 0;
	f->bad_id = s->bad_id;
	f->trace = s->trace;
	f->waits = s->waits;
	f->free = s->free;
	f->speed = s->speed;
	f->channels = s->channels;
	f->format = s->format;
	f->frames = s->frames;
	f->fifo_bytes = s->fifo_bytes;
	return xdma_options_settle_out(s);
}

static unsigned int xdma_options_sources(void)
{
	return xdma_options_config.c2h;
}

static bool xdma_options_make(struct card_model *model, struct source **sources,
			      struct faults *faults, const struct card_host *host)
{
	return xdma_model_new(model, &xdma_options_config, sources, faults, host);
}

const struct card_kind xdma_kind = {
	.name = "xdma",
	.usage = xdma_options_usage,
	.options = xdma_options_names,
	.take = xdma_options_take,
	.settle = xdma_options_settle,
	.sources = xdma_options_sources,
	.make = xdma_options_make,
};
