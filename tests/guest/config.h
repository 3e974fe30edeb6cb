/* SPDX-License-Identifier: GPL-2.0-only */
/* The PCI configuration of the first card, behind the driver's back. */
#ifndef ACQ_TEST_CONFIG_H
#define ACQ_TEST_CONFIG_H

#include "guest.h"

#include <linux/pci_regs.h>

static inline int config_file(int flags)
{
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", card_address());
	fd = open(path, flags | O_CLOEXEC);
	CHECK(fd >= 0);
	return fd;
}

static inline uint16_t read_config(unsigned int at)
{
	int fd = config_file(O_RDONLY);
	uint16_t value;

	CHECK_EQ(pread(fd, &value, sizeof(value), at), sizeof(value));
	close(fd);
	return value;
}

/* Set and clear bits of the command register. */
static inline void command(uint16_t set, uint16_t clear)
{
	uint16_t value = (read_config(PCI_COMMAND) & ~clear) | set;
	int fd = config_file(O_RDWR);

	CHECK_EQ(pwrite(fd, &value, sizeof(value), PCI_COMMAND), sizeof(value));
	close(fd);
}

#endif /* ACQ_TEST_CONFIG_H */
