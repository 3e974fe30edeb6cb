/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An open device node, and errors in words that somebody can act on.
 */
#ifndef ACQ_DEVICE_H
#define ACQ_DEVICE_H

#include <stdbool.h>

#include <acq.h>

struct device {
	struct acq *acq;
	char path[256];
	bool output;		/* it plays, and does not acquire */
};

/* Open @arg with O_RDONLY or O_RDWR. Returns an exit status. */
int device_open(struct device *dev, const char *arg, int flags);

/* Open an output to play on; @arg NULL: the first one that there is. Returns an exit status. */
int device_open_output(struct device *dev, const char *arg);

void device_close(struct device *dev);

/* Complain that @doing failed with @err (a negative errno). Returns an exit status. */
int device_error(const struct device *dev, const char *doing, int err);

/* Why nothing came, if the stream's state says so */
void device_remark_nothing(const struct device *dev);

/* Reading failed with @err; *@end becomes a word for it. Returns an exit status. */
int device_read_error(const struct device *dev, int err, const char **end);

/* As well: playing */
int device_write_error(const struct device *dev, int err, const char **end);

#endif /* ACQ_DEVICE_H */
