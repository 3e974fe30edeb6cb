/* SPDX-License-Identifier: GPL-2.0-only */
/* What a producer says of the open block: the one thing that card families and the ring share. */
#ifndef ACQ_FILL_H
#define ACQ_FILL_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "kernel.h"
#endif

/* No sample index gets so far: no card lives that long */
#define ACQ_INDEX_MAX		0x4000000000000000ULL

/* Fewest blocks of a ring */
#define ACQ_SLOTS_MIN		4

/**
 * struct acq_fill - what a producer says about the open block
 * @index: sample index of its first frame: what was next behind the block before, and
 *	@lost. Stays the same while the block grows
 * @lost: frames lost right before it; as well
 * @card_time: the card's timestamp counter at its first frame; 0: it has none
 * @time_ns: CLOCK_MONOTONIC now; the core fills it in
 * @bytes: bytes in it so far: whole frames, not 0, no fewer than before
 * @cause: enum acq_cause of the loss, if @lost; the core fills it in
 * @flags: for acq_block.flags: ACQ_BLOCK_EOP, when it is complete; ACQ_BLOCK_ESTIMATED,
 *	if @lost is
 * @complete: no more bytes follow
 */
struct acq_fill {
	u64 index;
	u64 lost;
	u64 card_time;
	u64 time_ns;
	u32 bytes;
	u32 cause;
	u32 flags;
	bool complete;
};

#endif /* ACQ_FILL_H */
