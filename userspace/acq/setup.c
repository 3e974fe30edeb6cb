// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "config.h"
#include "exit.h"
#include "report.h"
#include "setup.h"

/* The driver can only say EINVAL; the rest is in what it says of the card. */
static void setup_blame(const struct device *dev, const struct acq_config *config,
			const struct config_asked *asked, const struct acq_info *info)
{
	char text[256];

	if (config_blame(config, info, text, sizeof(text))) {
		complain("%s: %s", dev->path, text);
		return;
	}
	complain("%s: the card cannot do %s; its frames may be fixed: 'acq info' says what it can",
		 dev->path, config_list_asked(config, asked, text, sizeof(text)));
}

int setup_config(const struct device *dev, struct acq_config *config,
		 const struct config_asked *asked, bool try)
{
	struct acq_config wanted = *config;
	struct acq_info info;
	int err;

	err = try ? acq_try_config(dev->acq, config) : acq_set_config(dev->acq, config);
	if (!err)
		return EXIT_OK;
	if (err == -EINVAL && !acq_get_info(dev->acq, &info)) {
		setup_blame(dev, &wanted, asked, &info);
		return EXIT_SYSTEM;
	}
	if (err == -ENOENT) {
		complain("%s: not all filters of %.*s are there: is a module not installed?",
			 dev->path, (int)sizeof(wanted.filter), wanted.filter);
		return EXIT_SYSTEM;
	}
	return device_error(dev, try ? "try the configuration" : "set the configuration", err);
}

void setup_remark(const char *key, const char *wanted, const char *stands, bool asked, bool try)
{
	if (asked)
		remark("%s: %s asked for, %s %s: the nearest that the card can do", key, wanted,
		       stands, try ? "would be set" : "is set");
	else
		remark("%s: %s from %s to %s, to fit the other settings", key,
		       try ? "would change" : "changed", wanted, stands);
}

static void setup_tell(void *arg, const char *key, const char *wanted, const char *stands,
		       bool asked)
{
	(void)arg;
	setup_remark(key, wanted, stands, asked, false);
}

int setup_plan(const struct device *dev, const char *list, struct setup *setup)
{
	char why[512];
	int err;

	*setup = (struct setup){ };
	err = acq_get_config(dev->acq, &setup->wanted);
	if (err)
		return device_error(dev, "read its configuration", err);
	if (!config_set_list(&setup->wanted, &setup->asked, list, why, sizeof(why))) {
		complain("%s", why);
		return usage_error("config");
	}
	setup->config = setup->wanted;
	return setup_config(dev, &setup->config, &setup->asked, true);
}

int setup_make(const struct device *dev, struct setup *setup)
{
	int status;

	setup->config = setup->wanted;
	status = setup_config(dev, &setup->config, &setup->asked, false);
	if (!status)
		config_changes(&setup->wanted, &setup->config, &setup->asked, setup_tell, NULL);
	return status;
}
