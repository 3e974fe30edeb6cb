// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "account.h"
#include "command.h"
#include "device.h"
#include "disk.h"
#include "exit.h"
#include "recording.h"
#include "report.h"
#include "setup.h"
#include "sigmf_name.h"
#include "text.h"

#define FLUSH_MIN	10		/* milliseconds; more often no disk keeps up */
#define FLUSH_MAX	3600000

enum {
	OPT_CHUNK = 256,
	OPT_DEPTH,
	OPT_FLUSH,
	OPT_REPAIR,
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
	{ "flush", required_argument, NULL, OPT_FLUSH },
	{ "repair", no_argument, NULL, OPT_REPAIR },
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
	puts("usage: acq record [DEV] NAME [OPTIONS]\n"
	     "       acq record --repair NAME\n\n"
	     "Record samples until there are no more, a limit is reached or Ctrl-C: with\n"
	     "direct I/O from the ring to the disk, without a copy. An idle stream is started\n"
	     "with the configuration that stands. A recording is two files, in the format\n"
	     "SigMF: NAME.sigmf-data has the samples, NAME.sigmf-meta what they are, when they\n"
	     "were taken, and where some are missing. Until it is complete, all that is in\n"
	     "NAME.sigmf-journal, which is on the disk with the samples, once a second; after\n"
	     "a crash, --repair makes metadata of it. Files that exist are left alone, unless\n"
	     "--force is given.\n\n"
	     "How much; if one is given, room for it is reserved before:\n"
	     "  -n, --frames N         frames (k M G: powers of 1000)\n"
	     "  -b, --bytes N          bytes, rounded down to whole frames (k M G: of 1024)\n"
	     "  -t, --time SECONDS     no longer than that\n\n"
	     "How:\n"
	     "  -f, --force            overwrite files of that name; with --repair: also if\n"
	     "                         the journal is damaged, and not just cut\n"
	     "      --repair           finish the recording NAME, which was cut by a crash:\n"
	     "                         what was not on the disk yet is cut off\n"
	     "      --flush SECONDS    have samples and journal on the disk so often\n"
	     "                         (default: 1): so much at most is lost in a crash\n"
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

static int record_parse(int argc, char **argv, struct recording_options *o, const char **config,
			bool *repair)
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
		case OPT_FLUSH:
			if (!parse_milli(optarg, &o->flush_milli) || o->flush_milli < FLUSH_MIN ||
			    o->flush_milli > FLUSH_MAX)
				return record_bad("--flush", optarg);
			break;
		case OPT_REPAIR:
			*repair = true;
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
	if (argc - optind != 1 && (argc - optind != 2 || *repair)) {
		complain(argc == optind ? "which name is it to have?" :
			 *repair ? "one recording" : "one device and one name");
		return usage_error("record");
	}
	return EXIT_OK;
}

static int record_repair(const struct recording_options *o)
{
	struct account_repaired found;
	char gaps[TEXT_MAX];
	int status;

	status = account_repair(o->base, o->force, &found);
	if (status && !found.missing)
		return status;
	if (found.was == ACCOUNT_FINISHED) {
		remark("%s%s is finished: there is nothing to repair", o->base, SIGMF_DATA);
		return status;
	}
	if (found.was == ACCOUNT_NONE) {
		remark("%s%s: nothing had been recorded; its files are removed", o->base,
		       SIGMF_DATA);
		return status;
	}
	report_gaps(found.totals.gaps, found.totals.lost, found.totals.estimated, gaps,
		    sizeof(gaps));
	remark("%s%s is finished:\n%" PRIu64 " frames, %.80s; %" PRIu64 " bytes at its end were uncertain and are cut off",
	       o->base, SIGMF_DATA, found.totals.frames, gaps, found.cut);
	return status;
}

static int record_run(const struct recording_options *options, const char *node, const char *config)
{
	struct recording_options o = *options;
	struct setup setup;
	struct device dev = { };
	int status;

	status = recording_check(&o);
	if (!status)
		status = device_open(&dev, node,
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

int cmd_record(int argc, char **argv)
{
	struct recording_options o = {
		.chunk = 1 << 20,
		.depth = 8,
		.flush_milli = 1000,
	};
	const char *config = NULL;
	bool repair = false;
	char *base;
	int status;

	status = record_parse(argc, argv, &o, &config, &repair);
	if (status)
		return status < 0 ? EXIT_OK : status;
	base = sigmf_name_base(argv[argc - 1]);
	if (!base) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	o.base = base;
	report_mute(o.json && !o.json_file);
	report_quiet(o.quiet);
	if (repair)
		status = record_repair(&o);
	else
		status = record_run(&o, argc - optind == 2 ? argv[optind] : NULL, config);
	free(base);
	return status;
}
