// SPDX-License-Identifier: GPL-2.0-only
/*
 * acq-scope: what "acq scope" runs.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "exit.h"
#include "report.h"
#include "server.h"
#include "stop.h"
#include "text.h"

#define MAIN_BIND	"127.0.0.1"
#define MAIN_PORT	8710
#define MAIN_VIEWERS	16
#define MAIN_MOST	256

enum {
	OPT_BIND = 256,
	OPT_NAME,
	OPT_VIEWERS,
	OPT_CONTROL,
};

static const struct option long_options[] = {
	{ "bind", required_argument, NULL, OPT_BIND },
	{ "port", required_argument, NULL, 'p' },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "viewers", required_argument, NULL, OPT_VIEWERS },
	{ "control", no_argument, NULL, OPT_CONTROL },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

static void main_help(void)
{
	puts("usage: acq scope [DEV] [OPTIONS]\n\n"
	     "Serve a web page with the live signal: trace, spectrum, waterfall, gaps and\n"
	     "counters. Prints its address, and runs until Ctrl-C. It reads as a monitor, which\n"
	     "never slows the card or other readers, and only while somebody looks; that starts\n"
	     "an idle stream with its current configuration.\n\n"
	     "      --bind ADDRESS   listen there, '0.0.0.0' is everywhere (default: 127.0.0.1,\n"
	     "                       for this machine alone). The page then needs the token that\n"
	     "                       is in the address printed\n"
	     "  -p, --port N         the port (default: 8710); 0: one that is free\n"
	     "      --name HOST      a name of this host that browsers may use, beside its own\n"
	     "                       name, localhost and addresses; may be repeated\n"
	     "      --viewers N      so many may look at once (default: 16)\n"
	     "      --control        the page may also start, stop, trigger and configure the\n"
	     "                       stream; it always needs the token then\n\n"
	     DEVICE_HELP "\n"
	     EXIT_HELP);
}

static int main_bad(const char *option, const char *value)
{
	complain("%s: '%s' is not valid", option, value);
	return usage_error("scope");
}

static int main_option(struct server *server, int c)
{
	struct access *access = &server->access;
	uint64_t v;

	switch (c) {
	case OPT_BIND:
		server->bind = optarg;
		return EXIT_OK;
	case 'p':
		if (!parse_count(optarg, &v) || v > 65535)
			return main_bad("--port", optarg);
		server->port = v;
		return EXIT_OK;
	case OPT_NAME:
		if (access->names == ACCESS_NAMES || !*optarg)
			return main_bad("--name", optarg);
		access->name[access->names++] = optarg;
		return EXIT_OK;
	case OPT_VIEWERS:
		if (!parse_count(optarg, &v) || !v || v > MAIN_MOST)
			return main_bad("--viewers", optarg);
		server->viewers = v;
		return EXIT_OK;
	case OPT_CONTROL:
		server->tap.control = true;
		return EXIT_OK;
	}
	return usage_error("scope");
}

/* Where to look; on all addresses it is by this host's name. */
static void main_print(const struct server *server)
{
	const char *host = server->bind;
	char own[256] = "";

	if (!host)
		host = gethostname(own, sizeof(own) - 1) ? "localhost" : own;
	printf(strchr(host, ':') ? "http://[%s]:%u/" : "http://%s:%u/", host, server->port);
	if (*server->access.token)
		printf("#token=%s", server->access.token);
	putchar('\n');
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct server server = {
		.bind = MAIN_BIND, .port = MAIN_PORT, .viewers = MAIN_VIEWERS,
	};
	int c, status;

	if (argc > 1 && !strcmp(argv[1], "--options"))
		options_list();
	while ((c = getopt_long(argc, argv, "p:h", long_options, NULL)) != -1) {
		if (c == 'h') {
			main_help();
			return EXIT_OK;
		}
		status = main_option(&server, c);
		if (status)
			return status;
	}
	if (argc - optind > 1) {
		complain("one device at a time");
		return usage_error("scope");
	}
	server.tap.name = argv[optind];
	if ((server.tap.control || !access_is_loopback(server.bind)) &&
	    !access_make_token(&server.access)) {
		complain("a token cannot be made: %s", strerror(errno));
		return EXIT_SYSTEM;
	}
	if (!strcmp(server.bind, "0.0.0.0") || !strcmp(server.bind, "::"))
		server.bind = NULL;
	stop_catch();
	status = server_begin(&server);
	if (status)
		return status;
	main_print(&server);
	server_run(&server);
	server_end(&server);
	return EXIT_OK;
}
