// SPDX-License-Identifier: GPL-2.0-only
/*
 * acq-publish: the command 'acq publish'.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "device.h"
#include "exit.h"
#include "identity.h"
#include "publishing.h"
#include "report.h"
#include "text.h"

#define MESSAGE_BYTES	(256 << 10)
#define MESSAGE_MAX	(32 << 20)
#define DEPTH		128
#define DEPTH_MAX	16384
#define SPOOL_BYTES	(1ULL << 30)
#define SPOOL_MIN	(1 << 20)
#define REPLICAS_MAX	5

enum {
	OPT_CREDS = 256,
	OPT_CA,
	OPT_SUBJECT,
	OPT_STREAM,
	OPT_REPLICAS,
	OPT_MAX_BYTES,
	OPT_MAX_AGE,
	OPT_DUPLICATES,
	OPT_MEMORY,
	OPT_MESSAGE,
	OPT_IN_FLIGHT,
	OPT_SPOOL,
	OPT_SPOOL_SIZE,
	OPT_OLDEST,
	OPT_START,
	OPT_STRICT,
	OPT_JSON,
};

static const struct option long_options[] = {
	{ "server", required_argument, NULL, 's' },
	{ "creds", required_argument, NULL, OPT_CREDS },
	{ "ca", required_argument, NULL, OPT_CA },
	{ "subject", required_argument, NULL, OPT_SUBJECT },
	{ "stream", required_argument, NULL, OPT_STREAM },
	{ "replicas", required_argument, NULL, OPT_REPLICAS },
	{ "max-bytes", required_argument, NULL, OPT_MAX_BYTES },
	{ "max-age", required_argument, NULL, OPT_MAX_AGE },
	{ "duplicates", required_argument, NULL, OPT_DUPLICATES },
	{ "memory", no_argument, NULL, OPT_MEMORY },
	{ "message", required_argument, NULL, OPT_MESSAGE },
	{ "in-flight", required_argument, NULL, OPT_IN_FLIGHT },
	{ "spool", required_argument, NULL, OPT_SPOOL },
	{ "spool-size", required_argument, NULL, OPT_SPOOL_SIZE },
	{ "frames", required_argument, NULL, 'n' },
	{ "time", required_argument, NULL, 't' },
	{ "oldest", no_argument, NULL, OPT_OLDEST },
	{ "start", no_argument, NULL, OPT_START },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "json", optional_argument, NULL, OPT_JSON },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

static void main_publish_help(void)
{
	puts("usage: acq publish [DEV] [OPTIONS]\n\n"
	     "Publish samples on NATS JetStream, until the run ends, a limit is reached, or\n"
	     "Ctrl-C. Each block of samples is a message, and so is each gap. Samples stay in\n"
	     "the ring until the servers have them; while there is no server, the ring and\n"
	     "then the spool hold them. What these cannot hold is a gap like any other.\n"
	     "'acq subscribe' gives the samples back.\n\n"
	     "Where to:\n"
	     LINK_HELP
	     "      --subject NAME     subject of the messages\n"
	     "                         (default: acqdev.HOST.CARD.blocks)\n"
	     "      --stream NAME      JetStream stream that keeps them, and nothing else\n"
	     "                         (default: the subject, with '_' in place of '.')\n\n"
	     "The stream is created if there is none; if there is, it has to be so:\n"
	     "      --replicas N       servers that have a copy each (default: 1)\n"
	     "      --max-bytes N      older messages go beyond that (k M G: of 1024)\n"
	     "      --max-age TIME     and when they are older than that: 90s, 12h, 7d\n"
	     "      --duplicates TIME  how long the servers know a message again\n"
	     "                         (default: 10m)\n"
	     "      --memory           keep it in memory, not on the servers' disks\n\n"
	     "How:\n"
	     "      --message N        most bytes of samples in a message (default: 256k, at\n"
	     "                         most an eighth of the ring)\n"
	     "      --in-flight N      most messages that are not acknowledged (default: 128)\n"
	     "      --spool DIR        directory for what does not fit in the ring; what is\n"
	     "                         there from an earlier time is published first\n"
	     "      --spool-size N     most bytes in it (default: 1G)\n"
	     "  -n, --frames N         publish this many frames (k M G: powers of 1000)\n"
	     "  -t, --time TIME        at most this long: 90s, 1h30m, 3d\n"
	     "      --oldest           begin with the oldest sample in the ring, not the\n"
	     "                         newest\n"
	     "      --start            start the stream, and leave it running afterwards\n"
	     "      --strict           exit with status 3 if there was a gap\n"
	     "      --json[=FILE]      write a summary as a JSON object to FILE; without FILE\n"
	     "                         to stderr, and nothing else there\n"
	     "  -q, --quiet            print only errors and gaps\n\n"
	     DEVICE_HELP "\n"
	     EXIT_HELP);
}

static int main_publish_bad(const char *option, const char *value)
{
	complain("%s: '%s' is not valid", option, value);
	return usage_error("publish");
}

/* The options of the stream. Returns an exit status, -1: @option is none of them. */
static int main_publish_parse_store(int option, const char *value, struct store_options *o)
{
	switch (option) {
	case OPT_SUBJECT:
		if (!identity_subject_is_good(value))
			return main_publish_bad("--subject", value);
		o->subject = value;
		return EXIT_OK;
	case OPT_STREAM:
		if (!*value || strlen(value) > 200 || strpbrk(value, ".*>/\\ \t\n"))
			return main_publish_bad("--stream", value);
		o->stream = value;
		return EXIT_OK;
	case OPT_REPLICAS:
		if (!parse_count(value, &o->replicas) || !o->replicas || o->replicas > REPLICAS_MAX)
			return main_publish_bad("--replicas", value);
		return EXIT_OK;
	case OPT_MAX_BYTES:
		if (!parse_size(value, &o->max_bytes) || !o->max_bytes || o->max_bytes > INT64_MAX)
			return main_publish_bad("--max-bytes", value);
		return EXIT_OK;
	case OPT_MAX_AGE:
		if (!parse_duration(value, &o->max_age_ns) || o->max_age_ns < 100000000 ||
		    o->max_age_ns > INT64_MAX)
			return main_publish_bad("--max-age", value);
		return EXIT_OK;
	case OPT_DUPLICATES:
		if (!parse_duration(value, &o->duplicates_ns) || o->duplicates_ns < 100000000 ||
		    o->duplicates_ns > INT64_MAX)
			return main_publish_bad("--duplicates", value);
		return EXIT_OK;
	case OPT_MEMORY:
		o->memory = true;
		return EXIT_OK;
	}
	return -1;
}

/* The options with a number. Returns an exit status, -1: @option is none of them. */
static int main_publish_parse_number(int option, const char *value, struct publishing_options *o)
{
	switch (option) {
	case OPT_MESSAGE:
		if (!parse_size(value, &o->message) || !o->message || o->message > MESSAGE_MAX)
			return main_publish_bad("--message", value);
		return EXIT_OK;
	case OPT_IN_FLIGHT:
		if (!parse_count(value, &o->depth) || !o->depth || o->depth > DEPTH_MAX)
			return main_publish_bad("--in-flight", value);
		return EXIT_OK;
	case OPT_SPOOL_SIZE:
		if (!parse_size(value, &o->spool_size) || o->spool_size < SPOOL_MIN)
			return main_publish_bad("--spool-size", value);
		return EXIT_OK;
	case 'n':
		if (!parse_count(value, &o->frames) || !o->frames)
			return main_publish_bad("--frames", value);
		return EXIT_OK;
	case 't':
		if (!parse_duration_milli(value, &o->milli) || !o->milli)
			return main_publish_bad("--time", value);
		return EXIT_OK;
	}
	return main_publish_parse_store(option, value, &o->store);
}

/* The rest. Returns an exit status, -1: it was --help. */
static int main_publish_parse_word(int option, const char *value, struct publishing_options *o)
{
	switch (option) {
	case 's':
		o->link.servers = value;
		break;
	case OPT_CREDS:
		o->link.creds = value;
		break;
	case OPT_CA:
		o->link.ca = value;
		break;
	case OPT_SPOOL:
		o->spool = value;
		break;
	case OPT_OLDEST:
		o->oldest = true;
		break;
	case OPT_START:
		o->start = true;
		break;
	case OPT_STRICT:
		o->strict = true;
		break;
	case OPT_JSON:
		o->json = true;
		o->json_file = value;
		break;
	case 'q':
		o->quiet = true;
		break;
	case 'h':
		main_publish_help();
		return -1;
	default:
		return usage_error("publish");
	}
	return EXIT_OK;
}

static int main_publish_parse(int argc, char **argv, struct publishing_options *o)
{
	int c, status;

	while ((c = getopt_long(argc, argv, "s:n:t:qh", long_options, NULL)) != -1) {
		status = main_publish_parse_number(c, optarg, o);
		if (status < 0)
			status = main_publish_parse_word(c, optarg, o);
		if (status)
			return status;
	}
	if (argc - optind > 1) {
		complain("one device");
		return usage_error("publish");
	}
	return EXIT_OK;
}

int main(int argc, char **argv)
{
	struct publishing_options o = {
		.link.name = "acq publish", .message = MESSAGE_BYTES, .depth = DEPTH,
		.spool_size = SPOOL_BYTES,
	};
	struct device dev;
	int status;

	if (argc > 1 && !strcmp(argv[1], "--options"))
		options_list();
	status = main_publish_parse(argc, argv, &o);
	if (status)
		return status < 0 ? EXIT_OK : status;
	report_mute(o.json && !o.json_file);
	report_quiet(o.quiet);
	status = device_open(&dev, argv[optind], o.start ? O_RDWR : O_RDONLY);
	if (!status && dev.output) {
		complain("%s: it plays, and acquires nothing to be published", dev.path);
		status = EXIT_SYSTEM;
	}
	if (!status)
		status = publishing_run(&dev, &o);
	device_close(&dev);
	return status;
}
