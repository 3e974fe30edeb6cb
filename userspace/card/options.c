// SPDX-License-Identifier: GPL-2.0-only
/* The command line of acq-card. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acq_r1.h"
#include "options.h"
#include "pace.h"
#include "pci.h"

/* 44.1, 48 and 32 kHz, their multiples and many fractions divide it */
#define CLOCK_HZ	28224000u
#define CLOCK_RATIO	512u		/* of a source whose rate does not */
#define FIFO_MIN	64u
#define FIFO_MAX	(1u << 30)

static const char usage[] =
"acq-card: simulates an acquisition card for QEMU's vfio-user-pci\n"
"\n"
"  --model NAME         acq-r1 (default), or xdma: a card with AMD's DMA for PCI Express\n"
"  --socket PATH        where QEMU connects (needed)\n"
"  --control PATH       where commands are taken, one a line: try \"help\"\n"
"\n"
"What is at its inputs:\n"
"  --source SPEC        ramp (default), prbs, sine, noise, raw:FILE, or a WAV, FLAC, ... file\n"
"  --loop               begin a file again where it ends; else the run ends there\n"
"  --channels N         1 to 32 (default: the file's, or 2)\n"
"  --format NAME        s8 u8 s16 u16 s32 u32: of raw:FILE, and the register's reset value\n"
"  --rate HZ            reset value of the sample rate (default: the file's, or 48000)\n"
"\n"
"How time passes:\n"
"  --speed X            X times as fast as real (default 1)\n"
"  --wait               the source waits for a slow host: nothing is ever lost\n"
"  --free               it waits, and is as fast as the host\n"
"\n"
"What a card has:\n"
"  --irq LIST           of msix (default), msi, intx; or none\n"
"  --fifo BYTES         between inputs and host (default 65536)\n"
"  --clock HZ           sample clock (default 28224000)\n"
"  --serial HEX         (default 1)\n"
"  --revision N         of the gateware (default 1), or of the PCI function (0)\n"
"  --bad-id             its identity register is wrong\n"
"\n"
"What an ACQ-R1 has besides:\n"
"  --pretrig BYTES      memory for frames before a trigger (default 65536)\n"
"  --without LIST       of dma fifo trig-soft trig-level trig-ext pretrig count ramp prbs\n"
"  --no-dma, --no-fifo  the same for these\n"
"  --formats MASK       sample formats, bit 0: s8 (default 0x3f)\n"
"  --div-min N, --div-max N   of it (default 1 and 16777215)\n"
"  --ts-hz HZ           timestamp counter (default 100000000)\n"
"  --addr-bits N        of DMA addresses (default 64)\n"
"  --block-min LOG2, --block-max LOG2   bytes of a block (default 12 and 22)\n"
"  --blocks-log2 N      entries of the block table (default 12)\n"
"  --window-32[=upper]  reads of 64 bits of the FIFO window give all ones, or have them\n"
"                       in the upper half (default: two words)\n"
"  --map-version M.N    of the register map (default 1.0)\n"
"\n"
"%s"
"\n"
"  --verbose            print what QEMU asks for\n"
"  --trace              print each access to a register\n"
"  --help\n";

/* the last ones are an ACQ-R1's only */
enum {
	OPT_SOCKET = 256, OPT_MODEL, OPT_CONTROL, OPT_SOURCE, OPT_LOOP, OPT_CHANNELS, OPT_FORMAT,
	OPT_RATE, OPT_SPEED, OPT_WAIT, OPT_FREE, OPT_IRQ, OPT_FIFO, OPT_CLOCK, OPT_SERIAL,
	OPT_REVISION, OPT_BAD_ID, OPT_VERBOSE, OPT_TRACE, OPT_HELP,
	OPT_R1, OPT_PRETRIG = OPT_R1, OPT_WITHOUT, OPT_NO_DMA, OPT_NO_FIFO, OPT_FORMATS,
	OPT_DIV_MIN, OPT_DIV_MAX, OPT_TS_HZ, OPT_ADDR_BITS, OPT_BLOCK_MIN, OPT_BLOCK_MAX,
	OPT_BLOCKS, OPT_VERSION, OPT_WINDOW,
};

#define TABLE_MAX	80

static const struct option common[] = {
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "model", required_argument, NULL, OPT_MODEL },
	{ "control", required_argument, NULL, OPT_CONTROL },
	{ "source", required_argument, NULL, OPT_SOURCE },
	{ "loop", no_argument, NULL, OPT_LOOP },
	{ "channels", required_argument, NULL, OPT_CHANNELS },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "speed", required_argument, NULL, OPT_SPEED },
	{ "wait", no_argument, NULL, OPT_WAIT },
	{ "free", no_argument, NULL, OPT_FREE },
	{ "irq", required_argument, NULL, OPT_IRQ },
	{ "fifo", required_argument, NULL, OPT_FIFO },
	{ "pretrig", required_argument, NULL, OPT_PRETRIG },
	{ "without", required_argument, NULL, OPT_WITHOUT },
	{ "no-dma", no_argument, NULL, OPT_NO_DMA },
	{ "no-fifo", no_argument, NULL, OPT_NO_FIFO },
	{ "formats", required_argument, NULL, OPT_FORMATS },
	{ "clock", required_argument, NULL, OPT_CLOCK },
	{ "div-min", required_argument, NULL, OPT_DIV_MIN },
	{ "div-max", required_argument, NULL, OPT_DIV_MAX },
	{ "ts-hz", required_argument, NULL, OPT_TS_HZ },
	{ "addr-bits", required_argument, NULL, OPT_ADDR_BITS },
	{ "block-min", required_argument, NULL, OPT_BLOCK_MIN },
	{ "block-max", required_argument, NULL, OPT_BLOCK_MAX },
	{ "blocks-log2", required_argument, NULL, OPT_BLOCKS },
	{ "serial", required_argument, NULL, OPT_SERIAL },
	{ "revision", required_argument, NULL, OPT_REVISION },
	{ "map-version", required_argument, NULL, OPT_VERSION },
	{ "window-32", optional_argument, NULL, OPT_WINDOW },
	{ "bad-id", no_argument, NULL, OPT_BAD_ID },
	{ "verbose", no_argument, NULL, OPT_VERBOSE },
	{ "trace", no_argument, NULL, OPT_TRACE },
	{ "help", no_argument, NULL, OPT_HELP },
};

static const struct name models[] = {
	{ "acq-r1", MODEL_R1 }, { "xdma", MODEL_XDMA }, { NULL, 0 },
};

static const struct name formats[] = {
	{ "s8", ACQ_R1_FORMAT_S8 }, { "u8", ACQ_R1_FORMAT_U8 }, { "s16", ACQ_R1_FORMAT_S16 },
	{ "u16", ACQ_R1_FORMAT_U16 }, { "s32", ACQ_R1_FORMAT_S32 }, { "u32", ACQ_R1_FORMAT_U32 },
	{ NULL, 0 },
};

static const struct name irq_kinds[] = {
	{ "intx", PCI_IRQ_INTX }, { "msi", PCI_IRQ_MSI }, { "msix", PCI_IRQ_MSIX }, { "none", 0 },
	{ NULL, 0 },
};

static const struct name caps[] = {
	{ "dma", ACQ_R1_CAP_DMA }, { "fifo", ACQ_R1_CAP_FIFO },
	{ "trig-soft", ACQ_R1_CAP_TRIG_SOFT }, { "trig-level", ACQ_R1_CAP_TRIG_LEVEL },
	{ "trig-ext", ACQ_R1_CAP_TRIG_EXT }, { "pretrig", ACQ_R1_CAP_PRETRIG },
	{ "count", ACQ_R1_CAP_COUNT }, { "ramp", ACQ_R1_CAP_RAMP }, { "prbs", ACQ_R1_CAP_PRBS },
	{ NULL, 0 },
};

bool option_complain(const char *option, const char *value, const char *expected)
{
	fprintf(stderr, "acq-card: --%s %s: expected %s\n", option, value, expected);
	return false;
}

bool option_find(const struct name *names, const char *name, size_t length, unsigned int *value)
{
	for (; names->name; names++) {
		if (strlen(names->name) == length && !strncmp(names->name, name, length)) {
			*value = names->value;
			return true;
		}
	}
	return false;
}

/* The values of a list of names, separated by commas, put together. */
static bool find_all(const struct name *names, const char *list, unsigned int *values)
{
	unsigned int value;

	*values = 0;
	for (;;) {
		size_t length = strcspn(list, ",+");

		if (!option_find(names, list, length, &value))
			return false;
		*values |= value;
		if (!list[length])
			return true;
		list += length + 1;
	}
}

bool option_number(const char *option, const char *text, int base, uint64_t least, uint64_t most,
		   uint64_t *value)
{
	char expected[80];
	char *end;

	errno = 0;
	*value = strtoull(text, &end, base);
	if (!errno && end != text && !*end && *text != '-' && *value >= least && *value <= most)
		return true;
	snprintf(expected, sizeof(expected), "a number from %llu to %llu",
		 (unsigned long long)least, (unsigned long long)most);
	return option_complain(option, text, expected);
}

static bool parse_version(const char *option, const char *text, uint32_t *version)
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

static bool take(struct options *o, int id, const char *name, const char *arg)
{
	struct r1_config *card = &o->card;
	unsigned int value;
	uint64_t n = 0;
	bool good;

	if (id >= OPT_XDMA) {
		o->used |= MODEL_XDMA;
		return xdma_take(&o->xdma, (unsigned int)(id - OPT_XDMA), name, arg);
	}
	if (id >= OPT_R1)
		o->used |= MODEL_R1;
	switch (id) {
	case OPT_SOCKET:
		o->socket = arg;
		return true;
	case OPT_MODEL:
		if (!option_find(models, arg, strlen(arg), &value))
			return option_complain(name, arg, "acq-r1 or xdma");
		o->model = value;
		return true;
	case OPT_CONTROL:
		o->control = arg;
		return true;
	case OPT_SOURCE:
		o->source.spec = arg;
		return true;
	case OPT_LOOP:
		o->source.loop = true;
		return true;
	case OPT_CHANNELS:
		good = option_number(name, arg, 10, 1, 32, &n);
		o->source.channels = (unsigned int)n;
		return good;
	case OPT_FORMAT:
		if (!option_find(formats, arg, strlen(arg), &value))
			return option_complain(name, arg, "s8, u8, s16, u16, s32 or u32");
		o->source.format = (int)value;
		return true;
	case OPT_RATE:
		good = option_number(name, arg, 10, 1, UINT32_MAX, &n);
		o->source.rate = (uint32_t)n;
		return good;
	case OPT_SPEED:
		card->speed = pace_parse(arg);
		return card->speed || option_complain(name, arg, "a number from 0.000001 to 1000000");
	case OPT_WAIT:
		o->wait = true;
		return true;
	case OPT_FREE:
		card->free = true;
		return true;
	case OPT_IRQ:
		if (!find_all(irq_kinds, arg, &card->irqs))
			return option_complain(name, arg, "a list of msix, msi and intx, or none");
		return true;
	case OPT_FIFO:
		good = option_number(name, arg, 0, FIFO_MIN, FIFO_MAX, &n);
		card->fifo_bytes = (uint32_t)n;
		return good;
	case OPT_PRETRIG:
		good = option_number(name, arg, 0, 0, FIFO_MAX, &n);
		card->pretrig_bytes = (uint32_t)n;
		return good;
	case OPT_WITHOUT:
		if (!find_all(caps, arg, &value))
			return option_complain(name, arg, "a list of capabilities, see --help");
		card->caps &= ~value;
		return true;
	case OPT_NO_DMA:
		card->caps &= ~ACQ_R1_CAP_DMA;
		return true;
	case OPT_NO_FIFO:
		card->caps &= ~ACQ_R1_CAP_FIFO;
		return true;
	case OPT_FORMATS:
		good = option_number(name, arg, 0, 1, (1u << ACQ_R1_FORMAT_NUM) - 1, &n);
		card->formats = (uint32_t)n;
		return good;
	case OPT_CLOCK:
		good = option_number(name, arg, 0, 1, UINT32_MAX, &n);
		card->clock = (uint32_t)n;
		o->clock_given = true;
		return good;
	case OPT_DIV_MIN:
		good = option_number(name, arg, 0, 1, UINT32_MAX, &n);
		card->div_min = (uint32_t)n;
		return good;
	case OPT_DIV_MAX:
		good = option_number(name, arg, 0, 1, UINT32_MAX, &n);
		card->div_max = (uint32_t)n;
		return good;
	case OPT_TS_HZ:
		good = option_number(name, arg, 0, 1, UINT32_MAX, &n);
		card->ts_hz = (uint32_t)n;
		return good;
	case OPT_ADDR_BITS:
		good = option_number(name, arg, 0, 16, 64, &n);
		card->addr_bits = (unsigned int)n;
		return good;
	case OPT_BLOCK_MIN:
		good = option_number(name, arg, 0, 6, 31, &n);
		card->block_min = (unsigned int)n;
		return good;
	case OPT_BLOCK_MAX:
		good = option_number(name, arg, 0, 6, 31, &n);
		card->block_max = (unsigned int)n;
		return good;
	case OPT_BLOCKS:
		good = option_number(name, arg, 0, 0, 16, &n);
		card->table_log2 = (unsigned int)n;
		return good;
	case OPT_SERIAL:
		return option_number(name, arg, 16, 0, UINT64_MAX, &card->serial);
	case OPT_REVISION:
		good = option_number(name, arg, 0, 0, UINT32_MAX, &n);
		card->revision = (uint32_t)n;
		o->revision_given = true;
		return good;
	case OPT_VERSION:
		return parse_version(name, arg, &card->version);
	case OPT_WINDOW:
		card->window = arg ? R1_WINDOW_32_UPPER : R1_WINDOW_32;
		return !arg || !strcmp(arg, "upper") || option_complain(name, arg, "upper, or nothing");
	case OPT_BAD_ID:
		card->bad_id = true;
		return true;
	case OPT_VERBOSE:
		o->verbose = true;
		return true;
	case OPT_TRACE:
		card->trace = true;
		return true;
	case OPT_HELP:
		o->help = true;
		return true;
	}
	return false;
}

/* All options of all models: those of one that is not chosen get a better answer so. */
static void make_table(struct option *table)
{
	static char names[TABLE_MAX][32];
	size_t n = sizeof(common) / sizeof(*common);

	memcpy(table, common, sizeof(common));
	for (unsigned int i = 0; xdma_options[i]; i++, n++) {
		size_t length = strcspn(xdma_options[i], "=");

		snprintf(names[n], sizeof(names[n]), "%.*s", (int)length, xdma_options[i]);
		table[n] = (struct option){
			names[n], xdma_options[i][length] ? required_argument : no_argument,
			NULL, OPT_XDMA + (int)i,
		};
	}
	table[n] = (struct option){ NULL, 0, NULL, 0 };
}

static bool check_r1(const struct options *o)
{
	if (!(o->card.caps & (ACQ_R1_CAP_DMA | ACQ_R1_CAP_FIFO))) {
		fputs("acq-card: a card needs DMA or FIFO\n", stderr);
		return false;
	}
	if (o->card.block_min > o->card.block_max || o->card.div_min > o->card.div_max) {
		fputs("acq-card: a minimum is above its maximum\n", stderr);
		return false;
	}
	return true;
}

bool options_parse(struct options *o, int argc, char **argv)
{
	struct option table[TABLE_MAX];
	int id, index = 0;

	make_table(table);
	*o = (struct options){
		.model = MODEL_R1,
		.source = { .spec = "ramp", .format = -1 },
		.card = {
			.version = ACQ_R1_VERSION_MAJOR << 16 | ACQ_R1_VERSION_MINOR,
			.revision = 1,
			.serial = 1,
			.irqs = PCI_IRQ_MSIX,
			.caps = ACQ_R1_CAP_DMA | ACQ_R1_CAP_FIFO | ACQ_R1_CAP_TRIG_SOFT |
				ACQ_R1_CAP_TRIG_LEVEL | ACQ_R1_CAP_TRIG_EXT | ACQ_R1_CAP_PRETRIG |
				ACQ_R1_CAP_COUNT | ACQ_R1_CAP_RAMP | ACQ_R1_CAP_PRBS,
			.formats = (1u << ACQ_R1_FORMAT_NUM) - 1,
			.clock = CLOCK_HZ,
			.div_min = 1,
			.div_max = 0xffffff,
			.ts_hz = 100000000,
			.fifo_bytes = 65536,
			.pretrig_bytes = 65536,
			.block_min = 12,
			.block_max = 22,
			.table_log2 = 12,
			.addr_bits = 64,
			.speed = PACE_REAL,
		},
	};
	xdma_defaults(&o->xdma);
	while ((id = getopt_long(argc, argv, "", table, &index)) != -1) {
		if (id == '?' || !take(o, id, table[index].name, optarg)) {
			if (id == '?')
				fputs("acq-card: --help tells the options\n", stderr);
			return false;
		}
	}
	if (o->help) {
		printf(usage, xdma_usage);
		return true;
	}
	if (optind < argc) {
		fprintf(stderr, "acq-card: %s: not an option; --help tells them\n", argv[optind]);
		return false;
	}
	if (!o->socket) {
		fputs("acq-card: --socket PATH is needed; --help tells the options\n", stderr);
		return false;
	}
	if (o->used & ~(unsigned int)o->model) {
		fputs("acq-card: there are options of another model; --help tells them\n", stderr);
		return false;
	}
	return o->model != MODEL_R1 || check_r1(o);
}

bool options_settle(struct options *o, const struct source_info *info)
{
	struct r1_config *card = &o->card;
	uint64_t divider;

	if (o->wait || card->free)
		card->caps |= ACQ_R1_CAP_WAIT;
	card->channels = info->channels;
	card->source_frames = info->frames;
	card->format = info->format;
	if (!(card->formats >> card->format & 1)) {
		card->format = (unsigned int)__builtin_ctz(card->formats);
		fprintf(stderr, "acq-card: --formats does not have the source's: %s instead\n",
			formats[card->format].name);
	}
	if (info->channels * source_format_bytes(card->format) > card->fifo_bytes) {
		fputs("acq-card: the FIFO holds no frame\n", stderr);
		return false;
	}
	if (!o->clock_given && card->clock % info->rate && info->rate <= UINT32_MAX / CLOCK_RATIO)
		card->clock = info->rate * CLOCK_RATIO;
	divider = (card->clock + (uint64_t)info->rate / 2) / info->rate;
	if (divider < card->div_min)
		divider = card->div_min;
	if (divider > card->div_max)
		divider = card->div_max;
	if (card->clock % info->rate || divider != card->clock / info->rate)
		fprintf(stderr, "acq-card: the rate is %.3f Hz instead of %u Hz\n",
			(double)card->clock / (double)divider, info->rate);
	card->divider = (uint32_t)divider;
	return o->model != MODEL_XDMA || xdma_settle(&o->xdma, o);
}
