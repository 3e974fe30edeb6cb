// SPDX-License-Identifier: GPL-2.0-only
/* The table of a channel: a FIFO of descriptors, each pushed by three writes. */
#include "internal.h"

/**
 * lite_table_begin() - empty the table
 * @ch: the channel, which is not enabled
 */
void lite_table_begin(struct lite_channel *ch)
{
	lite_write(ch, LITE_RESET, 1);
	/* Prog mode: each descriptor is carried out once. */
	lite_write(ch, LITE_LOOP, 0);
	/* The interrupt thread reads both: see lite_irq_news(). */
	WRITE_ONCE(ch->base, lite_read(ch, LITE_STATUS));
	ch->pushed = 0;
	WRITE_ONCE(ch->popped, 0);
	ch->seen = 0;
	ch->dry = false;
	ch->proven = false;
}

/** lite_table_has_room() - are there so many free entries, by the last count? */
bool lite_table_has_room(const struct lite_channel *ch, unsigned int descriptors)
{
	return ch->pushed - ch->popped + descriptors <= ch->card->map.depth;
}

/**
 * lite_table_push() - add a descriptor
 * @ch: the channel, with room for it
 * @dma: where the memory is
 * @bytes: how much
 * @quiet: no interrupt when it is done
 */
void lite_table_push(struct lite_channel *ch, dma_addr_t dma, u32 bytes, bool quiet)
{
	lite_write(ch, LITE_LENGTH, bytes | LITE_ENDLESS | (quiet ? LITE_QUIET : 0));
	lite_write(ch, LITE_ADDRESS_LO, lower_32_bits(dma));
	lite_write(ch, LITE_ADDRESS_HI, upper_32_bits(dma));
	ch->pushed++;
}

/**
 * lite_table_prove() - has the table taken what was pushed before anything is done?
 * @ch: the channel, which is not enabled
 *
 * No register tells its depth, and a push into a full table is lost.
 *
 * Return: false after having the run fail.
 */
bool lite_table_prove(struct lite_channel *ch)
{
	u32 level;

	if (ch->proven)
		return true;
	ch->proven = true;
	level = lite_read(ch, LITE_LEVEL);
	if (level == ch->pushed)
		return true;
	if (level == LITE_ALL_ONES)
		lite_fault_no_answer(ch);
	else
		lite_fault_fail(ch, LITE_FAULT_TABLE, -EPROTO,
				"the table has taken %u of %llu descriptors (is its depth %u? tell depth:N)",
				level, ch->pushed, ch->card->map.depth);
	return false;
}

/**
 * lite_table_agrees() - are there as many descriptors as have been pushed and not done?
 * @ch: the channel, with all that is done counted
 *
 * If a push was lost, samples would go to the memory of another block.
 *
 * Return: false if not, twice; true also where the count moves too fast to compare.
 */
bool lite_table_agrees(struct lite_channel *ch)
{
	unsigned int turn;

	for (turn = 0; turn < 2; turn++) {
		u32 before = lite_read(ch, LITE_STATUS), level = lite_read(ch, LITE_LEVEL);
		u32 after = lite_read(ch, LITE_STATUS);

		ch->questions += 3;
		if (before != after || level == lower_32_bits(ch->pushed) - (after - ch->base))
			return true;
	}
	return false;
}
