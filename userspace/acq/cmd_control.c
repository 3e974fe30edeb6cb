// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "device.h"
#include "exit.h"
#include "json.h"
#include "names.h"
#include "report.h"

static const struct control {
	const char *name;
	int (*call)(const struct acq *acq);
	const char *doing;
	const char *help;
} controls[] = {
	{ "start", acq_start, "start the stream",
	  "Start the stream. It runs until 'acq stop', with or without readers: without\n"
	  "one the ring keeps the newest samples, and 'acq read --oldest' begins at the\n"
	  "oldest." },
	{ "stop", acq_stop, "stop the stream",
	  "Stop the stream. Its readers get what is left in the ring, then the end." },
	{ "trigger", acq_trigger, "fire the software trigger",
	  "Fire the software trigger of a stream that waits for it (trigger=software)." },
};

int cmd_control(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	const struct control *control = controls;
	struct acq_status status;
	struct json_object *o;
	struct device dev;
	bool json = false;
	int c, err;

	while (strcmp(control->name, argv[0]))
		control++;
	while ((c = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		switch (c) {
		case 'j':
			json = true;
			break;
		case 'h':
			printf("usage: acq %s [DEV] [--json]\n\n%s\n\n" DEVICE_HELP, control->name,
			       control->help);
			return EXIT_OK;
		default:
			return usage_error(control->name);
		}
	}
	if (argc - optind > 1) {
		complain("one device at a time");
		return usage_error(control->name);
	}
	err = device_open(&dev, argv[optind], O_RDWR);
	if (err)
		return err;
	err = control->call(dev.acq);
	if (err == -EINVAL && control->call == acq_trigger) {
		complain("%s: no stream waits for a software trigger: 'acq config trigger=software', then start or read it",
			 dev.path);
		err = EXIT_SYSTEM;
	} else if (err) {
		err = device_error(&dev, control->doing, err);
	}
	if (!err && json) {
		err = acq_get_status(dev.acq, &status);
		if (err) {
			err = device_error(&dev, "read its state", err);
		} else {
			o = json_status(&status);
			json_text(o, "device", dev.path);
			json_write(o, stdout, 1);
		}
	}
	device_close(&dev);
	return err;
}
