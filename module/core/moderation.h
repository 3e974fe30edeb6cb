/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How often a card interrupts: as rarely as its readers can bear.
 */
#ifndef ACQ_MODERATION_H
#define ACQ_MODERATION_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "kernel.h"
#endif

/* A sample waits at most so long for its interrupt: below what a person sees */
#define ACQ_IRQ_US_DEFAULT	10000U
/* Less would be spent on the interrupt itself. */
#define ACQ_IRQ_US_MIN		50U

/* And so long, where no reader is content with less than a block */
#define ACQ_IRQ_US_PATIENT	100000U

/**
 * struct acq_moderation_input - what is known of the last while
 * @bytes: per interrupt, for the rate's sake
 * @interrupts: that came
 * @elapsed_ns: meanwhile
 * @need: bytes that the least patient reader wants at a time
 * @flush_us: how long that one lets a sample wait
 * @least: fewest bytes that an interrupt can be for: a block
 * @most: most, so that the card always has blocks to go on with; not below @least
 */
struct acq_moderation_input {
	u32 bytes;
	u64 interrupts;
	u64 elapsed_ns;
	u32 need;
	u32 flush_us;
	u32 least;
	u32 most;
};

u32 acq_moderation_rate(const struct acq_moderation_input *in);
u32 acq_moderation_bytes(const struct acq_moderation_input *in);
u32 acq_moderation_us(const struct acq_moderation_input *in);

#endif /* ACQ_MODERATION_H */
