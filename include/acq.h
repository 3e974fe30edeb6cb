/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * libacq: the samples of an acquisition card in a program. libacq(3) describes all
 * of it.
 *
 * Calls return 0 or more, or a negative errno that acq_errstr() explains. Several
 * threads may use several struct acq at once; one of them, one thread at a time.
 */
#ifndef _ACQ_H
#define _ACQ_H

#include <stddef.h>
#include <stdint.h>

#include <linux/acqdev.h>

#ifdef __cplusplus
extern "C" {
#endif

struct acq;

/*
 * The device. @name: NULL (the first), a number, "acqdev1", a path, or what stands
 * in /dev/acq/by-id. @flags: O_RDONLY, or O_RDWR for what changes the stream. Opening
 * starts nothing.
 */
int acq_open(struct acq **acq, const char *name, int flags);
void acq_close(struct acq *acq);
int acq_path(const char *name, char *path, size_t size);
int acq_fd(const struct acq *acq);
const char *acq_errstr(int err);

/*
 * The ioctls, see <linux/acqdev.h>; the first six structures are filled in.
 * acq_set_reader() adds ACQ_READER_GAP_ONCE: acq_next() returns each gap once.
 */
int acq_get_info(const struct acq *acq, struct acq_info *info);
int acq_get_config(const struct acq *acq, struct acq_config *config);
int acq_get_status(const struct acq *acq, struct acq_status *status);
int acq_get_gap(const struct acq *acq, struct acq_gap *gap);
int acq_get_reader(const struct acq *acq, struct acq_reader_config *reader);
int acq_get_stats(const struct acq *acq, struct acq_reader_stats *stats);
int acq_try_config(const struct acq *acq, struct acq_config *config);
int acq_set_config(const struct acq *acq, struct acq_config *config);
int acq_set_reader(struct acq *acq, const struct acq_reader_config *reader);
int acq_start(const struct acq *acq);
int acq_stop(const struct acq *acq);
int acq_trigger(const struct acq *acq);

/* Ways to get at the samples. The same events come in each of them. */
enum acq_mode {
	ACQ_MODE_READ,			/* read() */
	ACQ_MODE_POLL,			/* poll(), read() */
	ACQ_MODE_EPOLL,			/* edge-triggered epoll, read() */
	ACQ_MODE_URING,			/* io_uring, one read at a time */
	ACQ_MODE_URING_MULTISHOT,	/* io_uring, one request for all reads; Linux 6.7 */
	ACQ_MODE_MMAP,			/* in the ring itself, nothing is copied */
};

#define ACQ_MODE_NUM	6

int acq_mode_find(const char *name);		/* enum acq_mode, or -EINVAL */
const char *acq_mode_name(unsigned int mode);	/* NULL: there is no such mode */

/* What acq_next() found */
enum acq_event {
	ACQ_EVENT_END,		/* the run has finished, and everything has been returned */
	ACQ_EVENT_DATA,
	ACQ_EVENT_GAP,		/* samples were lost here */
};

/* acq_span.flags */
#define ACQ_SPAN_TIME	(1U << 0)	/* card_time, time_ns, time_index are valid */
#define ACQ_SPAN_RING	(1U << 1)	/* data is in the ring */

/* An event */
struct acq_span {
	const void *data;	/* whole frames, until the next call; ACQ_EVENT_DATA only */
	size_t bytes;		/* their size; 0 for the other events */
	uint64_t frames;	/* their number */
	uint64_t run;		/* number of the run */
	uint64_t position;	/* in the bytes of the run, of the first byte or of the gap */
	uint64_t index;		/* sample index of the first frame, or of the first that was lost */
	uint64_t card_time;	/* the card's timestamp counter, and */
	uint64_t time_ns;	/* CLOCK_MONOTONIC when the driver saw the sample, both of */
	uint64_t time_index;	/* this sample index: the begin of the block that data begins in */
	uint32_t frame_bytes;	/* bytes of a frame in this run */
	uint32_t flags;		/* ACQ_SPAN_* */
	struct acq_gap gap;	/* ACQ_EVENT_GAP only */
	uint64_t reserved[4];	/* zero */
};

/* acq_begin() */
#define ACQ_HOLD	(1U << 0)	/* spans stay until acq_release(); ACQ_MODE_MMAP only */

/*
 * Become a reader, which starts an idle stream. @max: most bytes of a span, also the
 * size of a buffer; 0: 256 KiB.
 */
int acq_begin(struct acq *acq, enum acq_mode mode, size_t max, unsigned int flags);

/*
 * The next event, an enum acq_event. @max: most bytes this time, 0: as given to
 * acq_begin(). @timeout_ns: longest wait, negative: no limit. -EAGAIN: nothing came in time;
 * -EINTR: a signal did; -EIO, -ENODEV: the card failed or is gone, and everything has
 * been returned. After an end comes the next run, or the same end again.
 */
int acq_next(struct acq *acq, struct acq_span *span, size_t max, int64_t timeout_ns);

/*
 * Has the last span's memory been the span's until now? It can be otherwise for a
 * monitor in ACQ_MODE_MMAP. Then the span counts as not returned, and a gap comes next
 * that begins where the span did.
 */
int acq_valid(struct acq *acq);

/* With ACQ_HOLD: everything below @position has been used. */
int acq_release(struct acq *acq, uint64_t position);

/* Bytes in the ring that acq_next() has not returned yet */
uint64_t acq_behind(const struct acq *acq);

/* After acq_next() with timeout 0 said -EAGAIN: to be polled for POLLIN */
int acq_wait_fd(const struct acq *acq);

/*
 * Playing: into an output, opened with O_RDWR. acq_begin() is not for who writes.
 *
 * acq_write() puts whole frames into the ring, and waits for room. ACQ_EVENT_DATA: all of
 * them are there. ACQ_EVENT_GAP: the card has run dry; ACQ_GAP_OPEN in @span->gap.flags: it
 * still is, until more is written. Else a negative errno. @span->bytes: how much this call
 * has put, whatever it returned: call it again with the rest.
 *
 * acq_drain() waits until all of it has been played, which ends the run: ACQ_EVENT_END;
 * ACQ_EVENT_GAP: as above, call it again; -EBADMSG: but for the begin of a frame that nobody
 * has completed. acq_drop() ends the run at once. Another thread
 * may call that while one is in acq_drain().
 */
int acq_write(struct acq *acq, struct acq_span *span, const void *data, size_t bytes);

/*
 * Without a copy: acq_map() maps the ring of the run to be filled in place, and begins one if
 * there is none. ACQ_EVENT_DATA: at @span->data, which is not const here, there is room for
 * @span->bytes, whole frames and maybe none. acq_commit() has the first @bytes of that
 * played, waits for more room, and says where that is; negative: no limit. Less than
 * all of a span wastes the rest of a block.
 *
 * ACQ_EVENT_GAP: as above; nothing has been taken, call it again. ACQ_EVENT_END: nothing has
 * been taken, for the run has ended: acq_map() begins the next one. -ESTALE: nor has it, for
 * acq_write() has been there; @span is right. Else a negative errno; nothing has been taken.
 */
int acq_map(struct acq *acq, struct acq_span *span);
int acq_commit(struct acq *acq, struct acq_span *span, size_t bytes, int64_t timeout_ns);
int acq_drain(struct acq *acq, struct acq_span *span);
int acq_drop(const struct acq *acq);

/*
 * Duplex: an input and an output of one card, both opened with O_RDWR, begin together from
 * now on, until one is closed; @other NULL: no more. See struct acq_link_to.
 */
int acq_link(const struct acq *acq, const struct acq *other);

/* The reverse of acq_begin(). What a mode of io_uring had read ahead is lost. */
void acq_finish(struct acq *acq);

#ifdef __cplusplus
}
#endif

#endif /* _ACQ_H */
