/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An open device node, and errors told so that somebody can act on them.
 */
#ifndef ACQ_DEVICE_H
#define ACQ_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/acqdev.h>

struct device {
	int fd;
	bool writable;
	char path[256];
};

/* The path that a DEV argument stands for; NULL: the first device. False: too long. */
bool device_path(const char *arg, char *path, size_t size);

/* Open @arg with O_RDONLY or O_RDWR and perhaps O_NONBLOCK. Returns an exit status. */
int device_open(struct device *dev, const char *arg, int flags);

void device_close(struct device *dev);

/* Each returns 0 or a negative errno, which device_error() explains. */
int device_info(const struct device *dev, struct acq_info *info);
int device_config(const struct device *dev, struct acq_config *config);
int device_set_config(const struct device *dev, struct acq_config *config, bool try);
int device_start(const struct device *dev);
int device_stop(const struct device *dev);
int device_trigger(const struct device *dev);
int device_status(const struct device *dev, struct acq_status *status);
int device_gap(const struct device *dev, struct acq_gap *gap);
int device_reader(const struct device *dev, struct acq_reader *reader);
int device_set_reader(const struct device *dev, const struct acq_reader *reader);

/* Complain that @doing failed with @err (a negative errno). Returns an exit status. */
int device_error(const struct device *dev, const char *doing, int err);

#endif /* ACQ_DEVICE_H */
