/* SPDX-License-Identifier: GPL-2.0-only */
/* Duplex: an input and an output of one card that begin together. */
#ifndef ACQ_LINK_H
#define ACQ_LINK_H

#include <linux/types.h>

#include "uapi.h"

struct acq_config;
struct acq_producer;
struct acq_reader;
struct acq_run;
struct acq_stream;

/**
 * struct acq_link_side - one of the two
 * @stream: there as long as @reader's file is open
 * @reader: of the file that was linked
 * @reads: it is to have the run from its first sample
 * @held: the run whose card waits for the other side, or NULL; link's lock
 * @left: the other side has failed meanwhile: it does not come; link's lock
 */
struct acq_link_side {
	struct acq_stream *stream;
	struct acq_reader *reader;
	bool reads;
	struct acq_run *held;
	bool left;
};

int acq_link_create(const struct acq_link_side *one, const struct acq_link_side *other);
int acq_link_leave(struct acq_stream *stream, const struct acq_reader *reader);
void acq_link_gone(struct acq_stream *stream);
int acq_link_start(struct acq_stream *stream, struct acq_reader *reader);

/* For the producer, with its lock and life_lock held */
bool acq_link_holds(const struct acq_producer *p);
int acq_link_launch(struct acq_producer *p, const struct acq_config *config);
bool acq_link_waits(const struct acq_producer *p);
bool acq_link_halt(struct acq_producer *p);
void acq_link_rest(struct acq_producer *p, bool held);
void acq_link_ended(struct acq_producer *p, enum acq_end end);

#endif /* ACQ_LINK_H */
