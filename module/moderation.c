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
 * acq_moderation_next() - how many bytes an interrupt should be for
 * @in: what is known of the last while
 *
 * At least what the readers want: fewer would wake nobody. More if interrupts
 * come so often that they cost more than they hasten. What must not wait for that
 * many bytes is for the card's timer: acq_moderation_us().
 *
 * Return: bytes.
 */
u32 acq_moderation_next(const struct acq_moderation_input *in)
{
	u32 most = max(in->least, in->most);
	u32 low = min(max(in->need, in->least), most);
	u32 bytes = min(max(in->bytes, low), most);
	u64 rate;

	if (!in->elapsed_ns)
		return low;
	/* Of more than that many, the exact number makes no difference. */
	rate = div64_u64(min(in->interrupts, 1ULL << 32) * NSEC_PER_SEC, in->elapsed_ns);
	if (rate > RATE_HIGH)
		return bytes > most / 2 ? most : bytes * 2;
	if (rate < RATE_LOW)
		return max(bytes / 2, low);
	return bytes;
}

/**
 * acq_moderation_us() - how long a sample may wait for its interrupt
 * @flush_us: how long the least patient reader lets one wait
 *
 * Half of that is left for the reader's own timer.
 *
 * Return: microseconds.
 */
u32 acq_moderation_us(u32 flush_us)
{
	return min(max(flush_us / 2, ACQ_IRQ_US_MIN), ACQ_IRQ_US_DEFAULT);
}
