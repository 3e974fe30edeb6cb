// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exit.h"
#include "json.h"
#include "report.h"
#include "summary.h"

int summary_open(struct summary *summary, bool wanted, const char *name)
{
	int err;

	summary->wanted = wanted;
	summary->target.fd = -1;
	if (!wanted || !name)
		return EXIT_OK;
	err = target_open(&summary->target, name, O_WRONLY);
	if (!err)
		return EXIT_OK;
	complain("%s cannot be created: %s", name, strerror(-err));
	return EXIT_SYSTEM;
}

int summary_write(struct summary *summary, struct json_object *object)
{
	struct target *target = &summary->target;
	FILE *file = stderr;
	int err = 0;

	if (target->fd >= 0) {
		err = target_begin(target);
		file = err ? NULL : fdopen(target->fd, "w");
		if (!file) {
			err = err ?: -errno;
			close(target->fd);
			json_object_put(object);
		}
	}
	if (file)
		err = json_write(object, file, file != stderr);
	if (file && file != stderr && fclose(file) && !err)
		err = -errno;
	target->fd = -1;
	/* a stderr that is closed is nobody's loss, and there is nowhere to say it */
	if (!err || file == stderr)
		return EXIT_OK;
	complain("%s cannot be written: %s", target->name, strerror(-err));
	return EXIT_SYSTEM;
}
