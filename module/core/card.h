/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the stream and a card family.
 *
 * A card family is one file that knows one register map. It finds its hardware,
 * makes a stream with acq_stream_create() and answers the calls below; it tells
 * the stream what the card says with the acq_stream_*() functions of the second
 * half, from its service() and check() calls only. It never sees a reader or a file.
 *
 * A run may have several legs: where a card has lost its power or has been reset,
 * it is started again, and what it would have sampled meanwhile is a gap. A family
 * knows of one leg: blocks, indices and counters begin anew with each start().
 */
#ifndef ACQ_CARD_H
#define ACQ_CARD_H

#include <linux/device.h>

#include "uapi.h"
#include "ring.h"

struct acq_run;
struct acq_stream;
struct seq_file;

/**
 * struct acq_card_ops - what a card family does for its stream
 *
 * @word: a block that is not ended early is filled with a multiple of so many bytes
 * @round: round the numbers in a configuration to what the card can do. Range
 *	and choice have been checked against struct acq_info. Touches no
 *	register. Sleeps. Returns 0 or a negative errno.
 * @start: program the card and let it go, by what the configuration says. It has
 *	no blocks yet: give() and kick() follow, from the block on that is the
 *	ring's open one now. Sleeps; life_lock and produce_lock are held. On error
 *	the card is as after stop().
 * @give: hand a block to the card: the next in order. produce_lock is held.
 * @moderate: interrupt after @frames frames, at each block if that is 0, or @us
 *	microseconds after a frame that was not told of. Follows start(), and
 *	comes while the card runs. produce_lock is held.
 * @kick: tell the card of the blocks given since the last kick.
 * @service: look what the card has done and report it with acq_stream_fill(),
 *	acq_stream_triggered(), acq_stream_finished() or acq_stream_fail(); let
 *	it interrupt again. Called for an interrupt, when blocks have become
 *	free, and now and then for an interrupt that was lost. produce_lock is
 *	held.
 * @check: is the card still there and well? Called about twice a second while
 *	it runs and has nothing new; may read a register; reports
 *	acq_stream_fail() or acq_stream_restart() if it is not. produce_lock is
 *	held.
 * @silence: the card interrupts without end: keep its interrupt from coming
 *	until the next start(), whatever the card does. produce_lock is held;
 *	called by the interrupt thread, so it must not wait for that.
 * @trigger: software trigger, for cards with ACQ_CAP_TRIGGER_SOFTWARE. produce_lock
 *	is held.
 * @finish: sample no more but deliver what has been sampled, then report
 *	acq_stream_finished(). produce_lock is held.
 * @stop: end everything at once. When it returns the card writes no more to
 *	host memory, whatever state it was in, but to that of a run that the
 *	family keeps with acq_run_keep(). Reports the final counters with
 *	acq_stream_report() where the card still knows them. life_lock and
 *	produce_lock are held.
 * @show: the family's own statistics, "name value" lines for debugfs; NULL: there
 *	are none. produce_lock is held.
 *
 * After acq_stream_remove() has returned, none of these is called any more.
 */
struct acq_card_ops {
	u32 word;
	int (*round)(struct acq_stream *stream, struct acq_config *config);
	int (*start)(struct acq_stream *stream, const struct acq_config *config);
	void (*give)(struct acq_stream *stream, struct acq_run *run, u64 seq);
	void (*moderate)(struct acq_stream *stream, u32 frames, u32 us);
	void (*kick)(struct acq_stream *stream);
	void (*service)(struct acq_stream *stream);
	void (*check)(struct acq_stream *stream);
	void (*silence)(struct acq_stream *stream);
	void (*trigger)(struct acq_stream *stream);
	void (*finish)(struct acq_stream *stream);
	void (*stop)(struct acq_stream *stream);
	void (*show)(struct acq_stream *stream, struct seq_file *m);
};

/**
 * struct acq_report - the card's own counters
 * @frames: frames produced since start(), lost ones included
 * @timestamp: its timestamp counter
 * @trigger_index: sample index of the trigger
 * @triggered: @trigger_index is valid
 */
struct acq_report {
	u64 frames;
	u64 timestamp;
	u64 trigger_index;
	bool triggered;
};

struct acq_stream *acq_stream_create(struct device *dev, const struct acq_card_ops *ops,
				     void *card, const struct acq_info *info,
				     const struct acq_config *config);
int acq_stream_register(struct acq_stream *stream);
void acq_stream_remove(struct acq_stream *stream);
void acq_stream_put(struct acq_stream *stream);

void *acq_stream_card(const struct acq_stream *stream);
unsigned int acq_stream_id(const struct acq_stream *stream);
const struct acq_ring *acq_stream_ring(const struct acq_stream *stream);
u8 *acq_stream_open_block(const struct acq_stream *stream);

void acq_stream_interrupt(struct acq_stream *stream);

int acq_stream_fill(struct acq_stream *stream, struct acq_fill *fill);
void acq_stream_report(struct acq_stream *stream, const struct acq_report *report);
void acq_stream_triggered(struct acq_stream *stream);
void acq_stream_finished(struct acq_stream *stream);
void acq_stream_fail(struct acq_stream *stream, int error);
void acq_stream_restart(struct acq_stream *stream);

void acq_stream_suspend(struct acq_stream *stream, enum acq_cause cause);
void acq_stream_resume(struct acq_stream *stream);

#endif /* ACQ_CARD_H */
