// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "config.h"
#include "exit.h"
#include "names.h"
#include "options.h"

static bool options_listed;

void options_list(void)
{
	options_listed = true;
}

static void options_values(const char *key, const struct names *names)
{
	unsigned int i;

	for (i = 0; i < names->num; i++)
		printf("%s=%s\n", key, names->name[i]);
}

void options_settings(void)
{
	unsigned int i;

	for (i = 0; i < CONFIG_KEYS; i++)
		printf("%s=\n", config_keys[i].name);
	options_values("format", &format_names);
	options_values("trigger", &trigger_names);
	options_values("pattern", &pattern_names);
	options_values("transfer", &transfer_names);
}

static _Noreturn void options_print(const char *letters, const struct option *options)
{
	static const char *const argument[] = {
		[no_argument] = "no",
		[required_argument] = "required",
		[optional_argument] = "optional",
	};

	for (; options->name; options++)
		printf("--%s\t%s\n", options->name, argument[options->has_arg]);
	for (; *letters; letters++)
		if (*letters != ':')
			printf("-%c\t%s\n", *letters, letters[1] == ':' ? "required" : "no");
	exit(fflush(stdout) ? EXIT_SYSTEM : EXIT_OK);
}

int options_next(int argc, char *const *argv, const char *letters, const struct option *options,
		 int *index)
{
	if (options_listed)
		options_print(letters, options);
	return getopt_long(argc, argv, letters, options, index);
}
