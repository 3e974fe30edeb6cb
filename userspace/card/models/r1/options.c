// SPDX-License-Identifier: GPL-2.0-only
/* The options of acq-card that only an ACQ-R1 has. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "option.h"
#include "r1_model.h"

#define PRETRIG_MAX	(1u << 30)

static const char r1_options_usage[] =
"What an ACQ-R1 has besides:\n"
"  --pretrig BYTES      memory for frames before a trigger (default 65536)\n"
"  --without LIST       of dma fifo trig-soft trig-level trig-ext pretrig count ramp prbs link follow\n"
"  --no-dma, --no-fifo  the same for these\n"
"  --formats MASK       sample formats, bit 0: s8 (default 0x3f)\n"
"  --div-min N, --div-max N   of it (default 1 and 16777215)\n"
"  --ts-hz HZ           timestamp counter (default 100000000)\n"
"  --addr-bits N        of DMA addresses (default 64)\n"
"  --block-min LOG2, --block-max LOG2   bytes of a block (default 12 and 22)\n"
"  --blocks-log2 N      entries of the block table (default 12)\n"
"  --all-channels       CHANNEL_MASK is all of them, always\n"
"  --pow2-channels      1, 2, 4, 8, 16 or 32 channels at a time\n"
"  --whole-blocks       with DMA, it tells of complete blocks only\n"
"  --window-32[=upper]  reads of 64 bits of the FIFO window give all ones, or have them\n"
"                       in the upper half (default: two words)\n"
"  --output             there is an output side; its channels, format and rate are the input's\n"
"  --out-rate HZ        reset value of its rate\n"
"  --out-no-dma         its blocks come through the window alone\n"
"  --out-fifo BYTES     between host and converter (default 131072)\n"
"  --out-wait           its converter waits for a slow host, instead of putting out filler\n"
"  --out-free           it waits, and is as fast as the host; --free means both sides\n"
"  --out-record PATH    all that it puts out, filler included\n"
"  --out-loopback       what it puts out is at the inputs, instead of a source\n"
"  --map-version M.N    of the register map (default 1.1)\n";

enum {
	PRETRIG, WITHOUT, NO_DMA, NO_FIFO, FORMATS, DIV_MIN, DIV_MAX, TS_HZ, ADDR_BITS, BLOCK_MIN,
	BLOCK_MAX, BLOCKS, WINDOW, VERSION, OUTPUT, OUT_RATE, OUT_FIFO, OUT_WAIT, OUT_FREE,
	OUT_RECORD, LOOPBACK, OUT_NO_DMA, ALL_CHANNELS, POW2_CHANNELS, WHOLE_BLOCKS,
};

static const char *const r1_options_names[] = {
	[PRETRIG] = "pretrig=", [WITHOUT] = "without=", [NO_DMA] = "no-dma", [NO_FIFO] = "no-fifo",
	[FORMATS] = "formats=", [DIV_MIN] = "div-min=", [DIV_MAX] = "div-max=", [TS_HZ] = "ts-hz=",
	[ADDR_BITS] = "addr-bits=", [BLOCK_MIN] = "block-min=", [BLOCK_MAX] = "block-max=",
	[BLOCKS] = "blocks-log2=", [WINDOW] = "window-32?", [VERSION] = "map-version=",
	[OUTPUT] = "output", [OUT_RATE] = "out-rate=", [OUT_FIFO] = "out-fifo=",
	[OUT_WAIT] = "out-wait", [OUT_FREE] = "out-free", [OUT_RECORD] = "out-record=",
	[LOOPBACK] = "out-loopback", [OUT_NO_DMA] = "out-no-dma",
	[ALL_CHANNELS] = "all-channels", [POW2_CHANNELS] = "pow2-channels",
	[WHOLE_BLOCKS] = "whole-blocks", NULL,
};

static const struct option_name r1_options_caps[] = {
	{ "dma", ACQ_R1_CAP_DMA }, { "fifo", ACQ_R1_CAP_FIFO },
	{ "trig-soft", ACQ_R1_CAP_TRIG_SOFT }, { "trig-level", ACQ_R1_CAP_TRIG_LEVEL },
	{ "trig-ext", ACQ_R1_CAP_TRIG_EXT }, { "pretrig", ACQ_R1_CAP_PRETRIG },
	{ "count", ACQ_R1_CAP_COUNT }, { "ramp", ACQ_R1_CAP_RAMP }, { "prbs", ACQ_R1_CAP_PRBS },
	{ "link", ACQ_R1_CAP_LINK }, { "follow", ACQ_R1_CAP_FOLLOW },
	{ NULL, 0 },
};

static struct r1_config r1_options_config = {
	.version = ACQ_R1_VERSION_MAJOR << 16 | ACQ_R1_VERSION_MINOR,
	.caps = ACQ_R1_CAP_DMA | ACQ_R1_CAP_FIFO | ACQ_R1_CAP_TRIG_SOFT | ACQ_R1_CAP_TRIG_LEVEL |
		ACQ_R1_CAP_TRIG_EXT | ACQ_R1_CAP_PRETRIG | ACQ_R1_CAP_COUNT | ACQ_R1_CAP_RAMP |
		ACQ_R1_CAP_PRBS | ACQ_R1_CAP_LINK | ACQ_R1_CAP_FOLLOW,
	.formats = (1u << ACQ_R1_FORMAT_NUM) - 1,
	.div_min = 1,
	.div_max = 0xffffff,
	.ts_hz = 100000000,
	.pretrig_bytes = 65536,
	.block_min = 12,
	.block_max = 22,
	.table_log2 = 12,
	.addr_bits = 64,
};

static struct r1_config r1_options_output = {
	.caps = ACQ_R1_CAP_DMA | ACQ_R1_CAP_FIFO,
	.fifo_bytes = 128u << 10,
};

static uint32_t r1_options_out_rate;

static bool r1_options_version(const char *option, const char *text, uint32_t *version)
{
	char *dot, *end;
	unsigned long major, minor;

	errno = 0;
	major = strtoul(text, &dot, 10);
	minor = *dot == '.' ? strtoul(dot + 1, &end, 10) : 0;
	if (errno || dot == text || *dot != '.' || end == dot + 1 || *end || major > 0xffff ||
	    minor > 0xffff)
		return option_complain(option, text, "MAJOR.MINOR");
	*version = (uint32_t)(major << 16 | minor);
	return true;
}

static bool r1_options_take_output(unsigned int which, const char *name, const char *arg)
{
	struct r1_config *f = &r1_options_output;

	switch (which) {
	case OUTPUT:
		r1_options_config.output = f;
		return true;
	case OUT_RATE:
		return option_u32(name, arg, 10, 1, UINT32_MAX, &r1_options_out_rate);
	case OUT_FIFO:
		return option_u32(name, arg, 0, 128, 1u << 30, &f->fifo_bytes);
	case OUT_WAIT:
		f->caps |= ACQ_R1_CAP_WAIT;
		return true;
	case OUT_NO_DMA:
		f->caps &= ~ACQ_R1_CAP_DMA;
		return true;
	case OUT_FREE:
		f->free = true;
		return true;
	case OUT_RECORD:
		r1_options_config.record = arg;
		return true;
	case LOOPBACK:
		r1_options_config.loopback = true;
		return true;
	}
	return false;
}

static bool r1_options_take(unsigned int which, const char *name, const char *arg)
{
	struct r1_config *f = &r1_options_config;
	unsigned int value;

	switch (which) {
	case PRETRIG:
		return option_u32(name, arg, 0, 0, PRETRIG_MAX, &f->pretrig_bytes);
	case WITHOUT:
		if (!option_find_all(r1_options_caps, arg, &value))
			return option_complain(name, arg, "a list of capabilities, see --help");
		f->caps &= ~value;
		return true;
	case NO_DMA:
		f->caps &= ~ACQ_R1_CAP_DMA;
		return true;
	case NO_FIFO:
		f->caps &= ~ACQ_R1_CAP_FIFO;
		return true;
	case FORMATS:
		return option_u32(name, arg, 0, 1, (1u << ACQ_R1_FORMAT_NUM) - 1, &f->formats);
	case DIV_MIN:
		return option_u32(name, arg, 0, 1, UINT32_MAX, &f->div_min);
	case DIV_MAX:
		return option_u32(name, arg, 0, 1, UINT32_MAX, &f->div_max);
	case TS_HZ:
		return option_u32(name, arg, 0, 0, UINT32_MAX, &f->ts_hz);
	case ADDR_BITS:
		return option_u32(name, arg, 0, 16, 64, &f->addr_bits);
	case BLOCK_MIN:
		return option_u32(name, arg, 0, 6, 31, &f->block_min);
	case BLOCK_MAX:
		return option_u32(name, arg, 0, 6, 31, &f->block_max);
	case BLOCKS:
		return option_u32(name, arg, 0, 0, 16, &f->table_log2);
	case WINDOW:
		f->window = arg ? R1_WINDOW_32_UPPER : R1_WINDOW_32;
		return !arg || !strcmp(arg, "upper") ||
		       option_complain(name, arg, "upper, or nothing");
	case ALL_CHANNELS:
		f->caps |= ACQ_R1_CAP_ALL_CHANNELS;
		return true;
	case POW2_CHANNELS:
		f->caps |= ACQ_R1_CAP_POW2_CHANNELS;
		return true;
	case WHOLE_BLOCKS:
		f->caps |= ACQ_R1_CAP_WHOLE_BLOCKS;
		return true;
	case VERSION:
		return r1_options_version(name, arg, &f->version);
	}
	return r1_options_take_output(which, name, arg);
}

/* What is the same on both sides is @input's. */
static bool r1_options_settle_output(const struct card_settings *s, const struct r1_config *input)
{
	struct r1_config *f = &r1_options_output;
	struct r1_config own = *f;

	*f = *input;
	f->output = NULL;
	f->caps = own.caps | (input->caps & (ACQ_R1_CAP_LINK | ACQ_R1_CAP_ALL_CHANNELS |
					     ACQ_R1_CAP_POW2_CHANNELS));
	f->free = own.free || s->free;
	f->fifo_bytes = own.fifo_bytes;
	f->pretrig_bytes = 0;
	if (f->free)
		f->caps |= ACQ_R1_CAP_WAIT;
	while (f->block_max > f->block_min && f->fifo_bytes >> f->block_max < 2)
		f->block_max--;
	if (f->fifo_bytes >> f->block_max < 2) {
		fputs("acq-card: the output's FIFO does not hold two blocks\n", stderr);
		return false;
	}
	if (f->record) {
		/* the model does not say what is wrong */
		FILE *file = fopen(f->record, "wbe");

		if (!file) {
			fprintf(stderr, "acq-card: %s: %s\n", f->record, strerror(errno));
			return false;
		}
		fclose(file);
	}
	f->clock = s->clock;
	f->divider = pace_divider(&f->clock, s->clock_given,
				  r1_options_out_rate ? r1_options_out_rate : s->rate, f->div_min,
				  f->div_max);
	return true;
}

static bool r1_options_settle(const struct card_settings *s)
{
	struct r1_config *f = &r1_options_config;

	if (!(f->caps & (ACQ_R1_CAP_DMA | ACQ_R1_CAP_FIFO))) {
		fputs("acq-card: a card needs DMA or FIFO\n", stderr);
		return false;
	}
	if (f->block_min > f->block_max || f->div_min > f->div_max) {
		fputs("acq-card: a minimum is above its maximum\n", stderr);
		return false;
	}
	f->format = s->format;
	if (!(f->formats >> f->format & 1)) {
		f->format = (unsigned int)__builtin_ctz(f->formats);
		fprintf(stderr, "acq-card: --formats does not have the source's: %s instead\n",
			option_formats[f->format].name);
	}
	f->channels = s->channels;
	f->fifo_bytes = s->fifo_bytes;
	if (f->channels * source_format_bytes(f->format) > f->fifo_bytes) {
		fputs("acq-card: the FIFO holds no frame\n", stderr);
		return false;
	}
	if (f->caps & ACQ_R1_CAP_FIFO && f->window == R1_WINDOW_64)
		f->caps |= ACQ_R1_CAP_WINDOW64;
	/* Without the transfer there is nothing of it. */
	if (!(f->caps & ACQ_R1_CAP_FIFO))
		f->caps &= ~ACQ_R1_CAP_FOLLOW;
	if (!(f->caps & ACQ_R1_CAP_DMA))
		f->caps &= ~ACQ_R1_CAP_WHOLE_BLOCKS;
	if (s->waits || s->free)
		f->caps |= ACQ_R1_CAP_WAIT;
	f->clock = s->clock;
	f->divider = pace_divider(&f->clock, s->clock_given, s->rate, f->div_min, f->div_max);
	f->source_frames = s->frames;
	f->free = s->free;
	f->speed = s->speed;
	f->irqs = s->irqs_given ? s->irqs : PCI_IRQ_MSIX;
	f->serial = s->serial;
	f->revision = s->revision_given ? s->revision : 1;
	f->bad_id = s->bad_id;
	f->trace = s->trace;
	if (!f->output && (f->record || f->loopback)) {
		fputs("acq-card: without --output there is nothing to record, or to loop\n",
		      stderr);
		return false;
	}
	/* a wire has no end */
	if (f->loopback)
		f->source_frames = 0;
	if (!f->output) {
		/* nothing to be linked with */
		f->caps &= ~ACQ_R1_CAP_LINK;
		return true;
	}
	f->caps |= ACQ_R1_CAP_OUTPUT;
	return r1_options_settle_output(s, f);
}

static unsigned int r1_options_sources(void)
{
	return 1;
}

static bool r1_options_make(struct card_model *model, struct source **sources,
			    struct faults *faults, const struct card_host *host)
{
	const struct r1_config *f = &r1_options_config;

	return r1_model_new(model, f, sources[0], faults, host);
}

const struct card_kind r1_kind = {
	.name = "acq-r1",
	.usage = r1_options_usage,
	.options = r1_options_names,
	.take = r1_options_take,
	.settle = r1_options_settle,
	.sources = r1_options_sources,
	.make = r1_options_make,
};
