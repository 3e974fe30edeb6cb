// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "config.h"
#include "order.h"
#include "tap.h"

static void order_changed(void *arg, const char *key, const char *wanted, const char *stands,
			  bool asked)
{
	char *why = arg;
	size_t n = strlen(why);

	(void)asked;
	snprintf(why + n, ASK_TEXT - n, "%s%s=%s instead of %s", n ? ", " : "", key, stands,
		 wanted);
}

static bool order_refused(int err, const struct acq_config *wanted, const struct acq_info *info,
			  char *why, size_t size)
{
	if (err == -EBUSY)
		snprintf(why, size, "the stream is in use: others read it, or it was started");
	else if (err != -EINVAL || !config_blame(wanted, info, why, size))
		snprintf(why, size, "that failed: %s", acq_errstr(err));
	return false;
}

/* A stream that is read cannot be changed: the monitor leaves, and comes back by itself. */
static bool order_set(struct tap *tap, const char *list, char *why, size_t size)
{
	struct config_asked asked = { };
	struct acq_config wanted, stands;
	struct acq_info info;
	struct acq *acq;
	int err;

	tap_leave(tap);
	tap->retry = 0;
	err = acq_open(&acq, tap->name, O_RDWR);
	if (err) {
		snprintf(why, size, "the device cannot be opened: %s", acq_errstr(err));
		return false;
	}
	err = acq_get_info(acq, &info);
	if (!err)
		err = acq_get_config(acq, &wanted);
	if (!err && !config_set_list(&wanted, &asked, list, why, size)) {
		acq_close(acq);
		return false;
	}
	wanted.frame_bytes = 0;
	wanted.block_used = 0;
	stands = wanted;
	if (!err)
		err = acq_set_config(acq, &stands);
	acq_close(acq);
	if (err)
		return order_refused(err, &wanted, &info, why, size);
	*why = '\0';
	config_changes(&wanted, &stands, &asked, order_changed, why);
	return true;
}

bool order_do(struct tap *tap, const struct ask *ask, char *why, size_t size)
{
	int err = -ENODEV;

	*why = '\0';
	if (ask->kind == ASK_SET)
		return order_set(tap, ask->text, why, size);
	if (tap->acq)
		err = ask->kind == ASK_START ? acq_start(tap->acq) :
		      ask->kind == ASK_STOP ? acq_stop(tap->acq) : acq_trigger(tap->acq);
	if (!err)
		return true;
	if (err == -EINVAL && ask->kind == ASK_TRIGGER)
		snprintf(why, size, "no stream waits for a software trigger");
	else
		snprintf(why, size, "that failed: %s", acq_errstr(err));
	return false;
}
