// SPDX-License-Identifier: GPL-2.0-only
/* acqtest: part=unit */
/* module/core/ring.c as a program: first by cases, then by a million random turns. */
#include "ring.h"

TEST(empty_ring_has_nothing)
{
	struct acq_cursor cur;
	struct acq_span span;

	setup(8, 64, 4);
	acq_cursor_begin(&cur);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_EMPTY);
	CHECK(!acq_cursor_ready(&cur, &ring, 4));
	CHECK_EQ(ring.given, 4);
}

TEST(open_block_is_readable)
{
	struct acq_cursor cur;
	struct acq_span span;

	setup(8, 64, 4);
	acq_cursor_begin(&cur);
	CHECK_EQ(fill(0, 0, 12, false), 0);
	CHECK(acq_cursor_ready(&cur, &ring, 12));
	CHECK(!acq_cursor_ready(&cur, &ring, 16));
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	CHECK_EQ(span.bytes, 12);
	acq_cursor_advance(&cur, &ring, 12);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_EMPTY);
	CHECK_EQ(fill(0, 0, 64, true), 0);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	CHECK_EQ(span.off, 12);
	CHECK_EQ(span.bytes, 52);
	CHECK_EQ(cur.index, 3);
}

TEST(end_of_packet_comes_with_the_end_of_its_block)
{
	struct acq_fill f = { .bytes = 12, .flags = ACQ_BLOCK_EOP };

	setup(8, 64, 4);
	CHECK_EQ(acq_ring_fill(&ring, &f), 0);
	CHECK_EQ(blocks[0].flags, 0);
	f.complete = true;
	CHECK_EQ(acq_ring_fill(&ring, &f), 0);
	CHECK_EQ(blocks[0].flags, ACQ_BLOCK_COMPLETE | ACQ_BLOCK_EOP);
	/* Nothing else gets there. */
	f.index = 3;
	f.flags = ~0U;
	CHECK_EQ(acq_ring_fill(&ring, &f), 0);
	CHECK_EQ(blocks[1].flags, ACQ_BLOCK_COMPLETE | ACQ_BLOCK_EOP);
	f.index = 6;
	f.flags = 0;
	CHECK_EQ(acq_ring_fill(&ring, &f), 0);
	CHECK_EQ(blocks[2].flags, ACQ_BLOCK_COMPLETE);
}

TEST(an_end_of_packet_ahead_is_known_without_a_look_at_blocks)
{
	struct acq_cursor cur, newcomer = {};
	struct acq_span span;

	setup(8, 64, 4);
	acq_cursor_begin(&cur);
	CHECK_EQ(fill(0, 0, 64, true), 0);
	/* Not before the block is complete */
	CHECK_EQ(fill_flags(16, 0, 8, false, ACQ_BLOCK_EOP), 0);
	CHECK_EQ(meta.packet_end, 0);
	CHECK(!acq_cursor_packet_ahead(&cur, &ring));
	CHECK_EQ(fill_flags(16, 0, 8, true, ACQ_BLOCK_EOP), 0);
	CHECK_EQ(meta.packet_end, 72);
	acq_cursor_newest(&newcomer, &ring);
	CHECK(newcomer.eop);
	CHECK(!acq_cursor_packet_ahead(&newcomer, &ring));
	/* What follows it changes nothing, be it behind a loss. */
	CHECK_EQ(fill(28, 10, 64, true), 0);
	CHECK_EQ(meta.packet_end, 72);
	acq_cursor_newest(&newcomer, &ring);
	CHECK(!newcomer.eop);

	looks = 0;
	CHECK(acq_cursor_packet_ahead(&cur, &ring));
	CHECK_EQ(looks, 1);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	acq_cursor_advance(&cur, &ring, 64);
	CHECK(!cur.eop);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	acq_cursor_advance(&cur, &ring, 4);
	CHECK(!cur.eop);
	CHECK(acq_cursor_packet_ahead(&cur, &ring));
	acq_cursor_advance(&cur, &ring, 4);
	CHECK(cur.eop);
	CHECK(!acq_cursor_packet_ahead(&cur, &ring));
	/* A gap behind it does not make it another place. */
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_GAP);
	acq_cursor_skip(&cur, &span);
	CHECK(cur.eop);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	acq_cursor_advance(&cur, &ring, 4);
	CHECK(!cur.eop);
}

TEST(a_packet_that_ends_when_its_bytes_were_used_is_not_joined_to_the_next)
{
	struct acq_cursor cur;
	struct acq_span span;

	setup(8, 64, 4);
	acq_cursor_begin(&cur);
	CHECK_EQ(fill(0, 0, 32, false), 0);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	acq_cursor_advance(&cur, &ring, 32);
	CHECK(!cur.eop);
	CHECK_EQ(fill_flags(0, 0, 32, true, ACQ_BLOCK_EOP), 0);
	CHECK(!acq_cursor_packet_ahead(&cur, &ring));
	CHECK_EQ(fill(8, 0, 64, true), 0);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	CHECK(cur.eop);
	/* Overtaken, it knows nothing of what is before it. */
	acq_cursor_overtaken(&cur, &ring);
	CHECK(!cur.eop);
}

TEST(gap_is_told_once_and_in_its_place)
{
	struct acq_cursor cur;
	struct acq_span span;

	setup(8, 64, 4);
	acq_cursor_begin(&cur);
	CHECK_EQ(fill(0, 0, 20, true), 0);
	CHECK_EQ(fill(105, 100, 8, false), 0);
	/* Less than wanted, but a gap behind it */
	CHECK(acq_cursor_ready(&cur, &ring, 64));
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	CHECK_EQ(span.bytes, 20);
	acq_cursor_advance(&cur, &ring, 20);
	CHECK(acq_cursor_ready(&cur, &ring, 64));
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_GAP);
	CHECK_EQ(span.lost, 100);
	CHECK_EQ(cur.index, 5);
	acq_cursor_skip(&cur, &span);
	CHECK_EQ(cur.index, 105);
	/* Told: what is left is less than wanted again */
	CHECK(!acq_cursor_ready(&cur, &ring, 64));
	CHECK(acq_cursor_ready(&cur, &ring, 8));
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	CHECK_EQ(span.bytes, 8);
	CHECK_EQ(ring.meta->gaps, 1);
	CHECK_EQ(ring.meta->lost, 100);
}

TEST(loss_before_the_first_frame_is_a_gap)
{
	struct acq_cursor cur;
	struct acq_span span;

	setup(8, 64, 4);
	acq_cursor_begin(&cur);
	CHECK_EQ(fill(1007, 7, 4, false), 0);
	CHECK(acq_cursor_ready(&cur, &ring, 64));
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_GAP);
	CHECK_EQ(span.lost, 7);
	CHECK_EQ(cur.index, 1000);
}

TEST(run_may_begin_at_any_index)
{
	struct acq_cursor cur;
	struct acq_span span;

	setup(8, 64, 4);
	acq_cursor_begin(&cur);
	CHECK_EQ(fill(1000, 0, 4, false), 0);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	CHECK_EQ(cur.index, 1000);
}

TEST(holder_keeps_its_blocks)
{
	u64 seq;

	setup(8, 64, 4);
	for (seq = 0; seq < 8; seq++) {
		CHECK_EQ(fill(seq * 16, 0, 64, true), 0);
		acq_ring_give(&ring, 0);
	}
	CHECK_EQ(ring.given, 8);
	CHECK_EQ(acq_ring_outstanding(&ring), 0);
	CHECK_EQ(ring.meta->oldest, 0);
	CHECK_EQ(fill(seq * 16, 0, 64, true), -EPROTO);
	/* Two blocks read: two to give */
	CHECK_EQ(acq_ring_give(&ring, 2), 2);
	CHECK_EQ(ring.meta->oldest, 2);
}

TEST(no_holder_keeps_half_as_history)
{
	u64 seq;

	setup(8, 64, 4);
	for (seq = 0; seq < 100; seq++) {
		CHECK_EQ(fill(seq * 16, 0, 64, true), 0);
		CHECK_EQ(acq_ring_give(&ring, NOT_HELD), 1);
	}
	CHECK_EQ(acq_ring_outstanding(&ring), 4);
	CHECK_EQ(ring.meta->oldest, 96);
}

TEST(slow_reader_is_told_what_it_missed)
{
	struct acq_cursor cur;
	struct acq_span span;
	u64 seq, missed;

	setup(8, 64, 4);
	acq_cursor_begin(&cur);
	for (seq = 0; seq < 100; seq++) {
		CHECK_EQ(fill(seq * 16, 0, 64, true), 0);
		acq_ring_give(&ring, NOT_HELD);
	}
	CHECK(acq_cursor_ready(&cur, &ring, 1 << 20));
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_OVERTAKEN);
	missed = acq_cursor_overtaken(&cur, &ring);
	CHECK_EQ(missed, cur.index);
	CHECK_EQ(cur.pos, missed * 4);
	CHECK(cur.seq >= ring.meta->oldest && cur.seq < ring.meta->done);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	CHECK(acq_cursor_valid(&cur, &ring));
}

/* It keeps what is left: the card gets no block before it has been there. */
TEST(a_holder_that_comes_late_is_told_what_it_missed)
{
	struct acq_cursor cur;
	struct acq_span span;
	u64 seq, oldest, missed;

	setup(8, 64, 4);
	for (seq = 0; seq < 100; seq++) {
		CHECK_EQ(fill(1000 + seq * 16, 0, 64, true), 0);
		acq_ring_give(&ring, NOT_HELD);
	}
	acq_cursor_begin(&cur);
	CHECK(acq_cursor_ready(&cur, &ring, 1 << 20));
	oldest = ring.meta->oldest;
	CHECK_EQ(fill(1000 + seq * 16, 0, 64, true), 0);
	CHECK_EQ(acq_ring_give(&ring, acq_cursor_holds(&cur)), 0);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_OVERTAKEN);
	missed = acq_cursor_late(&cur, &ring);
	CHECK_EQ(cur.seq, oldest);
	CHECK_EQ(missed, oldest * 16);
	CHECK_EQ(cur.index, 1000 + missed);
	CHECK_EQ(cur.pos, missed * 4);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	CHECK_EQ(span.bytes, 64);
	acq_cursor_advance(&cur, &ring, 64);
	CHECK_EQ(acq_ring_give(&ring, acq_cursor_holds(&cur)), 1);
}

/* What acq_ring_fill() refuses, acq_ring_check() does, and neither changes anything. */
TEST(a_contradiction_is_found_before_it_is_filled)
{
	struct acq_fill f = { .index = 16, .bytes = 64, .complete = true };
	struct acq_ring before;
	struct acq_meta was;

	setup(8, 64, 4);
	CHECK_EQ(fill(0, 0, 64, true), 0);
	before = ring;
	was = meta;
	CHECK_EQ(acq_ring_check(&ring, &f), 0);
	f.index = 15;
	CHECK_EQ(acq_ring_check(&ring, &f), -EPROTO);
	f.index = 16;
	f.lost = 1;
	CHECK_EQ(acq_ring_check(&ring, &f), -EPROTO);
	f.lost = 17;
	CHECK_EQ(acq_ring_check(&ring, &f), -EPROTO);
	f.lost = 0;
	f.bytes = 68;
	CHECK_EQ(acq_ring_check(&ring, &f), -EPROTO);
	f.bytes = 62;
	CHECK_EQ(acq_ring_check(&ring, &f), -EPROTO);
	CHECK(!memcmp(&before, &ring, sizeof(ring)));
	CHECK(!memcmp(&was, &meta, sizeof(meta)));
}

TEST(a_block_that_goes_after_its_last_byte_was_read_is_not_missed)
{
	struct acq_cursor cur;
	struct acq_span span;
	u64 seq;

	setup(8, 64, 4);
	acq_cursor_begin(&cur);
	/* Read while it was open; then it ends, with nothing more in it. */
	CHECK_EQ(fill(0, 0, 32, false), 0);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	acq_cursor_advance(&cur, &ring, 32);
	CHECK_EQ(acq_cursor_holds(&cur), 0);
	CHECK_EQ(fill(0, 0, 32, true), 0);
	for (seq = 1; ring.meta->oldest == 0; seq++) {
		CHECK_EQ(fill(8 + (seq - 1) * 16, 0, 64, true), 0);
		acq_ring_give(&ring, NOT_HELD);
	}
	CHECK_EQ(ring.meta->oldest, 1);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	CHECK_EQ(cur.index, 8);
	CHECK_EQ(span.slot, 1);
	/* One more, and something is missing. */
	CHECK_EQ(fill(8 + (seq - 1) * 16, 0, 64, true), 0);
	acq_ring_give(&ring, NOT_HELD);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_OVERTAKEN);
}

TEST(a_used_up_block_is_free_at_once)
{
	struct acq_cursor cur;
	struct acq_span span;

	setup(8, 64, 4);
	acq_cursor_begin(&cur);
	CHECK_EQ(fill(0, 0, 64, true), 0);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	acq_cursor_advance(&cur, &ring, 60);
	CHECK_EQ(acq_cursor_holds(&cur), 0);
	acq_cursor_advance(&cur, &ring, 4);
	CHECK_EQ(acq_cursor_holds(&cur), 1);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_EMPTY);
}

TEST(a_cut_completes_the_open_block_and_takes_the_rest_back)
{
	struct acq_cursor cur;
	struct acq_span span;

	setup(8, 64, 4);
	acq_cursor_begin(&cur);
	acq_ring_cut(&ring, true);
	CHECK_EQ(ring.given, 0);
	CHECK_EQ(ring.meta->done, 0);
	CHECK_EQ(acq_ring_give(&ring, NOT_HELD), 4);

	CHECK_EQ(fill(0, 0, 64, true), 0);
	CHECK_EQ(fill(16, 0, 12, false), 0);
	acq_ring_cut(&ring, true);
	CHECK_EQ(ring.meta->done, 2);
	CHECK_EQ(ring.given, 2);
	CHECK_EQ(blocks[1].flags, ACQ_BLOCK_COMPLETE);
	CHECK_EQ(blocks[1].bytes, 12);
	/* Nothing is the hardware's now. */
	CHECK_EQ(fill(16, 0, 16, false), -EPROTO);
	CHECK_EQ(acq_ring_give(&ring, NOT_HELD), 4);
	CHECK_EQ(fill(119, 100, 8, false), 0);
	CHECK_EQ(blocks[2].number, 2);

	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	acq_cursor_advance(&cur, &ring, 64);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	CHECK_EQ(span.bytes, 12);
	acq_cursor_advance(&cur, &ring, 12);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_GAP);
	CHECK_EQ(span.lost, 100);
}

TEST(newcomers_begin_where_they_ask)
{
	struct acq_cursor cur = {};
	struct acq_span span;
	u64 seq;

	setup(8, 64, 4);
	for (seq = 0; seq < 20; seq++) {
		CHECK_EQ(fill(seq * 16, 0, 64, true), 0);
		acq_ring_give(&ring, NOT_HELD);
	}
	acq_cursor_newest(&cur, &ring);
	CHECK_EQ(cur.pos, 20 * 64);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_EMPTY);
	CHECK_EQ(fill(325, 5, 8, false), 0);
	CHECK(acq_cursor_ready(&cur, &ring, 64));
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_GAP);
	CHECK_EQ(span.lost, 5);

	acq_cursor_newest(&cur, &ring);
	CHECK_EQ(cur.index, 327);
	CHECK(!acq_cursor_ready(&cur, &ring, 4));
	acq_cursor_oldest(&cur, &ring);
	CHECK_EQ(cur.index, 16 * ring.meta->oldest);
}

TEST(lies_are_refused_and_change_nothing)
{
	struct acq_ring before;

	setup(8, 64, 4);
	CHECK_EQ(fill(0, 0, 64, true), 0);
	CHECK_EQ(fill(16, 0, 32, false), 0);
	before = ring;
	CHECK_EQ(fill(16, 0, 68, false), -EPROTO);	/* more than fits */
	CHECK_EQ(fill(16, 0, 34, false), -EPROTO);	/* a part of a frame */
	CHECK_EQ(fill(16, 0, 28, false), -EPROTO);	/* less than before */
	CHECK_EQ(fill(17, 0, 36, false), -EPROTO);	/* another block */
	CHECK_EQ(fill(16, 0, 0, true), -EPROTO);
	CHECK_EQ(fill(16, 4, 36, false), -EPROTO);	/* another loss */
	CHECK_EQ(memcmp(&before, &ring, sizeof(ring)), 0);
	CHECK_EQ(fill(16, 0, 64, true), 0);
	before = ring;
	CHECK_EQ(fill(31, 0, 4, false), -EPROTO);	/* goes back */
	CHECK_EQ(fill(33, 0, 4, false), -EPROTO);	/* a loss not told */
	CHECK_EQ(fill(32, 1, 4, false), -EPROTO);	/* a loss that was none */
	CHECK_EQ(fill(3, ~0ULL - 28, 4, false), -EPROTO);
	CHECK_EQ(fill(~0ULL, ~0ULL - 32, 4, false), -EPROTO);
	CHECK_EQ(memcmp(&before, &ring, sizeof(ring)), 0);
}

TEST(full_ring_makes_a_high_watermark_ready)
{
	struct acq_cursor cur;
	u64 seq;

	setup(8, 64, 4);
	acq_cursor_begin(&cur);
	for (seq = 0; seq < 5; seq++) {
		CHECK(!acq_cursor_ready(&cur, &ring, 1 << 20));
		CHECK_EQ(fill(seq * 16, 0, 64, true), 0);
		acq_ring_give(&ring, acq_cursor_holds(&cur));
	}
	/* Half the ring: waiting for more could be waiting for ever */
	CHECK(acq_cursor_ready(&cur, &ring, 1 << 20));
}

TEST(overdue_bytes_are_enough_until_they_are_read)
{
	struct acq_cursor cur;
	struct acq_span span;

	setup(8, 64, 4);
	acq_cursor_begin(&cur);
	CHECK(!acq_cursor_overdue(&cur, &ring));
	CHECK_EQ(fill(0, 0, 8, false), 0);
	CHECK(!acq_cursor_ready(&cur, &ring, 64));
	CHECK(acq_cursor_overdue(&cur, &ring));
	CHECK(acq_cursor_ready(&cur, &ring, 64));
	/* What comes later has not waited. */
	CHECK_EQ(fill(0, 0, 12, false), 0);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	acq_cursor_advance(&cur, &ring, 4);
	CHECK(acq_cursor_ready(&cur, &ring, 64));
	acq_cursor_advance(&cur, &ring, 4);
	CHECK(!acq_cursor_ready(&cur, &ring, 64));
}

TEST(what_is_mapped_says_what_it_is)
{
	u64 seq;

	setup(8, 64, 4);
	CHECK_EQ(meta.meta_bytes, sizeof(meta));
	CHECK_EQ(meta.block_struct_bytes, sizeof(blocks[0]));
	CHECK_EQ(meta.slots, 8);
	CHECK_EQ(meta.block_used, 64);
	CHECK_EQ(meta.frame_bytes, 4);
	CHECK_EQ(fill(1007, 7, 32, false), 0);
	CHECK_EQ(meta.base_index, 1000);
	CHECK_EQ(meta.head, 32);
	CHECK_EQ(blocks[0].flags, 0);
	CHECK_EQ(blocks[0].bytes, 32);
	CHECK_EQ(blocks[0].lost, 7);
	CHECK_EQ(blocks[0].cause, 1);
	CHECK_EQ(fill(1007, 7, 40, true), 0);
	CHECK_EQ(blocks[0].flags, ACQ_BLOCK_COMPLETE);
	for (seq = 1; seq < 20; seq++) {
		acq_ring_give(&ring, NOT_HELD);
		CHECK_EQ(fill(1017 + (seq - 1) * 16, 0, 64, true), 0);
		CHECK_EQ(blocks[seq % 8].number, seq);
		CHECK_EQ(blocks[seq % 8].lost, 0);
	}
	/* A short first block, then full ones */
	CHECK_EQ(meta.oldest_position, 40 + (meta.oldest - 1) * 64);
	CHECK_EQ(blocks[meta.oldest % 8].number, meta.oldest);
}

/* A reader of the random test: what it got and was told must add up. */
struct reader {
	struct acq_cursor cur;
	bool holds;
	u64 got, told, begin;
};

static void read_some(struct reader *r, u64 want)
{
	struct acq_span span;
	u64 bytes;

	while (want) {
		bool ready = acq_cursor_ready(&r->cur, &ring, ring.frame);

		switch (acq_cursor_look(&r->cur, &ring, &span)) {
		case ACQ_LOOK_EMPTY:
			CHECK(!ready);
			CHECK_EQ(r->cur.pos, ring.meta->head);
			return;
		case ACQ_LOOK_DATA:
			CHECK(ready);
			bytes = min(span.bytes, want * ring.frame);
			CHECK_EQ(blocks[span.slot].position + span.off, r->cur.pos);
			CHECK_EQ(blocks[span.slot].index + span.off / ring.frame, r->cur.index);
			CHECK(acq_cursor_valid(&r->cur, &ring));
			acq_cursor_advance(&r->cur, &ring, bytes);
			r->got += bytes / ring.frame;
			want -= bytes / ring.frame;
			break;
		case ACQ_LOOK_GAP:
			CHECK(ready);
			acq_cursor_skip(&r->cur, &span);
			r->told += span.lost;
			break;
		case ACQ_LOOK_OVERTAKEN:
			CHECK(!r->holds);
			r->told += acq_cursor_overtaken(&r->cur, &ring);
			break;
		}
		CHECK_EQ(r->begin + r->got + r->told, r->cur.index);
	}
}

static void random_run(unsigned int seed, u32 slots, u32 frame)
{
	u32 room = frame * 10, have = 0, lost = 0;
	struct reader readers[4];
	u64 index = 0, start = 0, oldest;
	int turn, i;

	srandom(seed);
	setup(slots, room, frame);
	for (i = 0; i < 4; i++) {
		readers[i] = (struct reader){ .holds = i < 2 };
		acq_cursor_begin(&readers[i].cur);
	}
	for (turn = 0; turn < 100000; turn++) {
		u64 held = NOT_HELD;

		if (acq_ring_outstanding(&ring)) {
			if (!have) {
				lost = random() % 8 ? 0 : random() % 1000;
				index += lost;
				start = index;
			}
			have += random() % (10 - have) + 1;
			index = start + have;
			i = have == 10 || random() % 4 == 0;
			CHECK_EQ(fill(start, lost, have * frame, i), 0);
			if (i)
				have = 0;
		}
		i = random() % 4;
		read_some(&readers[i], random() % 60);
		for (i = 0; i < 2; i++)
			held = min(held, acq_cursor_holds(&readers[i].cur));
		if (random() % 50 == 0) {
			acq_ring_cut(&ring, true);
			have = 0;
			CHECK_EQ(acq_ring_outstanding(&ring), 0);
		}
		oldest = ring.meta->oldest;
		acq_ring_give(&ring, held);
		CHECK(ring.given - ring.meta->oldest <= slots);
		CHECK(ring.meta->oldest >= oldest);
		CHECK(ring.meta->oldest <= held);
		CHECK(ring.meta->done <= ring.given);
	}
	for (i = 0; i < 4; i++) {
		read_some(&readers[i], ~0U);
		CHECK_EQ(readers[i].got + readers[i].told, index);
	}
	CHECK_EQ(readers[0].told, ring.meta->lost);
	CHECK_EQ(readers[1].got * frame, ring.meta->head);
}

TEST(random_turns_add_up)
{
	unsigned int seed;

	for (seed = 1; seed <= 10; seed++)
		random_run(seed, 4U << seed % 5, 1 + seed % 7);
}

HARNESS_MAIN
