// SPDX-License-Identifier: GPL-2.0-only
/* acqtest: part=unit */
/*
 * module/core/ring.c towards the card: a writer fills blocks, a card plays them, and
 * monitors look at what was played. First by cases, then at random, with frames that
 * have numbers, so that one that is played twice, late or not at all is seen.
 */
#include <stdlib.h>

#include "ring.h"

static void setup_output(u32 slots, u32 room, u32 frame)
{
	acq_ring_init(&ring, &meta, blocks, slots, room, frame);
	ring.output = true;
}

static u32 put(u32 bytes)
{
	u32 slot, off, room = acq_ring_reserve(&ring, &slot, &off);

	if (!room)
		return 0;
	bytes = min(bytes, room);
	acq_ring_put(&ring, bytes);
	return bytes;
}

TEST(the_card_gets_what_was_filled)
{
	u32 slot, off;

	setup_output(8, 64, 4);
	CHECK_EQ(acq_ring_give(&ring, NOT_HELD), 0);
	CHECK_EQ(acq_ring_reserve(&ring, &slot, &off), 64);
	CHECK_EQ(slot, 0);
	CHECK_EQ(off, 0);
	acq_ring_put(&ring, 40);
	CHECK_EQ(acq_ring_reserve(&ring, &slot, &off), 24);
	CHECK_EQ(slot, 0);
	CHECK_EQ(off, 40);
	acq_ring_put(&ring, 0);
	CHECK_EQ(acq_ring_give(&ring, NOT_HELD), 0);
	CHECK_EQ(put(1000), 24);
	CHECK_EQ(acq_ring_give(&ring, NOT_HELD), 1);
	CHECK_EQ(blocks[0].bytes, 64);
	CHECK_EQ(meta.accepted, 64);
	CHECK_EQ(meta.head, 0);
	CHECK(!acq_ring_drained(&ring));
	CHECK_EQ(fill(0, 0, 64, true), 0);
	CHECK_EQ(meta.head, 64);
	CHECK(acq_ring_drained(&ring));
}

TEST(half_the_ring_is_to_be_played)
{
	int i;

	setup_output(8, 64, 4);
	CHECK_EQ(acq_ring_room(&ring), 256);
	for (i = 0; i < 4; i++)
		CHECK_EQ(put(64), 64);
	CHECK_EQ(put(64), 0);
	CHECK_EQ(acq_ring_room(&ring), 0);
	CHECK(!acq_ring_writable(&ring, 4));
	CHECK_EQ(acq_ring_give(&ring, NOT_HELD), 4);
	CHECK_EQ(fill(0, 0, 64, true), 0);
	CHECK_EQ(acq_ring_room(&ring), 64);
	CHECK(acq_ring_writable(&ring, 64));
	CHECK(!acq_ring_writable(&ring, 128));
	CHECK_EQ(put(64), 64);
	CHECK_EQ(fill(16, 0, 64, true), 0);
	CHECK_EQ(fill(32, 0, 64, true), 0);
	/* Two blocks are left: who waits for more than there is waits no longer. */
	CHECK(acq_ring_writable(&ring, 1000));
}

TEST(a_card_that_runs_dry_gets_a_block_that_is_not_full)
{
	setup_output(8, 64, 4);
	CHECK(!acq_ring_put_open(&ring, true));
	CHECK_EQ(put(8), 8);
	CHECK(acq_ring_put_open(&ring, false));
	CHECK_EQ(acq_ring_give(&ring, NOT_HELD), 1);
	CHECK_EQ(blocks[0].bytes, 8);
	CHECK_EQ(put(64), 64);
	CHECK_EQ(put(12), 12);
	/* It has two. */
	CHECK(!acq_ring_put_open(&ring, false));
	CHECK_EQ(fill(0, 0, 8, true), 0);
	CHECK(acq_ring_put_open(&ring, false));
	CHECK_EQ(put(16), 16);
	CHECK(!acq_ring_put_open(&ring, false));
	CHECK(acq_ring_put_open(&ring, true));
	CHECK_EQ(acq_ring_give(&ring, NOT_HELD), 3);
	CHECK_EQ(meta.accepted, 100);
}

TEST(what_the_writer_copies_to_is_not_given)
{
	u32 slot, off;

	setup_output(8, 64, 4);
	CHECK_EQ(put(8), 8);
	CHECK_EQ(acq_ring_reserve(&ring, &slot, &off), 56);
	CHECK(!acq_ring_put_open(&ring, true));
	acq_ring_put(&ring, 4);
	CHECK(acq_ring_put_open(&ring, true));
	CHECK_EQ(blocks[0].bytes, 12);
}

TEST(who_was_told_of_room_finds_some)
{
	/* The smallest ring: two blocks to be played */
	setup_output(4, 64, 4);
	CHECK_EQ(put(64), 64);
	CHECK_EQ(put(4), 4);
	CHECK(acq_ring_writable(&ring, 60));
	CHECK(!acq_ring_put_open(&ring, false));
	CHECK_EQ(put(60), 60);
}

/* As acq_ring_commit(), at the place that is to be filled next */
static int commit(u64 bytes)
{
	u64 taken = bytes;
	int ret = acq_ring_commit(&ring, ring.put + !!ring.put_bytes, &taken);

	if (!ret)
		CHECK_EQ(taken, bytes);
	return ret;
}

TEST(what_is_filled_in_place_is_put_by_blocks)
{
	u64 bytes = 64;

	setup_output(8, 64, 4);
	CHECK_EQ(commit(64 + 8), 0);
	CHECK_EQ(ring.put, 2);
	CHECK_EQ(blocks[0].bytes, 64);
	CHECK_EQ(blocks[1].bytes, 8);
	CHECK_EQ(meta.accepted, 72);
	CHECK_EQ(acq_ring_room(&ring), 128);
	/* More than there is room for, and no frames */
	CHECK_EQ(commit(132), -EINVAL);
	CHECK_EQ(commit(6), -EINVAL);
	CHECK_EQ(commit(~3ULL), -EINVAL);
	/* Another place */
	CHECK_EQ(acq_ring_commit(&ring, 1, &bytes), 0);
	CHECK_EQ(bytes, 0);
	CHECK_EQ(meta.accepted, 72);
	CHECK_EQ(acq_ring_give(&ring, NOT_HELD), 2);
	/* What has been put otherwise is a block of its own. */
	CHECK_EQ(put(4), 4);
	CHECK_EQ(commit(64), 0);
	CHECK_EQ(blocks[2].bytes, 4);
	CHECK_EQ(blocks[3].bytes, 64);
	CHECK_EQ(acq_ring_room(&ring), 0);
	CHECK_EQ(commit(4), -EINVAL);
	CHECK_EQ(fill(0, 0, 64, true), 0);
	CHECK_EQ(acq_ring_room(&ring), 64);
	CHECK_EQ(commit(64), 0);
}

TEST(room_to_fill_in_place_has_no_past)
{
	u64 oldest;
	int i;

	setup_output(8, 64, 4);
	for (i = 0; i < 20; i++) {
		CHECK_EQ(commit(64), 0);
		acq_ring_give(&ring, NOT_HELD);
		CHECK_EQ(fill(16 * i, 0, 64, true), 0);
		CHECK_EQ(commit(0), 0);
		/* All that may be filled now, up to half a ring in front of what has been played */
		CHECK_EQ(acq_ring_room(&ring), 256);
		CHECK(meta.oldest + 8 >= ring.put + 4);
	}
	/* And stays so. */
	oldest = meta.oldest;
	CHECK_EQ(put(4), 4);
	CHECK_EQ(meta.oldest, oldest);
}

TEST(an_underrun_is_a_gap_before_the_block_behind_it)
{
	struct acq_cursor cur;
	struct acq_span span;

	setup_output(8, 64, 4);
	acq_cursor_begin(&cur);
	CHECK_EQ(put(64), 64);
	CHECK_EQ(put(64), 64);
	acq_ring_give(&ring, NOT_HELD);
	CHECK_EQ(fill(0, 0, 64, true), 0);
	CHECK_EQ(fill(16 + 5, 5, 64, true), 0);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	acq_cursor_advance(&cur, &ring, span.bytes);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_GAP);
	CHECK_EQ(span.lost, 5);
	CHECK_EQ(cur.pos, 64);
	CHECK_EQ(cur.index, 16);
	acq_cursor_skip(&cur, &span);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	CHECK_EQ(span.bytes, 64);
}

TEST(a_card_that_lies_is_refused)
{
	setup_output(8, 64, 4);
	CHECK_EQ(put(40), 40);
	CHECK_EQ(fill(0, 0, 40, true), -EPROTO);
	CHECK(acq_ring_put_open(&ring, true));
	acq_ring_give(&ring, NOT_HELD);
	CHECK_EQ(fill(0, 0, 44, true), -EPROTO);
	CHECK_EQ(fill(0, 0, 20, false), -EPROTO);
	CHECK_EQ(fill(0, 0, 40, true), 0);
	CHECK_EQ(fill(10, 0, 4, true), -EPROTO);
	CHECK_EQ(meta.head, 40);
}

TEST(a_cut_block_is_dropped_and_counted)
{
	struct acq_cursor cur;
	struct acq_span span;

	setup_output(8, 64, 4);
	acq_cursor_begin(&cur);
	CHECK_EQ(put(64), 64);
	CHECK_EQ(put(64), 64);
	CHECK_EQ(put(64), 64);
	acq_ring_give(&ring, NOT_HELD);
	CHECK_EQ(fill(0, 0, 64, true), 0);
	CHECK_EQ(put(64), 64);
	acq_ring_cut(&ring, true);
	/* It may play on what it had: that is not given again. */
	CHECK_EQ(ring.dropped, 128);
	CHECK_EQ(meta.done, 3);
	CHECK_EQ(meta.head, 64);
	CHECK_EQ(acq_ring_give(&ring, NOT_HELD), 1);
	CHECK_EQ(fill(16 + 100, 100, 64, true), 0);
	acq_cursor_look(&cur, &ring, &span);
	acq_cursor_advance(&cur, &ring, 64);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_GAP);
	CHECK_EQ(span.lost, 100);
	acq_cursor_skip(&cur, &span);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	CHECK_EQ(span.bytes, 64);
	CHECK_EQ(cur.pos, 64);
	/* One of which the card knows how much it has played */
	CHECK_EQ(put(64), 64);
	acq_ring_give(&ring, NOT_HELD);
	CHECK_EQ(put(64), 64);
	acq_ring_give(&ring, NOT_HELD);
	CHECK_EQ(fill(132, 0, 20, true), 0);
	CHECK_EQ(ring.dropped, 128 + 44);
	acq_ring_cut(&ring, false);
	CHECK_EQ(ring.dropped, 128 + 44);
	CHECK_EQ(acq_ring_give(&ring, NOT_HELD), 1);
	CHECK_EQ(fill(137, 0, 64, true), 0);
	CHECK(acq_ring_drained(&ring));
}

#define SLOTS_MOST	64
#define ROOM		10	/* frames */

/* What is in the slots, and of which frames it is */
static u64 memory[SLOTS_MOST][ROOM];

struct monitor {
	struct acq_cursor cur;
	u64 got, told, newest;
};

static void watch(struct monitor *m, u64 most)
{
	struct acq_span span;
	u64 frames, i;

	while (most--) {
		switch (acq_cursor_look(&m->cur, &ring, &span)) {
		case ACQ_LOOK_EMPTY:
			CHECK_EQ(m->cur.pos, meta.head);
			return;
		case ACQ_LOOK_DATA:
			CHECK(span.bytes);
			frames = random() % ROOM + 1;
			frames = min(frames, span.bytes / ring.frame);
			for (i = 0; i < frames; i++) {
				u64 number = memory[span.slot][span.off / ring.frame + i];

				CHECK(number > m->newest);
				m->newest = number;
			}
			CHECK(acq_cursor_valid(&m->cur, &ring));
			acq_cursor_advance(&m->cur, &ring, frames * ring.frame);
			m->got += frames;
			break;
		case ACQ_LOOK_GAP:
			acq_cursor_skip(&m->cur, &span);
			m->told += span.lost;
			break;
		case ACQ_LOOK_OVERTAKEN:
			m->told += acq_cursor_overtaken(&m->cur, &ring);
			break;
		}
		CHECK_EQ(m->got + m->told, m->cur.index);
	}
}

static void random_output(unsigned int seed, u32 slots, u32 frame)
{
	u64 accepted = 0, played = 0, dropped = 0, filler = 0, index = 0, newest = 0, block, i;
	struct monitor monitors[2] = {};
	u32 slot, off, room, frames;
	int turn;

	srandom(seed);
	setup_output(slots, ROOM * frame, frame);
	acq_cursor_begin(&monitors[0].cur);
	acq_cursor_begin(&monitors[1].cur);
	for (turn = 0; turn < 100000; turn++) {
		u64 free = acq_ring_room(&ring);

		/* the writer */
		frames = random() % (2 * ROOM);
		room = acq_ring_reserve(&ring, &slot, &off) / frame;
		CHECK_EQ(!room, !free);
		if (room) {
			if (random() % 8 == 0)
				CHECK(!acq_ring_put_open(&ring, true));
			frames = min(frames, room);
			for (i = 0; i < frames; i++)
				memory[slot][off / frame + i] = ++accepted;
			acq_ring_put(&ring, frames * frame);
			CHECK_EQ(acq_ring_room(&ring), free - frames * frame);
		}
		if (random() % 2)
			acq_ring_put_open(&ring, random() % 16 == 0);
		/* the card */
		acq_ring_give(&ring, NOT_HELD);
		if (acq_ring_outstanding(&ring) && random() % 4) {
			u64 lost = random() % 8 ? 0 : random() % 1000 + 1;

			block = meta.done;
			frames = blocks[block % slots].bytes / frame;
			CHECK(frames);
			room = random() % 50 ? frames : random() % frames + 1;
			index += lost;
			filler += lost;
			CHECK_EQ(fill(index, lost, room * frame, true), 0);
			for (i = 0; i < room; i++) {
				u64 number = memory[block % slots][i];

				CHECK(number > newest);
				newest = number;
			}
			index += room;
			played += room;
			dropped += frames - room;
		} else if (random() % 50 == 0) {
			bool lost = random() % 2;

			for (block = meta.done; lost && block < ring.given; block++)
				dropped += blocks[block % slots].bytes / frame;
			acq_ring_cut(&ring, lost);
			CHECK_EQ(acq_ring_outstanding(&ring), 0);
		}
		watch(&monitors[0], ~0ULL);
		if (random() % 4 == 0)
			watch(&monitors[1], random() % 20);
		CHECK_EQ(meta.head, played * frame);
		CHECK_EQ(ring.dropped, dropped * frame);
		CHECK_EQ(meta.accepted, accepted * frame);
		CHECK(played + dropped <= accepted);
		CHECK(accepted <= played + dropped + slots / 2 * ROOM);
		CHECK(meta.done <= ring.given && ring.given <= ring.put);
		CHECK_EQ(acq_ring_drained(&ring), played + dropped == accepted);
	}
	CHECK_EQ(monitors[0].told, filler);
	CHECK_EQ(monitors[0].got, played);
	watch(&monitors[1], ~0ULL);
	CHECK_EQ(monitors[1].got + monitors[1].told, index);
	CHECK_EQ(meta.lost, filler);
}

TEST(random_turns_add_up)
{
	unsigned int seed;

	for (seed = 1; seed <= 10; seed++)
		random_output(seed, 4U << seed % 5, 1 + seed % 7);
}

HARNESS_MAIN
