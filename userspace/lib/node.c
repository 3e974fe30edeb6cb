// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What the node is called, and what it is asked.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "node.h"

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

int node_call(const struct acq *acq, unsigned long request, void *arg)
{
	return ioctl(acq->fd, request, arg) < 0 ? -errno : 0;
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
	{ ETIMEDOUT, "The card takes too long" },
	{ EBADMSG, "What was written ends amid a frame" },
	{ ESTALE, "Something else was written in between" },
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

#define NODE_GETTER(name, type, request)					\
	int acq_get_##name(const struct acq *acq, struct type *name)	\
	{								\
		memset(name, 0, sizeof(*name));				\
		return node_call(acq, request, name);			\
	}

NODE_GETTER(info, acq_info, ACQ_IOC_INFO)
NODE_GETTER(config, acq_config, ACQ_IOC_GET_CONFIG)
NODE_GETTER(status, acq_status, ACQ_IOC_STATUS)
NODE_GETTER(gap, acq_gap, ACQ_IOC_GAP)
NODE_GETTER(reader, acq_reader_config, ACQ_IOC_GET_READER)
NODE_GETTER(stats, acq_reader_stats, ACQ_IOC_READER_STATS)

/* What the driver wrote into a configuration is not for it to read. */
#define NODE_CONFIGURE(name, request)					\
	int acq_##name##_config(const struct acq *acq, struct acq_config *config) \
	{								\
		config->frame_bytes = 0;				\
		config->block_used = 0;					\
		return node_call(acq, request, config);			\
	}

NODE_CONFIGURE(try, ACQ_IOC_TRY_CONFIG)
NODE_CONFIGURE(set, ACQ_IOC_SET_CONFIG)

#define NODE_CONTROL(name, request)						\
	int acq_##name(const struct acq *acq)				\
	{								\
		return node_call(acq, request, NULL);			\
	}

NODE_CONTROL(start, ACQ_IOC_START)
NODE_CONTROL(stop, ACQ_IOC_STOP)
NODE_CONTROL(trigger, ACQ_IOC_TRIGGER)
NODE_CONTROL(drop, ACQ_IOC_DROP)

int acq_link(const struct acq *acq, const struct acq *other)
{
	struct acq_link_to to = { .fd = other ? other->fd : -1 };

	return ioctl(acq->fd, ACQ_IOC_LINK, &to) ? -errno : 0;
}
