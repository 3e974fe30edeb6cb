// SPDX-License-Identifier: GPL-2.0-only
/* acqtest: part=unit */
/* module/cards/ac97/list.c as a program. */
#include "kernel.h"
#include "../harness.h"
#include "../../module/cards/ac97/list.h"

#define ENTRIES	AC97_LIST_BLOCKS

/*
 * An engine as it is meant to be: it has come to block @at of those below @handed, and to
 * the end if that is the last one. Wherever it is, what is told is what it has done.
 */
TEST(it_is_found_wherever_it_is)
{
	struct ac97_look end;
	u64 done, handed, at;

	for (done = 0; done < 3 * ENTRIES; done++) {
		for (handed = done + 1; handed < done + ENTRIES; handed++) {
			for (at = done; at < handed; at++) {
				struct ac97_look look = { .index = at % ENTRIES };

				CHECK_EQ(ac97_list_complete(&look, done, handed), at - done);
			}
			end = (struct ac97_look){ .index = (handed - 1) % ENTRIES, .halted = true };
			CHECK_EQ(ac97_list_complete(&end, done, handed), handed - done);
		}
	}
}

TEST(one_that_stands_has_done_nothing_more)
{
	struct ac97_look look = { .index = 4, .halted = true };

	CHECK_EQ(ac97_list_complete(&look, 5, 5), 0);
	/* It has been given more, and has not begun with them. */
	look.halted = false;
	CHECK_EQ(ac97_list_complete(&look, 5, 6), 0);
	CHECK_EQ(ac97_list_complete(&look, 5, 5 + ENTRIES - 1), 0);
}

TEST(what_cannot_be_is_refused)
{
	struct ac97_look look = { .index = 9 };

	/* Beyond what it was given */
	CHECK_EQ(ac97_list_complete(&look, 5, 9), -EPROTO);
	CHECK_EQ(ac97_list_complete(&look, 5, 5), -EPROTO);
	/* At an end that is none */
	look = (struct ac97_look){ .index = 6, .halted = true };
	CHECK_EQ(ac97_list_complete(&look, 5, 9), -EPROTO);
	look.index = 4;
	CHECK_EQ(ac97_list_complete(&look, 5, 9), -EPROTO);
	/* More left than there was */
	look = (struct ac97_look){ .left = 2049 };
	CHECK_EQ(ac97_list_filled(&look, 4096, 4), -EPROTO);
	look.left = 65535;
	CHECK_EQ(ac97_list_filled(&look, 4096, 4), -EPROTO);
}

TEST(a_block_grows_by_whole_frames)
{
	struct ac97_look look = { .left = 2048 };

	CHECK_EQ(ac97_list_filled(&look, 4096, 4), 0);
	look.left = 2047;
	CHECK_EQ(ac97_list_filled(&look, 4096, 4), 0);
	look.left = 2046;
	CHECK_EQ(ac97_list_filled(&look, 4096, 4), 4);
	look.left = 1;
	CHECK_EQ(ac97_list_filled(&look, 4096, 4), 4092);
	/* Nothing left is also said before it is known how much there is. */
	look.left = 0;
	CHECK_EQ(ac97_list_filled(&look, 4096, 4), 0);
	/* What is left of one that stands was there before. */
	look = (struct ac97_look){ .left = 2, .halted = true };
	CHECK_EQ(ac97_list_filled(&look, 4096, 4), 0);
}

HARNESS_MAIN
