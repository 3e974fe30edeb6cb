/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of consumers and filters share: modules, and their parameters. */
#ifndef ACQ_TEST_INKERNEL_H
#define ACQ_TEST_INKERNEL_H

#include "guest.h"
#include "messages.h"

#include <sys/syscall.h>

static char buf[1 << 20];

/* Frames of a run that takes a second or less, and that nobody here is too slow for */
#define MANY		(over_fifo() || is_slow() ? 8000 : 30011)

/* A rate for that, and a ring that bears a machine that is late for seconds */
static inline struct acq_config roomy(uint64_t count)
{
	struct acq_config config = plain_config();

	config.rate_millihz = over_fifo() || is_slow() ? 8000000 : 48000000;
	if (over_xdma())
		config.rate_millihz = 128000000;
	config.ring_bytes = 1 << 20;
	config.count = count;
	return config;
}

/* Load a module; 0 or an errno. */
static inline int load(const char *name, const char *options)
{
	char path[200];
	int fd, ret;

	snprintf(path, sizeof(path), "/lib/modules/extra/%s.ko", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	ret = syscall(SYS_finit_module, fd, options, 0) ? errno : 0;
	close(fd);
	return ret;
}

/* Unload it; 0 or an errno. */
static inline int unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? errno : 0;
}

static inline long long number_of(const char *module, const char *param)
{
	char path[200], text[40] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module, param);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return atoll(text);
}

static inline void set_number(const char *module, const char *param, long long value)
{
	char path[200], text[40];

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module, param);
	snprintf(text, sizeof(text), "%lld", value);
	write_file(path, text);
}

#endif /* ACQ_TEST_INKERNEL_H */
