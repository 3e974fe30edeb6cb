// SPDX-License-Identifier: GPL-2.0-only
/* How far an engine of AC'97 has come with its list of blocks. See list.h. */
#include "list.h"

#ifdef __KERNEL__
#include <linux/errno.h>
#endif

/* What is left is counted in samples. */
#define LIST_SAMPLE	2U

/** ac97_list_index() - where block @block is in the list */
u32 ac97_list_index(u64 block)
{
	return block % AC97_LIST_BLOCKS;
}

/**
 * ac97_list_complete() - how many more blocks are complete?
 * @look: what the engine says; nothing in it is trusted
 * @done: blocks that were known to be
 * @handed: that it has been given, fewer than AC97_LIST_BLOCKS more
 *
 * Return: so many, or -EPROTO: it is where it cannot be.
 */
int ac97_list_complete(const struct ac97_look *look, u64 done, u64 handed)
{
	u32 outstanding = handed - done;
	u32 ahead = ac97_list_index(look->index - done);

	/* It stays at the last one that it had, until it begins with the next. */
	if (ahead == AC97_LIST_BLOCKS - 1 && !(look->halted && outstanding))
		return 0;
	if (ahead >= outstanding || (look->halted && ahead != outstanding - 1))
		return -EPROTO;
	return ahead + look->halted;
}

/**
 * ac97_list_filled() - how much of the entry in hand has been filled?
 * @look: what the engine says; nothing in it is trusted
 * @bytes: of that block
 * @frame: bytes of a frame
 *
 * Return: bytes, whole frames, fewer than all; 0 also where that is not known; or -EPROTO.
 */
int ac97_list_filled(const struct ac97_look *look, u32 bytes, u32 frame)
{
	u32 left = look->left * LIST_SAMPLE;

	if (!left || look->halted)
		return 0;
	if (left > bytes)
		return -EPROTO;
	return (bytes - left) / frame * frame;
}
