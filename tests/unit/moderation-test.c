// SPDX-License-Identifier: GPL-2.0-only
/* module/moderation.c as a program. */
#include "kernel.h"
#include "../harness.h"
#include "../../module/moderation.h"

#define SECOND	NSEC_PER_SEC

static const struct acq_moderation_input usual = {
	.bytes = 65536, .interrupts = 1000, .elapsed_ns = SECOND,
	.need = 4, .least = 65536, .most = 524288,
};

TEST(begins_with_what_readers_want)
{
	struct acq_moderation_input in = usual;

	in.elapsed_ns = 0;
	in.bytes = 0;
	CHECK_EQ(acq_moderation_next(&in), 65536);
	in.need = 200000;
	CHECK_EQ(acq_moderation_next(&in), 200000);
	/* Not more than leaves the card blocks to go on */
	in.need = ~0U;
	CHECK_EQ(acq_moderation_next(&in), 524288);
	/* A block is the least even if it is large. */
	in.most = 1000;
	CHECK_EQ(acq_moderation_next(&in), 65536);
}

TEST(many_interrupts_become_fewer)
{
	struct acq_moderation_input in = usual;
	unsigned int turn;

	in.interrupts = 10000;
	for (turn = 0; turn < 3; turn++) {
		u32 next = acq_moderation_next(&in);

		CHECK_EQ(next, in.bytes * 2);
		in.bytes = next;
	}
	CHECK_EQ(acq_moderation_next(&in), 524288);
	in.interrupts = ~0ULL;
	CHECK_EQ(acq_moderation_next(&in), 524288);
}

TEST(few_interrupts_become_more)
{
	struct acq_moderation_input in = usual;

	in.bytes = 524288;
	in.interrupts = 10;
	CHECK_EQ(acq_moderation_next(&in), 262144);
	in.bytes = 65536;
	CHECK_EQ(acq_moderation_next(&in), 65536);
	/* But not more than wake somebody */
	in.bytes = 524288;
	in.need = 400000;
	CHECK_EQ(acq_moderation_next(&in), 400000);
}

TEST(between_it_stays)
{
	struct acq_moderation_input in = usual;

	in.bytes = 131072;
	CHECK_EQ(acq_moderation_next(&in), 131072);
	/* After doubling or halving the rate is within the bounds: no swinging */
	in.interrupts = 2001;
	CHECK_EQ(acq_moderation_next(&in), 262144);
	in.bytes = 262144;
	in.interrupts = 1001;
	CHECK_EQ(acq_moderation_next(&in), 262144);
}

TEST(patience_is_shared_with_the_reader)
{
	CHECK_EQ(acq_moderation_us(~0U), ACQ_IRQ_US_DEFAULT);
	CHECK_EQ(acq_moderation_us(4000), 2000);
	CHECK_EQ(acq_moderation_us(1), ACQ_IRQ_US_MIN);
}

HARNESS_MAIN
