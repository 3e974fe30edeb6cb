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
#include "json.h"
#include "recording.h"
#include "report.h"
#include "resume.h"
#include "setup.h"
#include "sigmf_name.h"
#include "summary.h"
#include "text.h"

#define FLUSH_MIN	10		/* milliseconds; more often no disk keeps up */
#define FLUSH_MAX	3600000

enum {
	OPT_CHUNK = 256,
	OPT_DEPTH,
	OPT_FLUSH,
	OPT_REPAIR,
	OPT_FILE_SIZE,
	OPT_FILE_TIME,
	OPT_SPLIT_AT_GAP,
	OPT_FILES,
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
	{ "max-file-size", required_argument, NULL, OPT_FILE_SIZE },
	{ "max-file-time", required_argument, NULL, OPT_FILE_TIME },
	{ "split-at-gap", no_argument, NULL, OPT_SPLIT_AT_GAP },
	{ "files", required_argument, NULL, OPT_FILES },
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
	     "Record samples from the ring to the disk by direct I/O, without a copy, until\n"
	     "the run ends, a limit is reached, or Ctrl-C. An idle stream is started with its\n"
	     "current configuration. A recording is two files in the SigMF format:\n"
	     "NAME.sigmf-data has the samples, NAME.sigmf-meta says what they are, when they\n"
	     "were taken, and where some are missing. Until the recording is complete, all of\n"
	     "this is in NAME.sigmf-journal, which is flushed with the samples once a second;\n"
	     "after a crash, --repair makes metadata from it. Existing files are left alone\n"
	     "unless --force is given.\n\n"
	     "Limits; with one, room for the whole recording is reserved beforehand:\n"
	     "  -n, --frames N         frames (k M G: powers of 1000)\n"
	     "  -b, --bytes N          bytes, rounded down to whole frames (k M G: of 1024)\n"
	     "  -t, --time TIME        at most this long: 90s, 1h30m, 3d; seconds without a\n"
	     "                         unit\n\n"
	     "A series of files; no sample is in two files, and none is lost between them:\n"
	     "      --max-file-size N  start a new file after N bytes (k M G: of 1024)\n"
	     "      --max-file-time T  start a new file after the samples of this time\n"
	     "      --split-at-gap     start a new file where samples are missing\n"
	     "      --files N          keep the newest, as much as N full files have; remove\n"
	     "                         older ones\n"
	     "The files are NAME-000000, NAME-000001 and so on, and NAME.sigmf-collection\n"
	     "lists them. Conversions of strftime in NAME, such as run-%Y%m%d-%H%M%S, become\n"
	     "the UTC time in place of the number. The same command again continues the series\n"
	     "in a new file, which says how much time is missing; a file that a crash has cut\n"
	     "is repaired first.\n\n"
	     "Options:\n"
	     "  -f, --force            overwrite existing files of that name; with --repair:\n"
	     "                         repair even if the journal is damaged, not just cut\n"
	     "      --repair           finish the recording or series NAME after a crash: cut\n"
	     "                         off data that is not known to be on the disk\n"
	     "      --flush TIME       flush samples and journal to the disk this often\n"
	     "                         (default: 1s); a crash loses at most this much\n"
	     "      --chunk SIZE       bytes per write (default: 1M, at most an eighth of the\n"
	     "                         ring)\n"
	     "      --depth N          writes in flight (default: 8)\n"
	     "      --oldest           begin with the oldest sample in the ring, not the\n"
	     "                         newest\n"
	     "      --strict           exit with status 3 if there was a gap\n"
	     "      --json[=FILE]      write a summary as a JSON object to FILE; without FILE\n"
	     "                         to stderr, and nothing else there\n"
	     "  -q, --quiet            print only errors\n\n"
	     "Stream control (needs permission to write to the device):\n"
	     "      --config K=V,...   change settings first: see 'acq config --help'\n"
	     "      --start            start the stream: record from its first sample, and\n"
	     "                         leave it running afterwards\n"
	     "      --stop             stop the stream afterwards\n"
	     "      --trigger          fire the software trigger once everything is ready\n\n"
	     DEVICE_HELP "\n"
	     EXIT_HELP);
}

static int record_bad(const char *option, const char *value)
{
	complain("%s: '%s' is not valid", option, value);
	return usage_error("record");
}

/* The options that make it a series. Returns an exit status, -1: @option is none of them. */
static int record_parse_files(int option, const char *value, struct reel_options *o)
{
	uint64_t v;

	switch (option) {
	case OPT_FILE_SIZE:
		if (!parse_size(value, &o->file_bytes) || !o->file_bytes)
			return record_bad("--max-file-size", value);
		return EXIT_OK;
	case OPT_FILE_TIME:
		if (!parse_duration(value, &o->file_ns) || !o->file_ns)
			return record_bad("--max-file-time", value);
		return EXIT_OK;
	case OPT_SPLIT_AT_GAP:
		o->split_at_gap = true;
		return EXIT_OK;
	case OPT_FILES:
		/* two at least: one is begun while the one before is completed */
		if (!parse_count(value, &v) || v < 2 || v > UINT32_MAX)
			return record_bad("--files", value);
		o->files = v;
		return EXIT_OK;
	}
	return -1;
}

/* The options with a number. Returns an exit status, -1: @option is none of them. */
static int record_parse_number(int option, const char *value, struct recording_options *o)
{
	uint64_t v;

	switch (option) {
	case 'n':
		if (!parse_count(value, &o->frames) || !o->frames)
			return record_bad("--frames", value);
		return EXIT_OK;
	case 'b':
		if (!parse_size(value, &o->bytes) || !o->bytes)
			return record_bad("--bytes", value);
		return EXIT_OK;
	case 't':
		if (!parse_duration_milli(value, &o->milli) || !o->milli)
			return record_bad("--time", value);
		return EXIT_OK;
	case OPT_CHUNK:
		if (!parse_size(value, &o->chunk) || !o->chunk || o->chunk > 1U << 30)
			return record_bad("--chunk", value);
		return EXIT_OK;
	case OPT_DEPTH:
		if (!parse_count(value, &v) || v < 2 || v > DISK_DEPTH_MAX)
			return record_bad("--depth", value);
		o->depth = v;
		return EXIT_OK;
	case OPT_FLUSH:
		if (!parse_duration_milli(value, &v) || v < FLUSH_MIN || v > FLUSH_MAX)
			return record_bad("--flush", value);
		o->flush_milli = v;
		return EXIT_OK;
	}
	return record_parse_files(option, value, &o->files);
}

/* The rest. Returns an exit status, -1: it was --help. */
static int record_parse_word(int option, char *value, struct recording_options *o,
			     const char **config, bool *repair)
{
	switch (option) {
	case OPT_OLDEST:
		o->oldest = true;
		break;
	case OPT_CONFIG:
		*config = value;
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
		o->json_file = value;
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
	return EXIT_OK;
}

static int record_parse(int argc, char **argv, struct recording_options *o, const char **config,
			bool *repair)
{
	int c, status;

	while ((c = getopt_long(argc, argv, "n:b:t:fqh", long_options, NULL)) != -1) {
		status = record_parse_number(c, optarg, o);
		if (status < 0)
			status = record_parse_word(c, optarg, o, config, repair);
		if (status)
			return status;
	}
	if (argc - optind != 1 && (argc - optind != 2 || *repair)) {
		complain(argc == optind ? "give the recording a name" :
			 *repair ? "one recording at a time" : "one device and one name");
		return usage_error("record");
	}
	return EXIT_OK;
}

static int record_repair_summary(const struct recording_options *o,
				 const struct account_repaired *found, int status)
{
	const struct sigmf_totals *totals = &found->totals;
	struct json_object *object = json_object_new_object();
	struct summary summary;
	int err;

	json_text(object, "file", o->base);
	json_text(object, "was", found->was == ACCOUNT_CUT ? "cut" :
		  found->was == ACCOUNT_FINISHED ? "finished" :
		  found->was == ACCOUNT_BUSY ? "busy" : "none");
	json_u64(object, "exit", status);
	if (*report_last())
		json_text(object, "error", report_last());
	/* the metadata of a finished recording has these already */
	if (found->was == ACCOUNT_CUT) {
		json_u64(object, "frames", totals->frames);
		json_u64(object, "gaps", totals->gaps);
		json_u64(object, "lost", totals->lost);
		json_flag(object, "estimated", totals->estimated);
		json_u64(object, "cut", found->cut);
		json_u64(object, "missing", found->missing);
	}
	err = summary_open(&summary, true, o->json_file);
	if (!err)
		err = summary_write(&summary, object);
	else
		json_object_put(object);
	return status ? status : err;
}

static int record_repair(const struct recording_options *o)
{
	struct account_repaired found;
	char gaps[TEXT_MAX];
	int status;

	if (account_state(o->base) == ACCOUNT_NONE && resume_is_series(o->base))
		return resume_repair(o->base, o->force);
	status = account_repair(o->base, o->force, &found);
	if (o->json)
		return record_repair_summary(o, &found, status);
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
	remark("%s%s is finished:\n%" PRIu64 " frames, %.80s; %" PRIu64 " bytes at its end were not known to be good, and are cut off",
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
		complain("%s: an output cannot be recorded: use 'acq read' to get what it plays",
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
	o.files.name = base;
	o.files.take.force = o.force;
	report_mute(o.json && !o.json_file);
	report_quiet(o.quiet);
	if (repair)
		status = record_repair(&o);
	else
		status = record_run(&o, argc - optind == 2 ? argv[optind] : NULL, config);
	free(base);
	return status;
}
