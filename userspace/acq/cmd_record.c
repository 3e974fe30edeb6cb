// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>

#include "command.h"
#include "device.h"
#include "disk.h"
#include "exit.h"
#include "recording.h"
#include "report.h"
#include "setup.h"
#include "text.h"

enum {
	OPT_CHUNK = 256,
	OPT_DEPTH,
	OPT_OLDEST,
	OPT_CONFIG,
	OPT_START,
	OPT_STOP,
	OPT_TRIGGER,
	OPT_STRICT,
	OPT_JSON,
};

static const struct option long_options[] = {
	{ "frames", required_argument, NULL, 'n' },
	{ "bytes", required_argument, NULL, 'b' },
	{ "time", required_argument, NULL, 't' },
	{ "chunk", required_argument, NULL, OPT_CHUNK },
	{ "depth", required_argument, NULL, OPT_DEPTH },
	{ "oldest", no_argument, NULL, OPT_OLDEST },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "start", no_argument, NULL, OPT_START },
	{ "stop", no_argument, NULL, OPT_STOP },
	{ "trigger", no_argument, NULL, OPT_TRIGGER },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "json", optional_argument, NULL, OPT_JSON },
	{ "force", no_argument, NULL, 'f' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

static void record_help(void)
{
	puts("usage: acq record [DEV] FILE [OPTIONS]\n\n"
	     "Record samples until there are no more, a limit is reached or Ctrl-C: with\n"
	     "direct I/O from the ring to the disk, without a copy. An idle stream is started\n"
	     "with the configuration that stands. FILE.json gets the configuration, where and\n"
	     "when the recording begins, and where samples are missing in it; at each gap,\n"
	     "and once a second. A FILE that exists is left alone, unless --force is given.\n\n"
	     "How much; if one is given, room for it is reserved before:\n"
	     "  -n, --frames N         frames (k M G: powers of 1000)\n"
	     "  -b, --bytes N          bytes, rounded down to whole frames (k M G: of 1024)\n"
	     "  -t, --time SECONDS     no longer than that\n\n"
	     "How:\n"
	     "  -f, --force            overwrite FILE and FILE.json\n"
	     "      --chunk SIZE       bytes of a write (default: 1M, at most an eighth of\n"
	     "                         the ring)\n"
	     "      --depth N          writes at a time (default: 8)\n"
	     "      --oldest           begin with the oldest sample in the ring, not the\n"
	     "                         newest\n"
	     "      --strict           end with status 3 if there was any gap\n"
	     "      --json[=FILE]      a summary as a JSON object to FILE; without FILE to\n"
	     "                         stderr, where nothing else goes then\n"
	     "  -q, --quiet            nothing on stderr but errors\n\n"
	     "The stream (these need permission to write to the device):\n"
	     "      --config K=V,...   change settings before: see 'acq config --help'\n"
	     "      --start            start it by hand: record from its first sample on, and\n"
	     "                         let it run on afterwards\n"
	     "      --stop             stop it afterwards\n"
	     "      --trigger          fire the software trigger once everything is ready\n\n"
	     DEVICE_HELP "\n"
	     EXIT_HELP);
}

static int record_bad(const char *option, const char *value)
{
	complain("%s: '%s' will not do", option, value);
	return usage_error("record");
}

static int record_parse(int argc, char **argv, struct recording_options *o, const char **config)
{
	uint64_t v;
	int c;

	while ((c = getopt_long(argc, argv, "n:b:t:fqh", long_options, NULL)) != -1) {
		switch (c) {
		case 'n':
			if (!parse_count(optarg, &o->frames) || !o->frames)
				return record_bad("--frames", optarg);
			break;
		case 'b':
			if (!parse_size(optarg, &o->bytes) || !o->bytes)
				return record_bad("--bytes", optarg);
			break;
		case 't':
			if (!parse_milli(optarg, &o->milli) || !o->milli)
				return record_bad("--time", optarg);
			break;
		case OPT_CHUNK:
			if (!parse_size(optarg, &o->chunk) || !o->chunk || o->chunk > 1U << 30)
				return record_bad("--chunk", optarg);
			break;
		case OPT_DEPTH:
			if (!parse_count(optarg, &v) || v < 2 || v > DISK_DEPTH_MAX)
				return record_bad("--depth", optarg);
			o->depth = v;
			break;
		case OPT_OLDEST:
			o->oldest = true;
			break;
		case OPT_CONFIG:
			*config = optarg;
			break;
		case OPT_START:
			/* samples between the start and the first read count too */
			o->start = true;
			o->oldest = true;
			break;
		case OPT_STOP:
			o->stop = true;
			break;
		case OPT_TRIGGER:
			o->trigger = true;
			break;
		case OPT_STRICT:
			o->strict = true;
			break;
		case OPT_JSON:
			o->json = true;
			o->json_file = optarg;
			break;
		case 'f':
			o->force = true;
			break;
		case 'q':
			o->quiet = true;
			break;
		case 'h':
			record_help();
			return -1;
		default:
			return usage_error("record");
		}
	}
	if (argc - optind != 1 && argc - optind != 2) {
		complain(argc == optind ? "to which file?" : "one device and one file");
		return usage_error("record");
	}
	return EXIT_OK;
}

int cmd_record(int argc, char **argv)
{
	struct recording_options o = {
		.chunk = 1 << 20,
		.depth = 8,
	};
	const char *config = NULL;
	struct setup setup;
	struct device dev = { };
	int status;

	status = record_parse(argc, argv, &o, &config);
	if (status)
		return status < 0 ? EXIT_OK : status;
	o.output = argv[argc - 1];
	report_mute(o.json && !o.json_file);
	report_quiet(o.quiet);
	status = recording_check(&o);
	if (!status)
		status = device_open(&dev, argc - optind == 2 ? argv[optind] : NULL,
				     config || o.start || o.stop || o.trigger ? O_RDWR : O_RDONLY);
	if (!status && dev.output) {
		complain("%s: it plays, and keeps nothing for who records: 'acq read' gets what it plays",
			 dev.path);
		status = EXIT_SYSTEM;
	}
	if (!status && config) {
		status = setup_plan(&dev, config, &setup);
		o.setup = &setup;
	}
	if (!status)
		status = recording_run(&dev, &o);
	else if (o.json)
		recording_failed(&o, status);
	device_close(&dev);
	return status;
}
