/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Consumers of acqdev: modules that get the samples of a stream in place, as they come.
 * See docs/in-kernel.md, and module/examples/stats.c for one to begin with.
 */
#ifndef _LINUX_ACQ_CONSUMER_H
#define _LINUX_ACQ_CONSUMER_H

#include <linux/bits.h>
#include <linux/types.h>

#include <uapi/linux/acqdev.h>

struct acq_consumer;

/* acq_consumer_spec.flags */
#define ACQ_CONSUMER_MONITOR	BIT(0)	/* is owed nothing and slows nobody */
#define ACQ_CONSUMER_OLDEST	BIT(1)	/* begins at the oldest sample in the ring */
#define ACQ_CONSUMER_PASSIVE	BIT(2)	/* starts nothing, and keeps nothing going */

/* acq_piece.flags */
#define ACQ_PIECE_EOP		BIT(0)	/* its last byte ends a packet */
#define ACQ_PIECE_BOP		BIT(1)	/* the byte before it ended one */

/**
 * struct acq_piece - samples in the ring
 * @samples: the first of them, to be read only
 * @bytes: whole frames, not 0, no more than a block has
 * @flags: ACQ_PIECE_*. A packet may end with a piece that was seen before that was known:
 *	then only the next one tells
 * @position: of the first byte in the run
 * @index: sample index of the first frame
 * @consumer: acqdev's own
 */
struct acq_piece {
	const void *samples;
	u32 bytes;
	u32 flags;
	u64 position;
	u64 index;
	struct acq_consumer *consumer;
};

/**
 * struct acq_consumer_ops - what a consumer is told
 *
 * One call at a time, in process context, with no lock held; they may sleep. While one
 * has not returned, a holding consumer keeps the card from memory, as a program that
 * does not read does.
 *
 * @begin: it gets samples of a run from here on: number @run, configured as @config says.
 *	NULL: it does not want to know
 * @piece: more samples, right behind the piece or gap before. What a monitor has used may
 *	have been overwritten meanwhile: see acq_piece_intact(). Not 0: it wants no
 *	more, and gets no further call; what remains is acq_consumer_leave()
 * @gap: samples were lost, between the piece before and the next one or the end; as
 *	ACQ_IOC_GAP tells a program. One with cause ACQ_CAUSE_OVERTAKEN, which a holder
 *	gets at the begin of a run alone, may begin with samples of the piece before: that
 *	was not intact
 * @end: the run is over, and it has had all of it. @end: how, an enum acq_end; @error: 0, or
 *	what a read of a program would fail with. ACQ_END_GONE, because the card is gone, is
 *	the last call of all, also where there is no run. After any other end it gets the
 *	next run that somebody starts, from its begin: what is gone of that by then is a
 *	gap. Of a run that began and ended before it was through with an earlier one it is
 *	told nothing: runs are numbered one after the other
 */
struct acq_consumer_ops {
	void (*begin)(void *private, u64 run, const struct acq_config *config);
	int (*piece)(void *private, const struct acq_piece *piece);
	void (*gap)(void *private, const struct acq_gap *gap);
	void (*end)(void *private, u32 end, int error);
};

/**
 * struct acq_consumer_spec - what a consumer wants
 * @stream: the stream's name: "acqdev", "acqdev1", ...
 * @name: its own, for lists of readers
 * @flags: ACQ_CONSUMER_*
 * @watermark: bytes that are worth a call; 0: a frame
 * @flush_us: a sample waits at most so many microseconds for that; 0: for ever
 */
struct acq_consumer_spec {
	const char *stream;
	const char *name;
	u32 flags;
	u32 watermark;
	u32 flush_us;
};

struct acq_consumer *acq_consumer_join(const struct acq_consumer_spec *spec,
				       const struct acq_consumer_ops *ops, void *private);
void acq_consumer_leave(struct acq_consumer *consumer);
bool acq_piece_intact(const struct acq_piece *piece);

#endif /* _LINUX_ACQ_CONSUMER_H */
