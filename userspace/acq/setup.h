/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Getting a configuration into a device, and telling what became of it.
 */
#ifndef ACQ_SETUP_H
#define ACQ_SETUP_H

#include <stdbool.h>

#include "config.h"
#include "device.h"

/* Set or try @config, which then has what stands. Returns an exit status. */
int setup_config(const struct device *dev, struct acq_config *config,
		 const struct config_asked *asked, bool try);

/* Remark on a setting that stands otherwise than wanted. */
void setup_remark(const char *key, const char *wanted, const char *stands, bool asked, bool try);

/**
 * struct setup - a change of settings, which is planned before it is made
 * @wanted: what was asked for, and all other settings as they were
 * @config: what the card makes of it
 * @asked: which settings were asked for
 */
struct setup {
	struct acq_config wanted, config;
	struct config_asked asked;
};

/* What would the settings in @list ("key=value,...") make? Returns an exit status. */
int setup_plan(const struct device *dev, const char *list, struct setup *setup);

/* Make the change. Returns an exit status. */
int setup_make(const struct device *dev, struct setup *setup);

#endif /* ACQ_SETUP_H */
