// SPDX-License-Identifier: GPL-2.0-only
/* acqtest: part=unit */
/* module/core/moderation.c as a program. */
#include "kernel.h"
#include "../harness.h"
#include "../../module/core/moderation.h"

#define SECOND	NSEC_PER_SEC

static const struct acq_moderation_input usual = {
	.bytes = 65536, .interrupts = 1000, .elapsed_ns = NSEC_PER_SEC,
	.need = 4, .flush_us = ~0U, .least = 65536, .most = 524288,
};

TEST(an_interrupt_is_for_what_readers_want)
{
	struct acq_moderation_input in = usual;

	in.bytes = 0;
	CHECK_EQ(acq_moderation_bytes(&in), 65536);
	in.need = 200000;
	CHECK_EQ(acq_moderation_bytes(&in), 200000);
	/* Not more than leaves the card blocks to go on */
	in.need = ~0U;
	CHECK_EQ(acq_moderation_bytes(&in), 524288);
}

TEST(many_interrupts_become_fewer)
{
	struct acq_moderation_input in = usual;
	unsigned int turn;

	in.interrupts = 10000;
	for (turn = 0; turn < 3; turn++) {
		u32 next = acq_moderation_rate(&in);

		CHECK_EQ(next, in.bytes * 2);
		in.bytes = next;
	}
	CHECK_EQ(acq_moderation_rate(&in), 524288);
	in.interrupts = ~0ULL;
	in.elapsed_ns = 0;
	CHECK_EQ(acq_moderation_rate(&in), 524288);
}

TEST(few_interrupts_become_more)
{
	struct acq_moderation_input in = usual;

	in.bytes = 524288;
	in.interrupts = 10;
	CHECK_EQ(acq_moderation_rate(&in), 262144);
	in.bytes = 65536;
	CHECK_EQ(acq_moderation_rate(&in), 65536);
	/* But not more than wake somebody, and less again when that one has gone */
	in.bytes = 524288;
	in.need = 400000;
	in.bytes = acq_moderation_rate(&in);
	CHECK_EQ(acq_moderation_bytes(&in), 400000);
	in.need = 4;
	CHECK_EQ(acq_moderation_bytes(&in), 262144);
}

TEST(between_it_stays)
{
	struct acq_moderation_input in = usual;

	in.bytes = 131072;
	CHECK_EQ(acq_moderation_rate(&in), 131072);
	/* After doubling, the rate is within the bounds: no swinging */
	in.interrupts = 2001;
	CHECK_EQ(acq_moderation_rate(&in), 262144);
	in.bytes = 262144;
	in.interrupts = 1001;
	CHECK_EQ(acq_moderation_rate(&in), 262144);
}

TEST(patience_is_shared_with_the_reader)
{
	struct acq_moderation_input in = usual;

	CHECK_EQ(acq_moderation_us(&in), ACQ_IRQ_US_DEFAULT);
	in.need = 65536;
	CHECK_EQ(acq_moderation_us(&in), ACQ_IRQ_US_PATIENT);
	in.flush_us = 40000;
	CHECK_EQ(acq_moderation_us(&in), 20000);
	in.need = 4;
	CHECK_EQ(acq_moderation_us(&in), ACQ_IRQ_US_DEFAULT);
	in.flush_us = 1;
	CHECK_EQ(acq_moderation_us(&in), ACQ_IRQ_US_MIN);
}

HARNESS_MAIN
