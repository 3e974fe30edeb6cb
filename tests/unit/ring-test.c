// SPDX-License-Identifier: GPL-2.0-only
/* acqtest: part=unit */
/* module/core/ring.c as a program: first by cases, then by a million random turns. */
#include "kernel.h"
#include "../harness.h"
#include "../../module/core/ring.h"

#define NOT_HELD	(~0ULL)

static struct acq_block blocks[4096];
static struct acq_meta meta;
static struct acq_ring ring;

/* How often something was looked at, and what happens when it is the last time */
static unsigned int looks, looks_left;
static void (*at_last_look)(void);

void before_read_once(void)
{
	looks++;
	if (looks_left && !--looks_left)
		at_last_look();
}

static void setup(u32 slots, u32 room, u32 frame)
{
	acq_ring_init(&ring, &meta, blocks, slots, room, frame);
	acq_ring_give(&ring, NOT_HELD);
}

static int fill_flags(u64 index, u64 lost, u32 bytes, bool complete, u32 flags)
{
	struct acq_fill f = {
		.index = index, .lost = lost, .bytes = bytes, .complete = complete, .cause = 1,
		.flags = flags,
	};

	return acq_ring_fill(&ring, &f);
}

static int fill(u64 index, u64 lost, u32 bytes, bool complete)
{
	return fill_flags(index, lost, bytes, complete, 0);
}

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
	acq_ring_cut(&ring);
	CHECK_EQ(ring.given, 0);
	CHECK_EQ(ring.meta->done, 0);
	CHECK_EQ(acq_ring_give(&ring, NOT_HELD), 4);

	CHECK_EQ(fill(0, 0, 64, true), 0);
	CHECK_EQ(fill(16, 0, 12, false), 0);
	acq_ring_cut(&ring);
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
			acq_ring_cut(&ring);
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

/* The gaps that a cursor has passed */
struct passed {
	unsigned int count;
	struct {
		u64 pos, lost;
		u32 cause;
	} gap[100];
};

static void pass(struct acq_cursor *cur, struct passed *passed)
{
	struct acq_span span;
	u64 pos, lost;
	u32 cause;

	for (;; passed->count++) {
		pos = cur->pos;
		switch (acq_cursor_look(cur, &ring, &span)) {
		case ACQ_LOOK_GAP:
			lost = span.lost;
			cause = span.cause;
			acq_cursor_skip(cur, &span);
			break;
		case ACQ_LOOK_OVERTAKEN:
			lost = acq_cursor_overtaken(cur, &ring);
			cause = ACQ_CAUSE_OVERTAKEN;
			break;
		default:
			return;
		}
		CHECK(passed->count < 100);
		passed->gap[passed->count].pos = pos;
		passed->gap[passed->count].lost = lost;
		passed->gap[passed->count].cause = cause;
	}
}

/* As a mapped reader goes on: a jump to each gap, or from block to block */
static struct passed go_on(struct acq_cursor *cur, u64 to, bool jumps)
{
	struct passed passed;
	struct acq_span span;
	u64 pos, bytes;

	memset(&passed, 0, sizeof(passed));
	pass(cur, &passed);
	while (cur->pos < to && acq_cursor_look(cur, &ring, &span) == ACQ_LOOK_DATA) {
		pos = cur->pos;
		if (jumps) {
			bytes = acq_cursor_jump(cur, &ring, to);
		} else {
			bytes = min(span.bytes, to - pos);
			acq_cursor_advance(cur, &ring, bytes);
		}
		CHECK(bytes);
		CHECK_EQ(cur->pos, pos + bytes);
		pass(cur, &passed);
	}
	return passed;
}

/* Moves a cursor to @to, and looks if both ways of it come to the same. */
static struct passed go_both(struct acq_cursor *cur, u64 to)
{
	struct acq_cursor walker = *cur;
	struct passed walk = go_on(&walker, to, false), jump = go_on(cur, to, true);

	CHECK_EQ(memcmp(&walk, &jump, sizeof(walk)), 0);
	CHECK_EQ(cur->pos, walker.pos);
	CHECK_EQ(cur->seq, walker.seq);
	CHECK_EQ(cur->off, walker.off);
	CHECK_EQ(cur->index, walker.index);
	CHECK_EQ(cur->told, walker.told);
	CHECK_EQ(cur->flushed, walker.flushed);
	CHECK_EQ(cur->eop, walker.eop);
	return jump;
}

TEST(a_jump_ends_where_the_blocks_do)
{
	struct acq_cursor begin, cur;
	struct acq_span span;
	u64 to;

	/* Full, short, full, short with a loss behind it, full, and an open one */
	setup(16, 64, 4);
	CHECK_EQ(fill(100, 0, 64, true), 0);
	CHECK_EQ(fill(116, 0, 20, true), 0);
	CHECK_EQ(fill(121, 0, 64, true), 0);
	CHECK_EQ(fill(137, 0, 12, true), 0);
	CHECK_EQ(fill(147, 7, 64, true), 0);
	CHECK_EQ(fill(163, 0, 40, false), 0);
	acq_cursor_begin(&begin);
	CHECK_EQ(acq_cursor_look(&begin, &ring, &span), ACQ_LOOK_DATA);

	cur = begin;
	CHECK_EQ(acq_cursor_jump(&cur, &ring, 64 + 16), 64 + 16);
	CHECK_EQ(cur.seq, 1);
	CHECK_EQ(cur.off, 16);
	CHECK_EQ(cur.index, 120);
	/* To the end of a block: it is used up, and so are those before it. */
	CHECK_EQ(acq_cursor_jump(&cur, &ring, 64 + 20 + 64), 68);
	CHECK_EQ(acq_cursor_holds(&cur), 3);
	CHECK_EQ(cur.off, 0);
	CHECK_EQ(cur.index, 137);
	/* No further than to the loss */
	for (to = 64 + 20 + 64 + 12; to <= meta.head; to += 4) {
		cur = begin;
		CHECK_EQ(acq_cursor_jump(&cur, &ring, to), 64 + 20 + 64 + 12);
		CHECK_EQ(acq_cursor_holds(&cur), 4);
		CHECK_EQ(cur.index, 140);
		CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_GAP);
		CHECK_EQ(span.lost, 7);
	}
	/* The open block stays held when all of it has been used. */
	acq_cursor_skip(&cur, &span);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	CHECK_EQ(acq_cursor_jump(&cur, &ring, meta.head), 64 + 40);
	CHECK_EQ(acq_cursor_holds(&cur), 5);
	CHECK_EQ(cur.off, 40);
	CHECK_EQ(cur.index, 173);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_EMPTY);
	/* It ends with nothing more in it: a look goes on, and so does a jump from there. */
	CHECK_EQ(fill(163, 0, 40, true), 0);
	CHECK_EQ(fill(173, 0, 64, true), 0);
	CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
	CHECK_EQ(acq_cursor_jump(&cur, &ring, meta.head - 4), 60);
	CHECK_EQ(cur.seq, 6);
	CHECK_EQ(cur.off, 60);

	for (to = 0; to <= meta.head; to += 4) {
		cur = begin;
		CHECK_EQ(go_both(&cur, to).count, to >= 64 + 20 + 64 + 12);
		CHECK_EQ(cur.pos, to);
	}
}

/* In a ring that is full: looks of the dearest step to anywhere */
static unsigned int dearest_jump(u32 slots, const u32 *bytes, u32 count)
{
	unsigned int dearest = 0;
	struct acq_cursor begin, cur;
	struct acq_span span;
	u64 index = 0, to, seq;

	setup(slots, 64, 4);
	for (seq = 0; seq < slots; seq++) {
		acq_ring_give(&ring, 0);
		CHECK_EQ(fill(index, 0, bytes[seq % count], true), 0);
		index += bytes[seq % count] / 4;
	}
	acq_cursor_begin(&begin);
	CHECK_EQ(acq_cursor_look(&begin, &ring, &span), ACQ_LOOK_DATA);
	if (bytes[0] > 4)
		acq_cursor_advance(&begin, &ring, bytes[0] - 4);
	for (to = begin.pos + 4; to <= meta.head; to += 4) {
		cur = begin;
		looks = 0;
		CHECK_EQ(acq_cursor_jump(&cur, &ring, to), to - begin.pos);
		dearest = max(dearest, looks);
	}
	return dearest;
}

TEST(a_jump_looks_at_few_blocks)
{
	static const u32 full[] = { 64 }, mixed[] = { 64, 4, 64, 60, 8 }, tiny[] = { 4 };
	unsigned int few = dearest_jump(16, full, 1), more = dearest_jump(16, tiny, 1);

	CHECK(few <= 9);
	/* Of full blocks always as many, of others twice a look for each doubling */
	CHECK_EQ(dearest_jump(4096, full, 1), few);
	CHECK(dearest_jump(4096, tiny, 1) <= more + 2 * 2 * 8);
	CHECK(dearest_jump(4096, mixed, 5) <= more + 2 * 2 * 8);
}

/* What was filled, for who must say where a position is */
static struct {
	u64 position, index, lost;
	u32 bytes;
	bool eop;
} history[40000];
static u64 begun, next_index, packet_end;
static bool begun_open;

/* The card goes on: more of the open block, or a new one, maybe behind a loss. */
static void produce(unsigned int losses)
{
	u32 frames = ring.room / ring.frame, bytes;
	bool complete;

	if (!acq_ring_outstanding(&ring))
		return;
	if (!begun_open) {
		history[begun].lost = losses && random() % losses == 0 ? random() % 1000 + 1 : 0;
		history[begun].position = meta.head;
		history[begun].index = next_index + history[begun].lost;
		history[begun].bytes = 0;
		history[begun].eop = random() % 4 == 0;
		begun++;
	}
	bytes = history[begun - 1].bytes;
	/* Full ones are many, as in life. */
	bytes = random() % 3 ? ring.room :
		bytes + (random() % (frames - bytes / ring.frame) + 1) * ring.frame;
	if (bytes > ring.room)
		bytes = ring.room;
	complete = bytes == ring.room || random() % 3 == 0;
	CHECK_EQ(fill_flags(history[begun - 1].index, history[begun - 1].lost, bytes, complete,
			    history[begun - 1].eop ? ACQ_BLOCK_EOP : 0), 0);
	history[begun - 1].bytes = bytes;
	if (complete && history[begun - 1].eop)
		packet_end = history[begun - 1].position + bytes;
	CHECK_EQ(meta.packet_end, packet_end);
	next_index = history[begun - 1].index + bytes / ring.frame;
	begun_open = !complete;
}

static void setup_history(unsigned int seed, u32 slots, u32 room, u32 frame)
{
	srandom(seed);
	begun = 0;
	next_index = 0;
	packet_end = 0;
	begun_open = false;
	setup(slots, room, frame);
}

/* Is the cursor in a block that it says, with the index that is there? */
static void check_place(const struct acq_cursor *cur)
{
	u64 seq = cur->seq, index;

	CHECK(seq <= begun);
	/* A packet ends with its block, which a cursor has left then. */
	CHECK(!cur->eop || (!cur->off && history[seq - 1].eop));
	if (seq == begun) {
		/* It waits for the next. */
		CHECK_EQ(cur->off, 0);
		CHECK_EQ(cur->pos, meta.head);
		return;
	}
	CHECK(cur->off <= history[seq].bytes);
	CHECK_EQ(cur->pos, history[seq].position + cur->off);
	index = history[seq].index + cur->off / ring.frame;
	CHECK(cur->index == index || (!cur->off && cur->index == index - history[seq].lost));
}

static void random_jumps(unsigned int seed, u32 slots, u32 frame, unsigned int losses)
{
	bool holds, knows = true;
	struct acq_cursor cur;
	unsigned int i;
	u64 pos;

	setup_history(seed, slots, frame * (1 + random() % 12), frame);
	holds = random() % 2;
	acq_cursor_begin(&cur);
	while (begun < 30000) {
		for (i = random() % (2 * slots); i; i--) {
			produce(losses);
			acq_ring_give(&ring, holds ? acq_cursor_holds(&cur) : NOT_HELD);
		}
		if (random() % 100 == 0) {
			acq_cursor_oldest(&cur, &ring);
			knows = false;
		}
		pos = cur.pos;
		i = random() % 8;
		go_both(&cur, i ? cur.pos + (meta.head - cur.pos) / frame * i / 7 * frame : 0);
		check_place(&cur);
		/* Unless it was put there it knows what it stands behind. */
		knows |= cur.pos != pos;
		if (holds && knows)
			CHECK_EQ(cur.eop, !cur.off && cur.seq && history[cur.seq - 1].eop);
	}
	go_both(&cur, meta.head);
	CHECK_EQ(cur.pos, meta.head);
	CHECK_EQ(cur.index, next_index);
}

TEST(random_jumps_end_where_the_walk_ends)
{
	unsigned int seed;

	for (seed = 1; seed <= 60; seed++)
		random_jumps(seed, 4U << seed % 6, 1 + seed % 7, seed % 4 * 5);
}

static unsigned int more_blocks;
static u64 other_holds;

static void card_goes_on(void)
{
	for (; more_blocks; more_blocks--) {
		produce(10);
		acq_ring_give(&ring, other_holds);
	}
}

/*
 * The card overtakes a monitor at the n-th look of its jump, for each n. Whatever
 * the jump took for true, it ends at a place that was, or not at all.
 */
static void jump_overtaken(unsigned int seed, u32 slots, u64 *moved, u64 *stayed)
{
	struct acq_cursor cur = {}, before;
	struct acq_span span;
	unsigned int at, done = 0;
	u64 bytes, to;

	for (at = 1; !done; at++) {
		setup_history(seed, slots, 64, 4);
		other_holds = NOT_HELD;
		more_blocks = random() % (4 * slots);
		card_goes_on();
		produce(0);
		acq_cursor_oldest(&cur, &ring);
		if (acq_cursor_look(&cur, &ring, &span) == ACQ_LOOK_GAP)
			acq_cursor_skip(&cur, &span);
		CHECK_EQ(acq_cursor_look(&cur, &ring, &span), ACQ_LOOK_DATA);
		before = cur;
		to = cur.pos + (random() % ((meta.head - cur.pos) / ring.frame) + 1) * ring.frame;
		more_blocks = random() % (4 * slots) + 1;
		/* At times somebody holds what comes next: the card gets no further. */
		if (random() % 2)
			other_holds = cur.seq + random() % slots;
		at_last_look = card_goes_on;
		looks_left = at;
		bytes = acq_cursor_jump(&cur, &ring, to);
		done = looks_left;
		looks_left = 0;
		CHECK_EQ(cur.pos, before.pos + bytes);
		CHECK(cur.pos <= to);
		if (bytes) {
			check_place(&cur);
			++*moved;
		} else {
			CHECK_EQ(memcmp(&cur, &before, sizeof(cur)), 0);
			CHECK(meta.oldest > cur.seq);
			++*stayed;
		}
	}
}

TEST(a_jump_that_is_overtaken_ends_at_a_true_place)
{
	u64 moved = 0, stayed = 0;
	unsigned int seed;

	for (seed = 1; seed <= 20000; seed++)
		jump_overtaken(seed, 4U << seed % 4, &moved, &stayed);
	CHECK(moved > 10000);
	CHECK(stayed > 10000);
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

TEST(random_turns_add_up)
{
	unsigned int seed;

	for (seed = 1; seed <= 10; seed++)
		random_run(seed, 4U << seed % 5, 1 + seed % 7);
}

HARNESS_MAIN
