// SPDX-License-Identifier: GPL-2.0-only
/* acqtest: part=unit */
/* A cursor's jump over many blocks, in module/core/cursor.c: where it ends, also if overtaken. */
#include "ring.h"

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

HARNESS_MAIN
