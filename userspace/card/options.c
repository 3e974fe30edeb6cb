// SPDX-License-Identifier: GPL-2.0-only
/* The command line of acq-card: what all cards have, and which models there are. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "option.h"
#include "options.h"
#include "pace.h"
#include "vfu.h"

/* 44.1, 48 and 32 kHz, their multiples and many fractions divide it */
#define CLOCK_HZ	28224000u
#define FIFO_MIN	1u
#define FIFO_MAX	(1u << 30)

#define TABLE_MAX	120
#define NAME_MAX_BYTES	32
#define KIND_ID		1024	/* of the first kind's first option */
#define KIND_IDS	64

static const char options_usage[] =
"simulates an acquisition card for QEMU's vfio-user-pci\n"
"\n"
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
"  --irq LIST           of msix, msi, intx, or none (default: msix, with XDMA all)\n"
"  --fifo BYTES         between inputs and host (default 65536)\n"
"  --clock HZ           sample clock (default 28224000)\n"
"  --serial HEX         (default 1)\n"
"  --revision N         of the gateware (default 1), or of the PCI function (0)\n"
"  --no-soft-reset      D3hot loses nothing; else the way back to D0 is a reset\n"
"  --bad-id             its identity register is wrong\n"
"  --bar-bytes N        its BARs claim to have so many bytes, a power of two from 256\n"
"  --vectors N          of MSI-X, 1 to 32\n"
"  --lie SEED[:KINDS]   it lies from the begin, see \"help\" on the control socket\n"
"\n";

static const char options_usage_end[] =
"  --verbose            print what QEMU asks for\n"
"  --trace              print each access to a register\n"
"  --help\n";

enum {
	SOCKET = 256, MODEL, CONTROL, SOURCE, LOOP, CHANNELS, FORMAT, RATE, SPEED, WAIT, FREE, IRQ,
	FIFO, CLOCK, SERIAL, REVISION, NO_SOFT_RESET, BAD_ID, BAR_BYTES, VECTORS, LIE,
	VERBOSE, TRACE, HELP,
};

static const struct option options_common[] = {
	{ "socket", required_argument, NULL, SOCKET },
	{ "model", required_argument, NULL, MODEL },
	{ "control", required_argument, NULL, CONTROL },
	{ "source", required_argument, NULL, SOURCE },
	{ "loop", no_argument, NULL, LOOP },
	{ "channels", required_argument, NULL, CHANNELS },
	{ "format", required_argument, NULL, FORMAT },
	{ "rate", required_argument, NULL, RATE },
	{ "speed", required_argument, NULL, SPEED },
	{ "wait", no_argument, NULL, WAIT },
	{ "free", no_argument, NULL, FREE },
	{ "irq", required_argument, NULL, IRQ },
	{ "fifo", required_argument, NULL, FIFO },
	{ "clock", required_argument, NULL, CLOCK },
	{ "serial", required_argument, NULL, SERIAL },
	{ "revision", required_argument, NULL, REVISION },
	{ "no-soft-reset", no_argument, NULL, NO_SOFT_RESET },
	{ "bad-id", no_argument, NULL, BAD_ID },
	{ "bar-bytes", required_argument, NULL, BAR_BYTES },
	{ "vectors", required_argument, NULL, VECTORS },
	{ "lie", required_argument, NULL, LIE },
	{ "verbose", no_argument, NULL, VERBOSE },
	{ "trace", no_argument, NULL, TRACE },
	{ "help", no_argument, NULL, HELP },
};

static const struct option_name options_irqs[] = {
	{ "intx", PCI_IRQ_INTX }, { "msi", PCI_IRQ_MSI }, { "msix", PCI_IRQ_MSIX }, { "none", 0 },
	{ NULL, 0 },
};

static bool options_take_kind(struct options *o, const char *name, const char *arg)
{
	for (size_t i = 0; options_kinds[i]; i++) {
		if (!strcmp(arg, options_kinds[i]->name)) {
			o->kind = options_kinds[i];
			return true;
		}
	}
	return option_complain(name, arg, options_models);
}

/* What is at the inputs, and how its time passes */
static bool options_take_source(struct options *o, int id, const char *name, const char *arg)
{
	struct card_settings *card = &o->card;
	unsigned int value;

	switch (id) {
	case SOURCE:
		o->source.spec = arg;
		return true;
	case LOOP:
		o->source.loop = true;
		return true;
	case CHANNELS:
		return option_u32(name, arg, 10, 1, 32, &o->source.channels);
	case FORMAT:
		if (!option_find(option_formats, arg, strlen(arg), &value))
			return option_complain(name, arg, "s8, u8, s16, u16, s32 or u32");
		o->source.format = (int)value;
		return true;
	case RATE:
		return option_u32(name, arg, 10, 1, UINT32_MAX, &o->source.rate);
	case SPEED:
		card->speed = pace_parse(arg);
		return card->speed ||
		       option_complain(name, arg, "a number from 0.000001 to 1000000");
	case WAIT:
		card->waits = true;
		return true;
	case FREE:
		card->free = true;
		return true;
	}
	return false;
}

static bool options_take(struct options *o, int id, const char *name, const char *arg)
{
	struct card_settings *card = &o->card;

	switch (id) {
	case SOCKET:
		o->socket = arg;
		return true;
	case MODEL:
		return options_take_kind(o, name, arg);
	case CONTROL:
		o->control = arg;
		return true;
	case IRQ:
		card->irqs_given = true;
		return option_find_all(options_irqs, arg, &card->irqs) ||
		       option_complain(name, arg, "a list of msix, msi and intx, or none");
	case FIFO:
		return option_u32(name, arg, 0, FIFO_MIN, FIFO_MAX, &card->fifo_bytes);
	case CLOCK:
		card->clock_given = true;
		return option_u32(name, arg, 0, 1, UINT32_MAX, &card->clock);
	case SERIAL:
		return option_number(name, arg, 16, 0, UINT64_MAX, &card->serial);
	case REVISION:
		card->revision_given = true;
		return option_u32(name, arg, 0, 0, UINT32_MAX, &card->revision);
	case NO_SOFT_RESET:
		card->no_soft_reset = true;
		return true;
	case BAD_ID:
		card->bad_id = true;
		return true;
	case BAR_BYTES:
		return option_u32(name, arg, 0, 256, 1u << 24, &card->bar_bytes) &&
		       (!(card->bar_bytes & (card->bar_bytes - 1)) ||
			option_complain(name, arg, "a power of two"));
	case VECTORS:
		return option_u32(name, arg, 10, 1, VFU_VECTORS, &card->vectors);
	case LIE:
		card->lie = arg;
		return true;
	case VERBOSE:
		o->verbose = true;
		return true;
	case TRACE:
		card->trace = true;
		return true;
	case HELP:
		o->help = true;
		return true;
	}
	return options_take_source(o, id, name, arg);
}

/* All options of all models: those of one that is not chosen get a better answer so. */
static void options_make_table(struct option *table)
{
	static char names[TABLE_MAX][NAME_MAX_BYTES];
	size_t n = sizeof(options_common) / sizeof(*options_common);

	memcpy(table, options_common, sizeof(options_common));
	for (size_t kind = 0; options_kinds[kind]; kind++) {
		const char *const *from = options_kinds[kind]->options;

		for (int i = 0; from[i] && n < TABLE_MAX - 1; i++, n++) {
			size_t length = strcspn(from[i], "=?");

			snprintf(names[n], sizeof(names[n]), "%.*s", (int)length, from[i]);
			table[n] = (struct option){
				.name = names[n],
				.has_arg = !from[i][length] ? no_argument :
					   from[i][length] == '=' ? required_argument :
					   optional_argument,
				.val = KIND_ID + (int)kind * KIND_IDS + i,
			};
		}
	}
	table[n] = (struct option){ NULL, 0, NULL, 0 };
}

static void options_print_help(void)
{
	printf("%s: %s", program_invocation_short_name, options_usage);
	printf("  --model NAME         %s; the first one is the default\n", options_models);
	for (size_t i = 0; options_kinds[i]; i++)
		printf("%s\n", options_kinds[i]->usage);
	fputs(options_usage_end, stdout);
}

/* What is wrong about the command line as a whole, or NULL. */
static const char *options_wrong(const struct options *o, unsigned int used)
{
	if (!o->socket)
		return "--socket PATH is needed; --help tells the options";
	for (size_t i = 0; options_kinds[i]; i++) {
		if (used >> i & 1 && o->kind != options_kinds[i])
			return "there are options of another model; --help tells them";
	}
	return NULL;
}

bool options_parse(struct options *o, int argc, char **argv)
{
	struct option table[TABLE_MAX];
	unsigned int used = 0, kind;	/* models that have an option of the command line */
	const char *wrong;
	int id, index = 0;
	bool good;

	options_make_table(table);
	*o = (struct options){
		.kind = options_kinds[0],
		.source = { .spec = "ramp", .format = -1 },
		.card = {
			.serial = 1,
			.clock = CLOCK_HZ,
			.fifo_bytes = 65536,
			.speed = PACE_REAL,
		},
	};
	while ((id = getopt_long(argc, argv, "", table, &index)) != -1) {
		if (id == '?') {
			fputs("acq-card: --help tells the options\n", stderr);
			return false;
		}
		if (id < KIND_ID) {
			good = options_take(o, id, table[index].name, optarg);
		} else {
			kind = (unsigned int)(id - KIND_ID) / KIND_IDS;
			used |= 1u << kind;
			good = options_kinds[kind]->take((unsigned int)(id - KIND_ID) % KIND_IDS,
							 table[index].name, optarg);
		}
		if (!good)
			return false;
	}
	if (o->help) {
		options_print_help();
		return true;
	}
	if (optind < argc) {
		fprintf(stderr, "acq-card: %s: not an option; --help tells them\n", argv[optind]);
		return false;
	}
	wrong = options_wrong(o, used);
	if (wrong)
		fprintf(stderr, "acq-card: %s\n", wrong);
	return !wrong;
}

bool options_settle(struct options *o, const struct source_info *info)
{
	o->card.channels = info->channels;
	o->card.format = info->format;
	o->card.rate = info->rate;
	o->card.frames = info->frames;
	return o->kind->settle(&o->card);
}
