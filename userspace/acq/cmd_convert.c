// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "convert.h"
#include "exit.h"
#include "names.h"
#include "part_raw.h"
#include "report.h"
#include "text.h"

enum {
	OPT_AS = 256,
	OPT_FROM,
	OPT_TO,
	OPT_SPLIT,
	OPT_FILL,
	OPT_BITS,
	OPT_RF64,
	OPT_RAW,
	OPT_FORMAT,
	OPT_CHANNELS,
	OPT_RATE,
	OPT_FORCE,
	OPT_JSON,
};

static const struct option long_options[] = {
	{ "as", required_argument, NULL, OPT_AS },
	{ "from", required_argument, NULL, OPT_FROM },
	{ "to", required_argument, NULL, OPT_TO },
	{ "frames", required_argument, NULL, 'n' },
	{ "split-at-gaps", no_argument, NULL, OPT_SPLIT },
	{ "fill-gaps", required_argument, NULL, OPT_FILL },
	{ "bits", required_argument, NULL, OPT_BITS },
	{ "rf64", no_argument, NULL, OPT_RF64 },
	{ "raw", required_argument, NULL, OPT_RAW },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "channels", required_argument, NULL, OPT_CHANNELS },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

static void convert_usage(void)
{
	puts("usage: acq convert INPUT OUTPUT [OPTIONS]\n\n"
	     "Write a recording, or a part of it, in another format. INPUT is a recording by\n"
	     "any of its names (NAME, NAME.sigmf-meta, NAME.sigmf-data), a series\n"
	     "(NAME.sigmf-collection), a WAV file, or raw samples. The suffix of OUTPUT\n"
	     "selects the format; '-' is stdout, for CSV:");
	convert_help();
	puts("\nPart (default: all):\n"
	     "      --from POINT       begin at this point\n"
	     "      --to POINT         end before this point\n"
	     "  -n, --frames N         convert N frames\n"
	     RANGE_HELP "\n"
	     "Samples on both sides of a gap are never joined silently. HDF5 and SigMF list\n"
	     "the gaps, and the index in CSV jumps; for WAV and FLAC choose one:\n"
	     "      --split-at-gaps    a file for each part: OUT-000000.wav, OUT-000001.wav...\n"
	     "      --fill-gaps zero   silence in place of the lost frames\n"
	     "      --fill-gaps hold   the last frame before the gap in their place\n\n"
	     "Options:\n"
	     "      --as FORMAT        the format, whatever the suffix of OUTPUT\n"
	     "      --bits N           bits per sample of WAV or FLAC: 8, 16, 24 or 32; low\n"
	     "                         bits that do not fit are dropped\n"
	     "      --rf64             WAV with 64-bit lengths even below 4 GiB\n"
	     "      --force            replace an existing OUTPUT\n"
	     "      --json             write a summary as a JSON object to stderr, and nothing\n"
	     "                         else there\n"
	     "  -q, --quiet            print only errors\n\n"
	     PART_RAW_HELP
	     "      --format F, --channels N   the same one by one\n\n"
	     EXIT_HELP);
}

static int convert_bad(const char *option, const char *value)
{
	complain("%s: '%s' is not valid", option, value);
	return usage_error("convert");
}

static int convert_parse_raw(int c, struct part_raw *raw)
{
	uint64_t v;

	switch (c) {
	case OPT_RAW:
		return part_raw_parse(optarg, raw) ? EXIT_OK : convert_bad("--raw", optarg);
	case OPT_FORMAT:
		raw->format = name_value(&format_names, optarg);
		return raw->format < 0 ? convert_bad("--format", optarg) : EXIT_OK;
	case OPT_CHANNELS:
		if (!parse_count(optarg, &v) || !v || v > PART_CHANNELS_MAX)
			return convert_bad("--channels", optarg);
		raw->channels = v;
		return EXIT_OK;
	}
	return part_raw_parse_rate(optarg, raw) ? EXIT_OK : convert_bad("--rate", optarg);
}

static int convert_parse_gaps(int c, struct convert_options *o)
{
	if (o->gaps != CONVERT_REFUSE) {
		complain("one of --split-at-gaps and --fill-gaps, once");
		return usage_error("convert");
	}
	if (c == OPT_SPLIT)
		o->gaps = CONVERT_SPLIT;
	else if (!strcmp(optarg, "zero"))
		o->gaps = CONVERT_ZERO;
	else if (!strcmp(optarg, "hold"))
		o->gaps = CONVERT_HOLD;
	else
		return convert_bad("--fill-gaps", optarg);
	return EXIT_OK;
}

static int convert_parse_bits(struct convert_options *o)
{
	uint64_t v;

	if (!parse_count(optarg, &v) || !v || v > 32 || v % 8)
		return convert_bad("--bits", optarg);
	o->bits = v;
	return EXIT_OK;
}

/* -1: the help is all */
static int convert_option(int c, struct convert_options *o)
{
	switch (c) {
	case OPT_AS:
		o->as = optarg;
		return EXIT_OK;
	case OPT_FROM:
		return point_parse(optarg, &o->from) ? EXIT_OK : convert_bad("--from", optarg);
	case OPT_TO:
		return point_parse(optarg, &o->to) ? EXIT_OK : convert_bad("--to", optarg);
	case 'n':
		return parse_count(optarg, &o->frames) && o->frames ? EXIT_OK :
		       convert_bad("--frames", optarg);
	case OPT_SPLIT:
	case OPT_FILL:
		return convert_parse_gaps(c, o);
	case OPT_BITS:
		return convert_parse_bits(o);
	case OPT_RF64:
		o->rf64 = true;
		return EXIT_OK;
	case OPT_RAW:
	case OPT_FORMAT:
	case OPT_CHANNELS:
	case OPT_RATE:
		return convert_parse_raw(c, &o->raw);
	case OPT_FORCE:
		o->force = true;
		return EXIT_OK;
	case OPT_JSON:
		o->json = true;
		return EXIT_OK;
	case 'q':
		o->quiet = true;
		return EXIT_OK;
	case 'h':
		convert_usage();
		return -1;
	}
	return usage_error("convert");
}

int cmd_convert(int argc, char **argv)
{
	struct convert_options o = { .raw.format = -1 };
	int c, status;

	while ((c = getopt_long(argc, argv, "n:qh", long_options, NULL)) != -1) {
		status = convert_option(c, &o);
		if (status)
			return status < 0 ? EXIT_OK : status;
	}
	if (argc - optind != 2) {
		complain("convert needs one input and one output");
		return usage_error("convert");
	}
	if (o.frames && o.to.kind != POINT_NONE) {
		complain("--to or --frames, not both");
		return usage_error("convert");
	}
	o.input = argv[optind];
	o.output = argv[optind + 1];
	report_mute(o.json);
	report_quiet(o.quiet);
	return convert_run(&o);
}
