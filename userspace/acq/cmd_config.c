// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "config.h"
#include "device.h"
#include "exit.h"
#include "json.h"
#include "report.h"
#include "setup.h"
#include "text.h"

static void cmd_config_help(void)
{
	puts("usage: acq config [DEV] [KEY=VALUE ...] [--try] [--json]\n\n"
	     "Without settings: show the configuration. With: change these, keep the others,\n"
	     "and say what the card made of them. A stream that is in use cannot be changed.\n\n"
	     "  --try       only say what would stand\n"
	     "  --json      one JSON object on stdout\n\n"
	     "Settings:");
	config_help();
	puts("\nSizes take k M G T of 1024, counts and rates of 1000. What is shown can be given\n"
	     "back: acq config $(cat saved)\n\n"
	     DEVICE_HELP);
}

struct change {
	struct json_object *array;
	bool try;
};

static void cmd_config_tell(void *arg, const char *key, const char *wanted, const char *stands,
			    bool asked)
{
	struct change *change = arg;
	struct json_object *o;

	if (!change->array) {
		setup_remark(key, wanted, stands, asked, change->try);
		return;
	}
	o = json_object_new_object();
	json_text(o, "key", key);
	json_text(o, "wanted", wanted);
	json_text(o, "stands", stands);
	json_flag(o, "asked", asked);
	json_object_array_add(change->array, o);
}

static void cmd_config_print(const struct acq_config *config)
{
	char text[TEXT_MAX];
	unsigned int i;

	for (i = 0; i < CONFIG_KEYS; i++) {
		config_keys[i].print(config, text);
		printf("%s=%s\n", config_keys[i].name, text);
	}
	if (config->frame_bytes)
		remark("(a frame has %u bytes; %u frames make a block)", config->frame_bytes,
		       config->block_used / config->frame_bytes);
}

int cmd_config(int argc, char **argv)
{
	static const struct option options[] = {
		{ "try", no_argument, NULL, 't' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct acq_config wanted, config;
	struct config_asked asked = { };
	struct change change = { };
	const char *name = NULL;
	bool json = false, set;
	char why[512];
	struct device dev;
	int c, err;

	while ((c = getopt_long(argc, argv, "tjh", options, NULL)) != -1) {
		switch (c) {
		case 't':
			change.try = true;
			break;
		case 'j':
			json = true;
			break;
		case 'h':
			cmd_config_help();
			return EXIT_OK;
		default:
			return usage_error("config");
		}
	}
	/* the first argument is the device unless it is a setting; a path may hold a '=' */
	if (optind < argc && (argv[optind][0] == '/' || !strchr(argv[optind], '=')))
		name = argv[optind++];
	set = optind < argc;
	err = device_open(&dev, name, set ? O_RDWR : O_RDONLY);
	if (err)
		return err;
	err = acq_get_config(dev.acq, &wanted);
	if (err) {
		err = device_error(&dev, "ask its configuration", err);
		goto out;
	}
	for (; optind < argc; optind++) {
		if (config_set(&wanted, &asked, argv[optind], why, sizeof(why)))
			continue;
		complain("%s", why);
		err = usage_error("config");
		goto out;
	}
	config = wanted;
	if (set) {
		err = setup_config(&dev, &config, &asked, change.try);
		if (err)
			goto out;
	}
	if (json)
		change.array = json_object_new_array();
	if (set)
		config_changes(&wanted, &config, &asked, cmd_config_tell, &change);
	if (json) {
		struct json_object *o = json_config(&config);

		json_text(o, "device", dev.path);
		json_object_object_add(o, "changes", change.array);
		json_write(o, stdout, 1);
	} else {
		cmd_config_print(&config);
	}
out:
	device_close(&dev);
	return err;
}
