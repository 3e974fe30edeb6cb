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
#include "nodes.h"
#include "profile.h"
#include "report.h"
#include "setup.h"
#include "text.h"

static void cmd_config_help(void)
{
	puts("usage: acq config [DEV] [KEY=VALUE ...] [--try] [--json] [--save[=FILE]]\n"
	     "       acq config [DEV] --restore[=FILE] [--if-saved] [--try] [--json]\n"
	     "       acq config --save|--restore --all\n\n"
	     "Without settings: print the configuration. With settings: change these, keep\n"
	     "the others, and report what the card rounds. A stream that is in use cannot be\n"
	     "changed.\n\n"
	     "      --save[=FILE]     save the current settings as the card's profile in\n"
	     "                        " PROFILE_DIRECTORY ", named by serial number or slot\n"
	     "      --restore[=FILE]  set what the profile says; change nothing if the card\n"
	     "                        cannot do exactly that\n"
	     "      --if-saved        do nothing if there is no profile\n"
	     "      --all             all cards; one without a profile is left as it is\n"
	     "      --try             change nothing, only print what would be set\n"
	     "      --json            print one JSON object\n\n"
	     "Settings:");
	config_help();
	puts("\nSuffixes k M G T are powers of 1024 for sizes, of 1000 for counts and rates. The\n"
	     "output can be used as input: acq config $(cat saved)\n\n"
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

/* What the command line asks for */
struct cmd_config {
	bool try, json, save, restore, if_saved, all;
	const char *save_to, *restore_from;	/* NULL: the card's profile */
	char **settings;			/* ends with NULL */
};

/* The settings that stand, or would with --try, and what became of those asked for */
static void cmd_config_show(const struct device *dev, const struct cmd_config *ask,
			    const struct setup *setup)
{
	struct change change = { .try = ask->try };
	struct json_object *o;

	if (ask->json)
		change.array = json_object_new_array();
	if (*ask->settings)
		config_changes(&setup->wanted, &setup->config, &setup->asked, cmd_config_tell,
			       &change);
	if (!ask->json) {
		cmd_config_print(&setup->config);
		return;
	}
	o = json_config(&setup->config);
	json_text(o, "device", dev->path);
	json_object_object_add(o, "changes", change.array);
	json_write(o, stdout, 1);
}

static int cmd_config_set(const struct device *dev, const struct cmd_config *ask,
			  struct setup *setup)
{
	char **setting, why[512];

	for (setting = ask->settings; *setting; setting++) {
		if (config_set(&setup->wanted, &setup->asked, *setting, why, sizeof(why)))
			continue;
		complain("%s", why);
		return usage_error("config");
	}
	setup->config = setup->wanted;
	if (!*ask->settings)
		return EXIT_OK;
	return setup_config(dev, &setup->config, &setup->asked, ask->try);
}

static int cmd_config_one(const char *name, const struct cmd_config *ask)
{
	struct setup setup = { };
	struct device dev;
	bool writes = *ask->settings || ask->restore;
	int err;

	err = device_open(&dev, name, writes ? O_RDWR : O_RDONLY);
	if (err)
		return err;
	if (ask->restore) {
		err = profile_restore(&dev, ask->restore_from, ask->try, ask->if_saved,
				      &setup.wanted);
	} else {
		err = acq_get_config(dev.acq, &setup.wanted);
		if (err)
			err = device_error(&dev, "read its configuration", err);
	}
	err = err ?: cmd_config_set(&dev, ask, &setup);
	if (!err && ask->save)
		err = profile_save(&dev, ask->save_to);
	if (!err && !ask->all)
		cmd_config_show(&dev, ask, &setup);
	device_close(&dev);
	return err;
}

/* An error of one card does not stop the others. */
static int cmd_config_all(const struct cmd_config *ask)
{
	struct nodes nodes;
	int i, err, first = EXIT_OK;

	nodes_find(&nodes);
	if (!nodes.num)
		remark("no cards");
	for (i = 0; i < nodes.num; i++) {
		err = cmd_config_one(nodes.name[i], ask);
		first = first ?: err;
	}
	nodes_free(&nodes);
	return first;
}

/* False: with what makes no sense together in @why */
static bool cmd_config_sensible(const struct cmd_config *ask, const char *name, const char **why)
{
	bool file = ask->save_to || ask->restore_from;

	*why = ask->save && ask->restore ? "--save or --restore, not both" :
	       ask->save && ask->try ? "--try saves nothing" :
	       ask->restore && *ask->settings ? "--restore takes all settings from the profile" :
	       ask->if_saved && !ask->restore ? "--if-saved needs --restore" :
	       !ask->all ? NULL :
	       !ask->save && !ask->restore ? "--all is for --save and --restore" :
	       name || file || *ask->settings ? "--all takes no device, file or setting" :
	       ask->json ? "--all writes no JSON" : NULL;
	return !*why;
}

static int cmd_config_option(struct cmd_config *ask, int c)
{
	switch (c) {
	case 't':
		ask->try = true;
		return EXIT_OK;
	case 'j':
		ask->json = true;
		return EXIT_OK;
	case 's':
		ask->save = true;
		ask->save_to = optarg;
		return EXIT_OK;
	case 'r':
		ask->restore = true;
		ask->restore_from = optarg;
		return EXIT_OK;
	case 'i':
		ask->if_saved = true;
		return EXIT_OK;
	case 'a':
		ask->all = true;
		return EXIT_OK;
	default:
		return usage_error("config");
	}
}

int cmd_config(int argc, char **argv)
{
	static const struct option options[] = {
		{ "try", no_argument, NULL, 't' },
		{ "json", no_argument, NULL, 'j' },
		{ "save", optional_argument, NULL, 's' },
		{ "restore", optional_argument, NULL, 'r' },
		{ "if-saved", no_argument, NULL, 'i' },
		{ "all", no_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct cmd_config ask = { };
	const char *name = NULL, *why;
	int c, err;

	while ((c = getopt_long(argc, argv, "tjh", options, NULL)) != -1) {
		if (c == 'h') {
			cmd_config_help();
			return EXIT_OK;
		}
		err = cmd_config_option(&ask, c);
		if (err)
			return err;
	}
	/* the first argument is the device unless it is a setting; a path may hold a '=' */
	if (optind < argc && (argv[optind][0] == '/' || !strchr(argv[optind], '=')))
		name = argv[optind++];
	ask.settings = argv + optind;
	ask.if_saved |= ask.all && ask.restore;
	if (!cmd_config_sensible(&ask, name, &why)) {
		complain("%s", why);
		return usage_error("config");
	}
	return ask.all ? cmd_config_all(&ask) : cmd_config_one(name, &ask);
}
