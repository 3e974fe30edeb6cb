// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device.h"
#include "exit.h"
#include "report.h"

#define NODE "acqdev"

bool device_path(const char *arg, char *path, size_t size)
{
	const char *number;
	size_t len;

	if (!arg)
		arg = "0";
	number = !strncmp(arg, NODE, strlen(NODE)) ? arg + strlen(NODE) : arg;
	if (strchr(arg, '/'))
		len = snprintf(path, size, "%s", arg);
	else if (!*number || !strcmp(number, "0"))
		/* the first node's number is not written: there may be no udev to link it */
		len = snprintf(path, size, "/dev/" NODE);
	else if (strspn(number, "0123456789") == strlen(number))
		len = snprintf(path, size, "/dev/" NODE "%s", number);
	else
		len = snprintf(path, size, "/dev/acq/by-id/%s", arg);
	return len < size;
}

static int open_error(const char *path, int err)
{
	switch (err) {
	case ENOENT:
		complain("cannot open %s: No such file: is the module loaded (lsmod | grep acqdev) and a card there (acq list)?",
			 path);
		break;
	case EACCES:
	case EPERM:
		complain("cannot open %s: %s: are you in the group acqdev (id; sudo usermod -aG acqdev $USER, then log in anew)?",
			 path, strerror(err));
		break;
	case ENODEV:
	case ENXIO:
		complain("cannot open %s: the card is gone", path);
		return EXIT_GONE;
	default:
		complain("cannot open %s: %s", path, strerror(err));
	}
	return EXIT_SYSTEM;
}

int device_open(struct device *dev, const char *arg, int flags)
{
	struct acq_info info;
	int err;

	if (!device_path(arg, dev->path, sizeof(dev->path))) {
		complain("device name too long");
		return EXIT_USAGE;
	}
	dev->writable = (flags & O_ACCMODE) == O_RDWR;
	dev->fd = open(dev->path, flags | O_CLOEXEC);
	if (dev->fd < 0)
		return open_error(dev->path, errno);
	err = device_info(dev, &info);
	if (err) {
		err = device_error(dev, "identify it", err);
		device_close(dev);
		return err;
	}
	if (info.api < ACQ_API_VERSION) {
		complain("%s: the driver has version %u of the interface, this tool needs %u: load a newer module",
			 dev->path, info.api, ACQ_API_VERSION);
		device_close(dev);
		return EXIT_SYSTEM;
	}
	return EXIT_OK;
}

void device_close(struct device *dev)
{
	if (dev->fd >= 0)
		close(dev->fd);
	dev->fd = -1;
}

static int call(const struct device *dev, unsigned long request, void *arg)
{
	return ioctl(dev->fd, request, arg) < 0 ? -errno : 0;
}

int device_info(const struct device *dev, struct acq_info *info)
{
	memset(info, 0, sizeof(*info));
	return call(dev, ACQ_IOC_INFO, info);
}

int device_config(const struct device *dev, struct acq_config *config)
{
	memset(config, 0, sizeof(*config));
	return call(dev, ACQ_IOC_GET_CONFIG, config);
}

int device_set_config(const struct device *dev, struct acq_config *config, bool try)
{
	/* what the driver wrote there is not for it to read */
	config->frame_bytes = 0;
	config->block_used = 0;
	return call(dev, try ? ACQ_IOC_TRY_CONFIG : ACQ_IOC_SET_CONFIG, config);
}

int device_start(const struct device *dev)
{
	return call(dev, ACQ_IOC_START, NULL);
}

int device_stop(const struct device *dev)
{
	return call(dev, ACQ_IOC_STOP, NULL);
}

int device_trigger(const struct device *dev)
{
	return call(dev, ACQ_IOC_TRIGGER, NULL);
}

int device_status(const struct device *dev, struct acq_status *status)
{
	memset(status, 0, sizeof(*status));
	return call(dev, ACQ_IOC_STATUS, status);
}

int device_gap(const struct device *dev, struct acq_gap *gap)
{
	memset(gap, 0, sizeof(*gap));
	return call(dev, ACQ_IOC_GAP, gap);
}

int device_reader(const struct device *dev, struct acq_reader *reader)
{
	memset(reader, 0, sizeof(*reader));
	return call(dev, ACQ_IOC_GET_READER, reader);
}

int device_set_reader(const struct device *dev, const struct acq_reader *reader)
{
	struct acq_reader copy = *reader;

	return call(dev, ACQ_IOC_SET_READER, &copy);
}

int device_error(const struct device *dev, const char *doing, int err)
{
	switch (err) {
	case -ENOTTY:
		complain("%s: cannot %s: it is not an acqdev device, or its driver is older than this tool",
			 dev->path, doing);
		break;
	case -EBUSY:
		complain("%s: cannot %s: the stream is in use: stop it (acq stop) or end its readers (fuser -v %s)",
			 dev->path, doing, dev->path);
		break;
	case -EBADF:
	case -EPERM:
	case -EACCES:
		complain("%s: cannot %s: that needs permission to write to the device: are you in the group acqdev?",
			 dev->path, doing);
		break;
	case -ENODEV:
		complain("%s: cannot %s: the card is gone", dev->path, doing);
		return EXIT_GONE;
	case -EIO:
		complain("%s: cannot %s: the hardware failed: see dmesg; 'acq start' tries it again",
			 dev->path, doing);
		break;
	case -ENOMEM:
		complain("%s: cannot %s: not enough memory for the ring: a smaller one (acq config ring=4M) may do",
			 dev->path, doing);
		break;
	default:
		complain("%s: cannot %s: %s", dev->path, doing, strerror(-err));
	}
	return EXIT_SYSTEM;
}
