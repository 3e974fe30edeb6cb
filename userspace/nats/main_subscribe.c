// SPDX-License-Identifier: GPL-2.0-only
/*
 * acq-subscribe: the command 'acq subscribe'.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "exit.h"
#include "identity.h"
#include "report.h"
#include "subscribing.h"
#include "text.h"
#include "utc.h"

enum {
	OPT_CREDS = 256,
	OPT_CA,
	OPT_STREAM,
	OPT_FROM,
	OPT_RECORD,
	OPT_STRICT,
	OPT_JSON,
};

static const struct option long_options[] = {
	{ "server", required_argument, NULL, 's' },
	{ "creds", required_argument, NULL, OPT_CREDS },
	{ "ca", required_argument, NULL, OPT_CA },
	{ "stream", required_argument, NULL, OPT_STREAM },
	{ "from", required_argument, NULL, OPT_FROM },
	{ "output", required_argument, NULL, 'o' },
	{ "record", required_argument, NULL, OPT_RECORD },
	{ "force", no_argument, NULL, 'f' },
	{ "frames", required_argument, NULL, 'n' },
	{ "time", required_argument, NULL, 't' },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "json", optional_argument, NULL, OPT_JSON },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

static void main_subscribe_help(void)
{
	puts("usage: acq subscribe SUBJECT [OPTIONS]\n\n"
	     "Give back the samples that 'acq publish' has published as SUBJECT, on stdout or\n"
	     "as a recording, until the run ends, a limit is reached, or Ctrl-C. Each sample\n"
	     "comes once and in order, or is in a gap that is reported: those of the card, and\n"
	     "what the stream does not have. It waits for servers that are away.\n\n"
	     "Where from:\n"
	     LINK_HELP
	     "      --stream NAME      JetStream stream that keeps them\n"
	     "                         (default: the subject, with '_' in place of '.')\n"
	     "      --from now         begin with what comes (default)\n"
	     "      --from all         with the oldest message that there is\n"
	     "      --from INDEX       with this sample index of the newest run; it may be yet\n"
	     "                         to come\n"
	     "      --from UTC         with what was sampled then: 2026-11-30T12:00:00.5Z\n\n"
	     "Where to:\n"
	     "  -o, --output FILE      to this file (default: stdout)\n"
	     "      --record NAME      as a recording, as 'acq record' makes it\n"
	     "  -f, --force            overwrite an existing recording of that name\n"
	     "  -n, --frames N         take this many frames (k M G: powers of 1000)\n"
	     "  -t, --time TIME        at most this long: 90s, 1h30m, 3d\n"
	     "      --strict           exit with status 3 if there was a gap\n"
	     "      --json[=FILE]      write a summary as a JSON object to FILE; without FILE\n"
	     "                         to stderr, and nothing else there\n"
	     "  -q, --quiet            print only errors\n\n"
	     EXIT_HELP);
}

static int main_subscribe_bad(const char *option, const char *value)
{
	complain("%s: '%s' is not valid", option, value);
	return usage_error("subscribe");
}

static int main_subscribe_from(const char *value, struct subscribing_options *o)
{
	int64_t ns;

	if (!strcmp(value, "now")) {
		o->from = SUBSCRIBING_NOW;
	} else if (!strcmp(value, "all")) {
		o->from = SUBSCRIBING_ALL;
	} else if (utc_parse(value, &ns) && ns >= 0) {
		o->from = SUBSCRIBING_TIME;
		o->at = ns;
	} else if (parse_count(value, &o->at)) {
		o->from = SUBSCRIBING_INDEX;
	} else {
		return main_subscribe_bad("--from", value);
	}
	return EXIT_OK;
}

static int main_subscribe_parse_word(int option, const char *value, struct subscribing_options *o)
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
	case 'o':
		o->output = value;
		break;
	case OPT_RECORD:
		o->record = value;
		break;
	case 'f':
		o->force = true;
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
		main_subscribe_help();
		return -1;
	default:
		return usage_error("subscribe");
	}
	return EXIT_OK;
}

/* Returns an exit status, -1: it was --help. */
static int main_subscribe_parse_option(int option, const char *value,
				       struct subscribing_options *o)
{
	switch (option) {
	case 'n':
		if (!parse_count(value, &o->frames) || !o->frames)
			return main_subscribe_bad("--frames", value);
		return EXIT_OK;
	case 't':
		if (!parse_duration_milli(value, &o->milli) || !o->milli)
			return main_subscribe_bad("--time", value);
		return EXIT_OK;
	case OPT_STREAM:
		if (!*value || strlen(value) > 200 || strpbrk(value, ".*>/\\ \t\n"))
			return main_subscribe_bad("--stream", value);
		o->stream = value;
		return EXIT_OK;
	case OPT_FROM:
		return main_subscribe_from(value, o);
	}
	return main_subscribe_parse_word(option, value, o);
}

static int main_subscribe_parse(int argc, char **argv, struct subscribing_options *o)
{
	int c, status;

	while ((c = getopt_long(argc, argv, "s:o:n:t:fqh", long_options, NULL)) != -1) {
		status = main_subscribe_parse_option(c, optarg, o);
		if (status)
			return status;
	}
	if (argc - optind != 1) {
		complain(argc == optind ? "which subject?" : "one subject");
		return usage_error("subscribe");
	}
	o->subject = argv[optind];
	if (!identity_subject_is_good(o->subject)) {
		complain("'%s' is not a subject: words with '.' between them are, without wildcards",
			 o->subject);
		return usage_error("subscribe");
	}
	if (o->record && o->output) {
		complain("--output or --record, not both");
		return usage_error("subscribe");
	}
	if (o->record)
		return EXIT_OK;
	o->output = o->output ? o->output : "-";
	if (!strcmp(o->output, "-") && isatty(STDOUT_FILENO)) {
		complain("samples do not go to a terminal: name a file with -o, or a recording with --record");
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

int main(int argc, char **argv)
{
	struct subscribing_options o = { .link.name = "acq subscribe" };
	char stream[IDENTITY_SUBJECT_MAX];
	int status;

	if (argc > 1 && !strcmp(argv[1], "--options"))
		options_list();
	status = main_subscribe_parse(argc, argv, &o);
	if (status)
		return status < 0 ? EXIT_OK : status;
	identity_stream(o.subject, stream, sizeof(stream));
	if (!o.stream)
		o.stream = stream;
	report_mute(o.json && !o.json_file);
	report_quiet(o.quiet);
	return subscribing_run(&o);
}
