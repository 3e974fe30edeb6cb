// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt moderation. See moderation.h.
 */
#include "moderation.h"

#ifdef __KERNEL__
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>
#endif

/* Interrupts a second: above, each is for more; below, for less. Wide apart, to be calm. */
#define RATE_HIGH	2000
#define RATE_LOW	500

/**
 * acq_moderation_rate() - how many bytes an interrupt should be for, by their rate
 * @in: what is known of the last while
 *
 * More if interrupts come so often that they cost more than they hasten.
 *
 * Return: bytes, the next @in->bytes.
 */
u32 acq_moderation_rate(const struct acq_moderation_input *in)
{
	u32 bytes = acq_moderation_bytes(in);
	u64 rate;

	/* Of more than that many, the exact number makes no difference. */
	rate = div64_u64(min(in->interrupts, 1ULL << 32) * NSEC_PER_SEC,
			 max(in->elapsed_ns, 1ULL));
	if (rate > RATE_HIGH)
		return bytes > in->most / 2 ? in->most : bytes * 2;
	if (rate < RATE_LOW)
		return max(in->bytes / 2, in->least);
	return max(in->bytes, in->least);
}

/**
 * acq_moderation_bytes() - how many bytes an interrupt should be for
 * @in: what is known; @interrupts and @elapsed_ns do not matter
 *
 * At least what the readers want: fewer would wake nobody.
 *
 * Return: bytes.
 */
u32 acq_moderation_bytes(const struct acq_moderation_input *in)
{
	return min(max(max(in->bytes, in->need), in->least), in->most);
}

/**
 * acq_moderation_us() - how long a sample may wait for its interrupt
 * @in: what is known; @need and @flush_us matter
 *
 * Half of a reader's patience is left for its own timer.
 *
 * Return: microseconds.
 */
u32 acq_moderation_us(const struct acq_moderation_input *in)
{
	u32 us = in->need < in->least ? ACQ_IRQ_US_DEFAULT : ACQ_IRQ_US_PATIENT;

	return min(max(in->flush_us / 2, ACQ_IRQ_US_MIN), us);
}
