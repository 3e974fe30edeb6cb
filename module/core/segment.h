/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Segments of a run: why it goes on after a reset, a sleep, a loss of unknown length.
 *
 * A card counts from 0 after each start. A segment says where in the run that is, and
 * what was lost before it. How much that is, only the clock tells.
 */
#ifndef ACQ_SEGMENT_H
#define ACQ_SEGMENT_H

#include <linux/types.h>

struct acq_config;
struct acq_producer;

/**
 * struct acq_segment - a part of a run in which the card counts on
 * @seq: number of its first block
 * @index: sample index of what the card calls 0
 * @frames: frames of the run before that
 * @lost: those of them that were lost right before it
 * @cause: enum acq_cause of that
 */
struct acq_segment {
	u64 seq;
	u64 index;
	u64 frames;
	u64 lost;
	u32 cause;
};

u64 acq_segment_frames(u64 ns, u64 rate_millihz);
bool acq_segment_next(struct acq_producer *p);
void acq_segment_config(const struct acq_producer *p, struct acq_config *config);
bool acq_segment_empty(const struct acq_producer *p);

#endif /* ACQ_SEGMENT_H */
