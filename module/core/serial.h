/* SPDX-License-Identifier: GPL-2.0-only */
/* Serial numbers in use: a name that two cards have would be nobody's name. */
#ifndef ACQ_SERIAL_H
#define ACQ_SERIAL_H

#include <linux/list.h>

struct acq_info;
struct device;

/**
 * struct acq_serial - a claim to a serial number
 * @node: among all claims; empty: none
 * @info: what the claimant is
 */
struct acq_serial {
	struct list_head node;
	const struct acq_info *info;
};

void acq_serial_init(struct acq_serial *serial);
void acq_serial_claim(struct acq_serial *serial, struct device *dev, struct acq_info *info);
void acq_serial_release(struct acq_serial *serial);

#endif /* ACQ_SERIAL_H */
