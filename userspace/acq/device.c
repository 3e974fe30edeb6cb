// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "device.h"
#include "exit.h"
#include "names.h"
#include "report.h"

static int device_open_error(const char *path, int err)
{
	switch (err) {
	case ENOENT:
		complain("%s cannot be opened: No such file: is the module loaded (lsmod | grep acqdev) and a card there (acq list)?",
			 path);
		break;
	case EACCES:
	case EPERM:
		complain("%s cannot be opened: %s: are you in the group acqdev (id; sudo usermod -aG acqdev $USER, then log in anew)?",
			 path, strerror(err));
		break;
	case ENODEV:
	case ENXIO:
		complain("%s cannot be opened: the card is gone", path);
		return EXIT_GONE;
	default:
		complain("%s cannot be opened: %s", path, strerror(err));
	}
	return EXIT_SYSTEM;
}

int device_open(struct device *dev, const char *arg, int flags)
{
	int err;

	dev->acq = NULL;
	err = acq_path(arg, dev->path, sizeof(dev->path));
	if (err) {
		complain("device name too long");
		return EXIT_USAGE;
	}
	err = acq_open(&dev->acq, dev->path, flags);
	switch (err) {
	case 0:
		return EXIT_OK;
	case -ENOTTY:
		return device_error(dev, "identify it", err);
	}
	return device_open_error(dev->path, -err);
}

void device_close(struct device *dev)
{
	acq_close(dev->acq);
	dev->acq = NULL;
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
	case -EINVAL:
		complain("%s: cannot %s: Invalid argument: is the driver older than this tool?",
			 dev->path, doing);
		break;
	default:
		complain("%s: cannot %s: %s", dev->path, doing, strerror(-err));
	}
	return EXIT_SYSTEM;
}

int device_read_error(const struct device *dev, int err, const char **end)
{
	struct acq_status status;

	if (err == -ENODEV) {
		complain("%s: the card is gone", dev->path);
		*end = "gone";
		return EXIT_GONE;
	}
	*end = "error";
	if (err == -EPROTO) {
		complain("%s: the driver broke its contract", dev->path);
		return EXIT_SYSTEM;
	}
	if (err == -EIO && !acq_get_status(dev->acq, &status) && status.error) {
		complain("%s: the hardware failed (%s): see dmesg; 'acq start' tries it again",
			 dev->path, failure_text(status.failure));
		return EXIT_SYSTEM;
	}
	return device_error(dev, "read", err);
}

void device_remark_nothing(const struct device *dev)
{
	struct acq_status status;

	if (!acq_get_status(dev->acq, &status) && status.state == ACQ_STATE_ARMED)
		remark("the stream waits for its trigger");
}
