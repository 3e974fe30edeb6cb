// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>
#include <stdio.h>

#include "command.h"
#include "device.h"
#include "exit.h"
#include "playing.h"
#include "report.h"
#include "text.h"

enum {
	OPT_LOOP = 256,
	OPT_PREFILL,
	OPT_STOP_AT_UNDERRUN,
	OPT_CONFIG,
	OPT_JSON,
};

static const struct option long_options[] = {
	{ "loop", optional_argument, NULL, OPT_LOOP },
	{ "prefill", required_argument, NULL, OPT_PREFILL },
	{ "stop-at-underrun", no_argument, NULL, OPT_STOP_AT_UNDERRUN },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "json", optional_argument, NULL, OPT_JSON },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

static void write_help(void)
{
	puts("usage: acq write [DEV] FILE [OPTIONS]\n\n"
	     "Play FILE to its last sample; '-' is stdin. A WAV file (integers of 8, 16 or 32\n"
	     "bits) defines rate, format and channels: the card is configured accordingly.\n"
	     "Anything else is raw samples, little endian and interleaved, in the card's\n"
	     "current configuration. Ctrl-C drops what is queued.\n\n"
	     "Options:\n"
	     "      --config K=V,...   change settings first: see 'acq config --help'\n"
	     "      --loop[=N]         play it N times (or until Ctrl-C) without a break\n"
	     "      --prefill SIZE     start when this much is queued (default: 100 ms, or\n"
	     "                         what the ring holds if that is less)\n"
	     "      --json[=FILE]      write a summary as a JSON object to FILE; without FILE\n"
	     "                         to stderr, and nothing else there\n"
	     "  -q, --quiet            print only errors\n\n"
	     "If the next sample comes too late, the card puts out filler: an underrun. Each\n"
	     "is reported: the byte that was late, its sample index, and the number of\n"
	     "frames of filler. The rest is still played, and the exit status is 7:\n"
	     "      --stop-at-underrun play nothing after the first one\n\n"
	     "DEV is a number (1), a name (acqdev1), a path (/dev/acq/by-id/...) or a name in\n"
	     "/dev/acq/by-id. Without it: the first output.\n\n"
	     EXIT_HELP);
}

static int write_bad(const char *option, const char *value)
{
	complain("%s: '%s' is not valid", option, value);
	return usage_error("write");
}

static int write_parse(int argc, char **argv, struct playing_options *o)
{
	uint64_t v;
	int c;

	while ((c = getopt_long(argc, argv, "qh", long_options, NULL)) != -1) {
		switch (c) {
		case OPT_LOOP:
			o->rounds = 0;
			if (optarg && (!parse_count(optarg, &o->rounds) || !o->rounds))
				return write_bad("--loop", optarg);
			break;
		case OPT_PREFILL:
			if (!parse_size(optarg, &v) || !v || v > UINT32_MAX)
				return write_bad("--prefill", optarg);
			o->prefill = v;
			break;
		case OPT_STOP_AT_UNDERRUN:
			o->stop_at_underrun = true;
			break;
		case OPT_CONFIG:
			o->config = optarg;
			break;
		case OPT_JSON:
			o->json = true;
			o->json_file = optarg;
			break;
		case 'q':
			o->quiet = true;
			break;
		case 'h':
			write_help();
			return -1;
		default:
			return usage_error("write");
		}
	}
	if (argc - optind != 1 && argc - optind != 2) {
		complain(argc == optind ? "play which file? ('-' is stdin)" : "one device and one file");
		return usage_error("write");
	}
	return EXIT_OK;
}

int cmd_write(int argc, char **argv)
{
	struct playing_options o = { .rounds = 1 };
	struct device dev = { };
	int status;

	status = write_parse(argc, argv, &o);
	if (status)
		return status < 0 ? EXIT_OK : status;
	o.input = argv[argc - 1];
	report_mute(o.json && !o.json_file);
	report_quiet(o.quiet);
	status = device_open_output(&dev, argc - optind == 2 ? argv[optind] : NULL);
	if (!status)
		status = playing_run(&dev, &o);
	else if (o.json)
		playing_failed(dev.path, &o, status);
	device_close(&dev);
	return status;
}
