/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far an engine of AC'97 has come with its list of blocks: arithmetic alone, a
 * program in tests/unit.
 */
#ifndef ACQ_AC97_LIST_H
#define ACQ_AC97_LIST_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "kernel.h"
#endif

/*
 * Entries of a list. An engine gets one block fewer at a time: with all of them, one that
 * has not begun could not be told from one that is at the last.
 */
#define AC97_LIST_BLOCKS	32U

/**
 * struct ac97_look - what the registers of an engine have said, all at one moment
 * @index: the entry in hand
 * @left: samples of it that are left; 0: not known, or none
 * @halted: it has come to the end of the last entry that it may use
 */
struct ac97_look {
	u32 index;
	u32 left;
	bool halted;
};

u32 ac97_list_index(u64 block);
int ac97_list_complete(const struct ac97_look *look, u64 done, u64 handed);
int ac97_list_filled(const struct ac97_look *look, u32 bytes, u32 frame);

#endif /* ACQ_AC97_LIST_H */
