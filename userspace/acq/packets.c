// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "exit.h"
#include "packets.h"
#include "report.h"

int packets_open(struct packets *p, const char *name)
{
	int err;

	p->target.fd = -1;
	if (!name)
		return EXIT_OK;
	err = target_open(&p->target, name, O_WRONLY);
	if (!err)
		return EXIT_OK;
	complain("%s cannot be created: %s", name, strerror(-err));
	return EXIT_SYSTEM;
}

int packets_begin(struct packets *p)
{
	int err;

	if (p->target.fd < 0)
		return EXIT_OK;
	err = target_begin(&p->target);
	if (!err) {
		p->list = fdopen(p->target.fd, "w");
		err = p->list ? 0 : -errno;
	}
	if (!err)
		return EXIT_OK;
	complain("%s cannot be written: %s", p->target.name, strerror(-err));
	return EXIT_SYSTEM;
}

static void packets_count_last(struct packets *p, bool whole)
{
	size_t bytes = p->last.bytes;

	if (!bytes)
		return;
	p->last.bytes = 0;
	if (p->list)
		fprintf(p->list, "%" PRIu64 " %zu %" PRIu64 "%s\n", p->last.at, bytes,
			p->last.index, whole ? "" : " cut");
	if (!whole) {
		p->cut++;
		return;
	}
	p->least = p->whole && p->least < bytes ? p->least : bytes;
	p->most = p->most > bytes ? p->most : bytes;
	p->whole++;
}

void packets_take(struct packets *p, const struct acq_span *span, size_t want, uint64_t at)
{
	/* who asks for more has got a short read; without a gap behind, that ends one */
	packets_count_last(p, true);
	p->last.bytes = span->bytes;
	p->last.full = span->bytes == want;
	p->last.at = at;
	p->last.index = span->index;
	p->last.end = span->position + span->bytes;
}

void packets_pause(struct packets *p, const struct acq *acq, bool gap)
{
	bool whole = !p->last.full && !gap;
	struct acq_status status;

	/* who is further by now has read on without a gap, or was overtaken: perhaps cut */
	if (p->last.bytes && !acq_get_status(acq, &status) && status.position == p->last.end)
		whole = status.flags & ACQ_STATUS_EOP;
	packets_count_last(p, whole);
}

int packets_close(struct packets *p)
{
	int err = 0;

	if (!p->list)
		target_drop(&p->target);
	else if (ferror(p->list) | fclose(p->list))
		err = errno ?: EIO;
	p->list = NULL;
	if (!err)
		return EXIT_OK;
	complain("%s cannot be written: %s", p->target.name, strerror(err));
	return EXIT_SYSTEM;
}
