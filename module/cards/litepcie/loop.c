// SPDX-License-Identifier: GPL-2.0-only
/*
 * A Writer in Loop mode fills chunks of memory round and round, and the driver copies them
 * into the ring. This is for a source that must not be held back where there is no room. If
 * the card overwrites chunks before they are copied, readers get one gap with the exact number
 * of frames.
 *
 * The status has the number of rounds and the index in a round. It lags by one chunk, so a
 * chunk is delivered when the next one completes.
 */
#include <linux/dma-mapping.h>
#include <linux/lcm.h>
#include <linux/slab.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "internal.h"

/**
 * lite_loop_alloc() - allocate the memory, unless it is there
 * @ch: a Writer; lite_loop_free() also where this fails
 *
 * Return: 0 or -ENOMEM.
 */
int lite_loop_alloc(struct lite_channel *ch)
{
	struct lite_loop *loop = &ch->loop;
	unsigned int i;

	if (!loop->chunk)
		loop->chunk = kcalloc(LITE_CHUNKS, sizeof(*loop->chunk), GFP_KERNEL);
	if (!loop->dma)
		loop->dma = kcalloc(LITE_CHUNKS, sizeof(*loop->dma), GFP_KERNEL);
	if (!loop->chunk || !loop->dma)
		return -ENOMEM;
	for (i = 0; i < LITE_CHUNKS; i++) {
		if (!loop->chunk[i])
			loop->chunk[i] = dma_alloc_coherent(lite_device(ch), LITE_CHUNK_BYTES,
							    &loop->dma[i], GFP_KERNEL);
		if (!loop->chunk[i])
			return -ENOMEM;
	}
	return 0;
}

/** lite_loop_free() - free the memory, if there is some */
void lite_loop_free(struct lite_channel *ch)
{
	struct lite_loop *loop = &ch->loop;
	unsigned int i;

	for (i = 0; loop->chunk && loop->dma && i < LITE_CHUNKS && loop->chunk[i]; i++)
		dma_free_coherent(lite_device(ch), LITE_CHUNK_BYTES, loop->chunk[i], loop->dma[i]);
	kfree(loop->chunk);
	kfree(loop->dma);
	memset(loop, 0, sizeof(*loop));
}

/* Fill the table, and have it go round. False after having the run fail. */
static bool lite_loop_begin(struct lite_channel *ch)
{
	struct lite_loop *loop = &ch->loop;
	u32 unit = lcm(ch->frame, LITE_BEAT_MAX), i;

	loop->chunks = min(LITE_CHUNKS, ch->card->map.depth);
	/* As much as fits into a chunk and into a block: whole frames, whole words */
	loop->bytes = min(ch->room, LITE_CHUNK_BYTES - LITE_CHUNK_BYTES % unit);
	/* The interrupt thread reads both. */
	WRITE_ONCE(loop->status, 0);
	loop->done = 0;
	loop->next = 0;
	loop->at = 0;
	loop->lost = 0;
	WRITE_ONCE(loop->deaf, false);
	for (i = 0; i < loop->chunks; i++)
		lite_table_push(ch, loop->dma[i], loop->bytes, false);
	/* One that is too small would go round in fewer chunks. */
	if (!lite_table_prove(ch))
		return false;
	lite_write(ch, LITE_LOOP, 1);
	return true;
}

/**
 * lite_loop_kick() - there is room
 * @ch: a Writer, whose table is empty before the first time
 */
void lite_loop_kick(struct lite_channel *ch)
{
	if (!ch->begun) {
		if (lite_loop_begin(ch))
			lite_engine_begin(ch);
	} else if (ch->loop.deaf) {
		WRITE_ONCE(ch->loop.deaf, false);
		lite_irq_enable(ch->card, BIT(ch->line));
		acq_stream_service_soon(ch->stream);
	}
}

/* How many chunks are whole by now? False after having the run fail. */
static bool lite_loop_count(struct lite_channel *ch)
{
	struct lite_loop *loop = &ch->loop;
	u32 status = lite_read(ch, LITE_STATUS), rounds = (status >> 16) - (loop->status >> 16);
	s64 more = (u64)(rounds & 0xffff) * loop->chunks + (status & 0xffff);

	/* It has been halted, and all is counted. */
	if (ch->finishing)
		return true;
	more -= loop->status & 0xffff;
	if (status == LITE_ALL_ONES && lite_read(ch, LITE_ENABLE) == LITE_ALL_ONES) {
		lite_fault_no_answer(ch);
		return false;
	}
	/* More than a round: it was overwritten, or it was reset and begins anew. */
	if ((more < 0 || more > loop->chunks) && !lite_engine_is_alive(ch))
		return false;
	/* No service comes so late that so many rounds are done: the count has gone back. */
	if ((status & 0xffff) >= loop->chunks || more < 0 || rounds & 0x8000) {
		lite_fault_fail(ch, LITE_FAULT_COUNT, -EPROTO,
				"it is at 0x%08x behind 0x%08x, in rounds of %u descriptors",
				status, loop->status, loop->chunks);
		return false;
	}
	WRITE_ONCE(loop->status, status);
	loop->done += more;
	return true;
}

/* Append a copied chunk to the open block. False if the stream has failed. */
static bool lite_loop_report(struct lite_channel *ch)
{
	struct lite_loop *loop = &ch->loop;
	struct acq_fill fill = {
		.bytes = loop->at + loop->bytes,
		/* What comes next is as large. */
		.complete = loop->at + 2 * loop->bytes > ch->room,
	};

	if (!loop->at) {
		loop->index = ch->index + loop->lost;
		loop->before = loop->lost;
		loop->lost = 0;
		ch->index = loop->index;
	}
	fill.index = loop->index;
	fill.lost = loop->before;
	loop->at = fill.complete ? 0 : fill.bytes;
	ch->index += loop->bytes / ch->frame;
	return acq_stream_fill(ch->stream, &fill) == 0;
}

/* Complete the open block: a loss comes behind it. False if the stream has failed. */
static bool lite_loop_end_block(struct lite_channel *ch)
{
	struct lite_loop *loop = &ch->loop;
	struct acq_fill fill = {
		.bytes = loop->at,
		.index = loop->index,
		.lost = loop->before,
		.complete = true,
	};

	if (!loop->at)
		return true;
	loop->at = 0;
	return acq_stream_fill(ch->stream, &fill) == 0;
}

/* The Writer has lapped us: skip half the ring. False if the stream has failed. */
static bool lite_loop_skip(struct lite_channel *ch)
{
	struct lite_loop *loop = &ch->loop;
	u64 skip = loop->done - loop->next - loop->chunks / 2;

	if (!lite_loop_end_block(ch))
		return false;
	loop->next += skip;
	loop->lost += skip * (loop->bytes / ch->frame);
	return true;
}

/* Is the oldest chunk being overwritten, or soon? */
static bool lite_loop_is_lapped(const struct lite_channel *ch)
{
	const struct lite_loop *loop = &ch->loop;

	return loop->done - loop->next >= loop->chunks - 2;
}

/** lite_loop_collected() - has all been copied that is done? */
bool lite_loop_collected(const struct lite_channel *ch)
{
	return ch->loop.next == ch->loop.done;
}

/**
 * lite_loop_collect() - copy the chunks that are done while there is room
 * @ch: the channel
 *
 * At most a round of them: a card may complete them as fast as they are copied, or claim to.
 *
 * Return: false if the stream has failed.
 */
bool lite_loop_collect(struct lite_channel *ch)
{
	struct lite_loop *loop = &ch->loop;
	unsigned int turn;
	u64 frames;
	u32 slot;

	if (!lite_loop_count(ch))
		return false;
	for (turn = 0; turn < loop->chunks; turn++) {
		if (loop->next == loop->done || !acq_stream_outstanding(ch->stream))
			break;
		if (lite_loop_is_lapped(ch)) {
			if (!lite_loop_skip(ch))
				return false;
			continue;
		}
		slot = (u32)(loop->next % loop->chunks);
		memcpy(acq_stream_open_block(ch->stream) + loop->at, loop->chunk[slot],
		       loop->bytes);
		/* The Writer may have come round meanwhile: so count behind the copy. */
		mb();
		if (!lite_loop_count(ch))
			return false;
		if (lite_loop_is_lapped(ch))
			continue;
		loop->next++;
		if (!lite_loop_report(ch))
			return false;
	}
	if (turn == loop->chunks)
		acq_stream_service_soon(ch->stream);
	/* Where there is no room, also those that were not copied */
	frames = ch->index + loop->lost;
	if (!acq_stream_outstanding(ch->stream))
		frames += (loop->done - loop->next) * (loop->bytes / ch->frame);
	lite_engine_report(ch, frames);
	/* It goes on without room, and need not interrupt before there is some. */
	if (!acq_stream_outstanding(ch->stream) && !loop->deaf) {
		WRITE_ONCE(loop->deaf, true);
		lite_irq_disable(ch->card, BIT(ch->line));
	}
	return true;
}
