// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The node: opening, asking, controlling.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib.h"

#define NODE "acqdev"

int acq_path(const char *name, char *path, size_t size)
{
	const char *number;
	size_t len;

	name = name ? name : NODE;
	number = !strncmp(name, NODE, strlen(NODE)) ? name + strlen(NODE) : name;
	/* the first node's number is not written: there may be no udev to link it */
	if (!strcmp(number, "0"))
		number = "";
	if (strchr(name, '/'))
		len = snprintf(path, size, "%s", name);
	else if (strspn(number, "0123456789") == strlen(number))
		len = snprintf(path, size, "/dev/" NODE "%s", number);
	else
		len = snprintf(path, size, "/dev/acq/by-id/%s", name);
	return len < size ? 0 : -ENAMETOOLONG;
}

int lib_call(const struct acq *acq, unsigned long request, void *arg)
{
	return ioctl(acq->fd, request, arg) < 0 ? -errno : 0;
}

int acq_open(struct acq **acq, const char *name, int flags)
{
	struct acq_info info;
	struct acq *new;
	char path[256];
	int err;

	*acq = NULL;
	if (flags != O_RDONLY && flags != O_RDWR)
		return -EINVAL;
	err = acq_path(name, path, sizeof(path));
	if (err)
		return err;
	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->fd = open(path, flags | O_CLOEXEC);
	err = new->fd < 0 ? -errno : acq_get_info(new, &info);
	if (err)
		acq_close(new);
	else
		*acq = new;
	return err;
}

void acq_close(struct acq *acq)
{
	if (!acq)
		return;
	acq_finish(acq);
	if (acq->fd >= 0)
		close(acq->fd);
	free(acq);
}

int acq_fd(const struct acq *acq)
{
	return acq->fd;
}

/* What an errno of a device means: not what its usual words say */
static const struct {
	int err;
	const char *text;
} errors[] = {
	{ ENOTTY, "Not an acqdev device, or its driver is older than this library" },
	{ EPROTO, "The driver broke its contract" },
	{ EBUSY, "The stream or the reader is in use" },
	{ ENODEV, "The card is gone" },
	{ EIO, "The hardware failed" },
	{ EBADF, "Not opened for writing" },
	{ EAGAIN, "Nothing came in time" },
	{ EOPNOTSUPP, "Not possible with this kernel" },
};

const char *acq_errstr(int err)
{
	const char *text;
	size_t i;

	err = err < 0 ? -err : err;
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].err == err)
			return errors[i].text;
	text = strerrordesc_np(err);
	return text ? text : "Unknown error";
}

#define GETTER(name, type, request)					\
	int acq_get_##name(const struct acq *acq, struct type *name)	\
	{								\
		memset(name, 0, sizeof(*name));				\
		return lib_call(acq, request, name);			\
	}

GETTER(info, acq_info, ACQ_IOC_INFO)
GETTER(config, acq_config, ACQ_IOC_GET_CONFIG)
GETTER(status, acq_status, ACQ_IOC_STATUS)
GETTER(gap, acq_gap, ACQ_IOC_GAP)
GETTER(reader, acq_reader_config, ACQ_IOC_GET_READER)
GETTER(stats, acq_reader_stats, ACQ_IOC_READER_STATS)

/* What the driver wrote into a configuration is not for it to read. */
#define CONFIGURE(name, request)					\
	int acq_##name##_config(const struct acq *acq, struct acq_config *config) \
	{								\
		config->frame_bytes = 0;				\
		config->block_used = 0;					\
		return lib_call(acq, request, config);			\
	}

CONFIGURE(try, ACQ_IOC_TRY_CONFIG)
CONFIGURE(set, ACQ_IOC_SET_CONFIG)

#define CONTROL(name, request)						\
	int acq_##name(const struct acq *acq)				\
	{								\
		return lib_call(acq, request, NULL);			\
	}

CONTROL(start, ACQ_IOC_START)
CONTROL(stop, ACQ_IOC_STOP)
CONTROL(trigger, ACQ_IOC_TRIGGER)

int acq_set_reader(struct acq *acq, const struct acq_reader_config *reader)
{
	return lib_call(acq, ACQ_IOC_SET_READER, (void *)reader);
}
