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

/* Change the settings in @list ("key=value,..."), keep the others. Returns an exit status. */
int setup_list(const struct device *dev, const char *list);

#endif /* ACQ_SETUP_H */
