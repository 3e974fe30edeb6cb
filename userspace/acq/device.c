// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "exit.h"
#include "names.h"
#include "report.h"

/* More nodes than there ever are */
#define DEVICE_NODES	256

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
	struct acq_info info;
	int err;

	*dev = (struct device){ };
	err = acq_path(arg, dev->path, sizeof(dev->path));
	if (err) {
		complain("device name too long");
		return EXIT_USAGE;
	}
	err = acq_open(&dev->acq, dev->path, flags);
	if (err == -ENOTTY)
		return device_error(dev, "identify it", err);
	if (err)
		return device_open_error(dev->path, -err);
	dev->output = !acq_get_info(dev->acq, &info) && info.caps & ACQ_CAP_OUTPUT;
	return EXIT_OK;
}

/* The number of the first node that is an output. False: there is none among @opened nodes. */
static bool device_find_output(char *number, size_t size, unsigned int *opened)
{
	struct acq_info info;
	struct acq *acq;
	bool output;
	int i;

	*opened = 0;
	for (i = 0; i < DEVICE_NODES; i++) {
		snprintf(number, size, "%d", i);
		if (acq_open(&acq, number, O_RDONLY))
			continue;
		++*opened;
		output = !acq_get_info(acq, &info) && info.caps & ACQ_CAP_OUTPUT;
		acq_close(acq);
		if (output)
			return true;
	}
	return false;
}

int device_open_output(struct device *dev, const char *arg)
{
	unsigned int opened;
	char number[16];
	int status;

	if (!arg && device_find_output(number, sizeof(number), &opened)) {
		arg = number;
	} else if (!arg && opened) {
		complain("no card here plays: 'acq list' shows no output");
		return EXIT_SYSTEM;
	}
	/* where none could be opened the first one says why */
	status = device_open(dev, arg, O_RDWR);
	if (status || dev->output)
		return status;
	complain("%s: it acquires, and does not play: 'acq list' tells outputs from inputs",
		 dev->path);
	return EXIT_SYSTEM;
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
		if (dev->output) {
			complain("%s: cannot %s: another process plays on it (fuser -v %s); 'acq stop' ends that once all is played",
				 dev->path, doing, dev->path);
			break;
		}
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

static int device_io_error(const struct device *dev, const char *doing, int err, const char **end)
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
		complain("%s: the %s failed (%s): see dmesg; 'acq start' tries it again",
			 dev->path, status.failure == ACQ_FAILURE_FILTER ? "run" : "hardware",
			 failure_text(status.failure));
		return EXIT_SYSTEM;
	}
	return device_error(dev, doing, err);
}

int device_read_error(const struct device *dev, int err, const char **end)
{
	return device_io_error(dev, "read", err, end);
}

int device_write_error(const struct device *dev, int err, const char **end)
{
	return device_io_error(dev, "play", err, end);
}

void device_remark_nothing(const struct device *dev)
{
	struct acq_status status;

	if (!acq_get_status(dev->acq, &status) && status.state == ACQ_STATE_ARMED)
		remark("the stream waits for its trigger");
}
