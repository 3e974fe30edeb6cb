// SPDX-License-Identifier: GPL-2.0-only
/*
 * The benchmark's ways of writing. The card plays, but slowly, and has so much that no
 * call is about its running dry: what is counted is the writer's side.
 */
#include "bench.h"

#include <fcntl.h>
#include <unistd.h>

#define PREFILL		(12 * MIB)	/* a minute; an eighth of the ring is the least */

static void begin_bare_write(struct reader *r)
{
	r->fd = open(BARE, O_WRONLY | O_CLOEXEC);
	if (r->fd < 0)
		die(BARE);
}

static void end_bare_write(struct reader *r)
{
	close(r->fd);
}

static void run_write(struct reader *r, uint64_t records)
{
	while (records-- && write(r->fd, r->buf, r->size) == (ssize_t)r->size) {
		r->calls++;
		r->records++;
	}
}

static void begin_write(struct reader *r)
{
	struct acq_config config = {
		.format = ACQ_FORMAT_S16,
		.rate_millihz = 48000000,
		.channel_mask = 3,
		.transfer = ACQ_TRANSFER_DMA,
		.block_bytes = BLOCK,
		.ring_bytes = RING,
	};
	struct acq_reader_config how = { .start_bytes = PREFILL };
	struct acq_status status = { 0 };
	size_t done;

	r->fd = open(OUTPUT, O_RDWR | O_CLOEXEC);
	if (r->fd < 0 || ioctl(r->fd, ACQ_IOC_SET_CONFIG, &config) ||
	    ioctl(r->fd, ACQ_IOC_SET_READER, &how))
		die(OUTPUT);
	for (done = 0; done < PREFILL; done += MIB) {
		if (write(r->fd, r->buf, MIB) != (ssize_t)MIB)
			die("write");
	}
	while (!status.head) {
		nap(20);
		if (ioctl(r->fd, ACQ_IOC_STATUS, &status))
			die("ACQ_IOC_STATUS");
	}
}

static void end_write(struct reader *r)
{
	if (ioctl(r->fd, ACQ_IOC_DROP))
		die("ACQ_IOC_DROP");
	close(r->fd);
}

/* What is in the ring is played: that somebody has filled it is not in it. */
static void run_commit(struct reader *r, uint64_t records)
{
	struct acq_commit at = { 0 };

	if (ioctl(r->fd, ACQ_IOC_COMMIT, &at))
		die("ACQ_IOC_COMMIT");
	while (records--) {
		at.bytes = r->size;
		at.flags = ACQ_COMMIT_WAIT;
		at.timeout_ns = FOREVER;
		if (ioctl(r->fd, ACQ_IOC_COMMIT, &at) || at.bytes != r->size)
			break;
		r->calls++;
		r->records++;
	}
}

static void begin_commit(struct reader *r)
{
	struct acq_map map;

	begin_write(r);
	if (ioctl(r->fd, ACQ_IOC_MAP, &map))
		die("ACQ_IOC_MAP");
}

const struct mode write_modes[WRITE_MODES] = {
	{ "bare-write", begin_bare_write, run_write, end_bare_write, false, false },
	{ "write", begin_write, run_write, end_write, true, false },
	{ "commit", begin_commit, run_commit, end_write, true, false },
};
