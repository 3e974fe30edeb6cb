/* SPDX-License-Identifier: GPL-2.0-only */
/* Cards that the user names, and says of what they are the samples. */
#ifndef ACQ_NAMED_H
#define ACQ_NAMED_H

#include <linux/sizes.h>
#include <linux/types.h>
#include <linux/units.h>

#include "../core/card.h"

struct pci_dev;
struct pci_driver;

/* Bounds, where the card has none */
#define ACQ_NAMED_BLOCK_MAX		SZ_4M
#define ACQ_NAMED_BLOCKS_MAX		1024U
#define ACQ_NAMED_RATE_MAX_MILLIHZ	(10ULL * GIGA * MILLI)

/**
 * struct acq_named - what module parameters say of a family's cards
 * @family: its name, with which they begin
 * @ids: which cards: VENDOR:DEVICE,... in hexadecimal; NULL: none
 * @channels: samples in a frame unless configured; 0: as the card says, else 1
 * @channels_min: so many at least
 * @format: of these, by its name
 * @rate: frames a second
 * @format_found: the format of that name
 */
struct acq_named {
	const char *family;
	char *ids;
	unsigned int channels;
	unsigned int channels_min;
	char *format;
	unsigned int rate;
	int format_found;
};

void acq_named_describe(const struct acq_named *named, struct pci_dev *pdev, const char *suffix,
			unsigned int channels, struct acq_info *info, struct acq_config *config);
int acq_named_register(struct acq_named *named, struct pci_driver *driver);

#endif /* ACQ_NAMED_H */
