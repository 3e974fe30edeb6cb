// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exit.h"
#include "external.h"
#include "report.h"

static const struct external {
	const char *name, *help, *package, *library;
} externals[] = {
	{ "scope", "a web page that shows the live signal to any browser",
	  "acqdev-scope", "libwebsockets, FFTW and uPlot (docs/scope.md)" },
	{ "publish", "publish the stream on NATS JetStream, for other machines",
	  "acqdev-nats", "libnats" },
	{ "subscribe", "give a published stream back, on stdout or into a recording",
	  "acqdev-nats", "libnats" },
};

#define NUM_EXTERNALS (sizeof(externals) / sizeof(externals[0]))

/* Beside the tool, as a build leaves them, or where "make install" puts them. */
static bool external_find(const struct external *external, char path[PATH_MAX])
{
	static const char * const places[] = { "", "../libexec/acqdev/" };
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
	unsigned int i;
	size_t room;
	char *end;

	path[n > 0 ? n : 0] = '\0';
	end = strrchr(path, '/');
	if (!end)
		return false;
	end++;
	room = PATH_MAX - (end - path);
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if ((size_t)snprintf(end, room, "%sacq-%s", places[i], external->name) < room &&
		    !access(path, X_OK))
			return true;
	return false;
}

void external_help(void)
{
	char path[PATH_MAX];
	unsigned int i;

	for (i = 0; i < NUM_EXTERNALS; i++)
		if (external_find(&externals[i], path))
			printf("  %-9s %s\n", externals[i].name, externals[i].help);
		else
			printf("  %-9s (not installed: package %s)\n", externals[i].name,
			       externals[i].package);
}

void external_list(void)
{
	char path[PATH_MAX];
	unsigned int i;

	for (i = 0; i < NUM_EXTERNALS; i++)
		if (external_find(&externals[i], path))
			printf("%s\t%s\n", externals[i].name, externals[i].help);
}

int external_run(int argc, char **argv)
{
	char path[PATH_MAX];
	unsigned int i;

	(void)argc;
	for (i = 0; i < NUM_EXTERNALS && strcmp(argv[0], externals[i].name); i++)
		;
	if (i == NUM_EXTERNALS)
		return -1;
	if (!external_find(&externals[i], path)) {
		complain("'%s' is not installed: install the package %s, or build with %s",
			 argv[0], externals[i].package, externals[i].library);
		return EXIT_SYSTEM;
	}
	fflush(stdout);
	execv(path, argv);
	complain("%s cannot be run: %s", path, strerror(errno));
	return EXIT_SYSTEM;
}
