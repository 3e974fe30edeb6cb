// SPDX-License-Identifier: GPL-2.0-only
/* acqtest: part=unit */
/*
 * The memory ordering of module/core/ring.c and cursor.c, and of who gives blocks and frees them,
 * on memory that is as weak as a processor may make it (weak/weak.c): with all
 * barriers nothing goes wrong, and with any one of them taken out something does.
 * So it is found on any processor, also on x86, where most of them are nothing but
 * an order to the compiler.
 */
#include <stdio.h>

#include "weak/kernel.h"
#include "../harness.h"
#include "../../module/core/cursor.h"

#define SLOTS		4
#define ROOM		2	/* frames of a block */
#define FRAMES		40	/* of a round */
#define ROUNDS		16000
#define ROUNDS_WITHOUT	200000	/* at most, to find what a barrier is for */
#define IDLE_MAX	1000

/* --- what the functions from the kernel that are tested here see of it --- */

struct list_head {
	struct list_head *next;
};

#define list_for_each_entry(_pos, _head, _member)					\
	for (struct list_head *_at = (_head)->next;					\
	     _at && (_pos = (void *)((char *)_at - offsetof(__typeof__(*_pos), _member)));	\
	     _at = _at->next)
#define scoped_guard(_kind, _lock)						\
	for (bool once = (weak_##_kind(_lock), true); once; once = (weak_unlock(_lock), false))
#define lockdep_assert_held(_lock)	((void)(_lock))
#define cond_resched()			((void)0)

struct acq_run {
	struct acq_ring ring;
	bool draining;
	struct weak_lock lock;
	struct list_head holders;
	struct {
		u32 block_bytes;
	} config;
};

struct acq_reader {
	struct acq_cursor cur;
	struct list_head node;
	u32 flags;
};

struct acq_memory {
	u64 number;
	bool last;
};

struct acq_stream {
	u64 given;
};

struct acq_producer {
	struct weak_lock lock;
	struct acq_run *run;
	struct acq_stream *stream;
	const struct {
		void (*give)(struct acq_stream *stream, const struct acq_memory *block);
		void (*kick)(struct acq_stream *stream);
		void (*finish)(struct acq_stream *stream);
	} *ops;
	const struct {
		u32 fifo_bytes;
	} *info;
	bool finished;
	u64 first;
	u64 full_until;
};

static void acq_run_clean(struct acq_run *run, u64 seq)
{
	(void)run;
	(void)seq;
}

static struct acq_memory acq_run_memory(struct acq_run *run, u64 seq)
{
	(void)run;
	return (struct acq_memory){ .number = seq };
}

static bool irq, poke;

static void acq_reader_poke(struct acq_reader *reader)
{
	(void)reader;
	poke = true;
}

#include "order-extract.h"

/* --- the card --- */

static struct {
	u64 index;
	u32 bytes;
	bool complete;
	bool eop;
} card[SLOTS];

static u64 memory[SLOTS][ROOM];
static u64 card_seq, card_time;
static u32 card_off;
static bool card_lost[FRAMES + 64];
static bool hasty;	/* it fills what it has before the producer comes */

static void card_lose(u32 frames)
{
	while (frames--)
		card_lost[card_time++] = true;
}

static void card_give(struct acq_stream *stream, const struct acq_memory *block)
{
	stream->given = block->number + 1;
	memset(&card[block->number % SLOTS], 0, sizeof(card[0]));
}

static void card_kick(struct acq_stream *stream)
{
	(void)stream;
}

/* A frame, whose value is its sample index + 1; now and then some are lost before a block. */
static void card_write(void)
{
	u32 slot = card_seq % SLOTS;

	if (!card_off) {
		if (!weak_random(6))
			card_lose(1 + weak_random(3));
		card[slot].index = card_time;
	}
	WRITE_ONCE(memory[slot][card_off], ++card_time);
	card_off++;
	card[slot].bytes = card_off;
	if (card_off == ROOM || !weak_random(4)) {
		card[slot].complete = true;
		card[slot].eop = weak_random(2);
		card_seq++;
		card_off = 0;
	}
	irq = true;
}

/* --- the producer --- */

static struct acq_meta meta;
static struct acq_block blocks[SLOTS];
static struct acq_run run;
static struct acq_stream stream;
static struct acq_producer producer;
static u32 idle;
static const char *wrong;

/* The round ends here. */
static void fail(const char *why)
{
	wrong = wrong ?: why;
}

static void producer_service(void)
{
	struct acq_ring *ring = &run.ring;
	u32 slot = meta.done % SLOTS, filled = ring->open ? blocks[slot].bytes : 0;
	struct acq_fill fill;

	while (meta.done < stream.given &&
	       (card[slot].bytes > filled || (ring->open && card[slot].complete))) {
		fill = (struct acq_fill){
			.index = card[slot].index,
			.lost = ring->open ? blocks[slot].lost :
					     card[slot].index - ring->next_index,
			.bytes = card[slot].bytes,
			.cause = 1,
			.flags = card[slot].eop ? ACQ_BLOCK_EOP : 0,
			.complete = card[slot].complete,
		};
		scoped_guard(spinlock, &run.lock) {
			if (acq_ring_fill(ring, &fill))
				fail("the ring refuses a block");
		}
		if (wrong)
			return;
		slot = meta.done % SLOTS;
		filled = ring->open ? blocks[slot].bytes : 0;
	}
}

static void producer_turn(void)
{
	irq = false;
	poke = false;
	producer_refill(&producer);
	producer_service();
	producer_refill(&producer);
}

/* The card begins anew. */
static void producer_reset(void)
{
	producer_turn();
	scoped_guard(spinlock, &run.lock)
		acq_ring_cut(&run.ring, true);
	card_seq = meta.done;
	stream.given = meta.done;
	card_off = 0;
	card_lose(1);
	producer_refill(&producer);
}

static void producer_thread(void)
{
	producer_refill(&producer);
	while (!wrong && (card_time < FRAMES || irq)) {
		bool has_room = card_seq < stream.given && card_time < FRAMES;

		if ((irq || poke) && !(hasty && has_room) && (hasty || weak_random(2)))
			producer_turn();
		else if (has_room && !weak_random(60))
			producer_reset();
		else if (has_room)
			card_write();
		else if (++idle > IDLE_MAX)
			fail("the card waits for blocks that are free");
		weak_yield();
	}
	/* As acq_producer_end() */
	scoped_guard(spinlock, &run.lock)
		acq_ring_close(&run.ring);
	card_lose(1);
	WRITE_ONCE(meta.end_lost, card_time - run.ring.next_index);
	/* Pairs with the acquire in acq_run_end(). */
	smp_store_release(&meta.end, ACQ_END_FINISHED);
}

/* --- readers --- */

static struct acq_reader holder, monitor;

/* Has what it was told to be there, if there is nothing? */
static void reader_check_promise(struct acq_reader *reader, enum acq_look look, bool promised)
{
	if (look == ACQ_LOOK_EMPTY && promised)
		fail("it was woken for nothing");
	if ((s64)acq_ring_outstanding(&run.ring) < 0)
		fail("more blocks are done than were given");
	if (look == ACQ_LOOK_OVERTAKEN && reader == &holder)
		fail("a holder was overtaken");
}

/* Of those that it is told are lost, a holder misses none that the card has brought. */
static void reader_lose(struct acq_reader *reader, u64 lost)
{
	u64 i;

	for (i = reader->cur.index; i < reader->cur.index + lost; i++) {
		if (!card_lost[i])
			fail("a gap has samples that are there");
	}
}

static void reader_use(struct acq_reader *reader, const struct acq_span *span)
{
	struct acq_cursor *cur = &reader->cur;
	u64 value[ROOM] = {}, index = cur->index, seq = cur->seq;
	u32 i;

	if (span->off + span->bytes > ROOM) {
		fail("a block of more bytes than it has");
		return;
	}
	for (i = 0; i < span->bytes; i++)
		weak_load_later(&memory[span->slot][span->off + i], &value[i]);
	if (!acq_cursor_valid(cur, &run.ring)) {
		weak_settle();
		return;
	}
	acq_cursor_advance(cur, &run.ring, span->bytes);
	if (cur->seq != seq) {
		acq_reader_freed(reader, &run);
		idle = 0;
	}
	weak_settle();
	for (i = 0; i < span->bytes; i++) {
		if (value[i] != index + i + 1)
			fail("other samples than those that it looked for");
	}
}

/* What acq_read() does, with another one that sleeps by looking all the time. */
static void reader_main(struct acq_reader *reader)
{
	struct acq_cursor *cur = &reader->cur;
	struct acq_span span;
	enum acq_look look;
	bool promised = false, looks_on = false;
	u32 end = 0;

	while (!wrong) {
		if (!looks_on) {
			end = acq_run_end(&run);
			promised = acq_cursor_ready(cur, &run.ring, 1 + weak_random(3)) ||
				   acq_cursor_packet_ahead(cur, &run.ring);
		}
		if (!promised && !end && !looks_on) {
			weak_yield();
			continue;
		}
		look = acq_cursor_look(cur, &run.ring, &span);
		reader_check_promise(reader, look, promised && !looks_on);
		looks_on = look == ACQ_LOOK_DATA;
		switch (look) {
		case ACQ_LOOK_DATA:
			reader_use(reader, &span);
			break;
		case ACQ_LOOK_GAP:
			reader_lose(reader, span.lost);
			acq_cursor_skip(cur, &span);
			break;
		case ACQ_LOOK_OVERTAKEN:
			acq_cursor_overtaken(cur, &run.ring);
			break;
		default:
			if (end && cur->index + READ_ONCE(meta.end_lost) != card_time)
				fail("what is missing was not told");
			if (end)
				return;
		}
	}
}

static void holder_thread(void)
{
	reader_main(&holder);
}

static void monitor_thread(void)
{
	while (weak_random(20))
		weak_yield();
	reader_main(&monitor);
}

/* --- rounds --- */

static const typeof(*producer.ops) card_ops = { .give = card_give, .kick = card_kick };
static const typeof(*producer.info) card_info = {};

/* One run from begin to end; returns what went wrong */
static const char *round_once(u64 seed)
{
	weak_begin(seed);
	memset(card, 0, sizeof(card));
	memset(memory, 0, sizeof(memory));
	memset(card_lost, 0, sizeof(card_lost));
	hasty = weak_random(2);
	card_seq = 0;
	card_time = 0;
	card_off = 0;
	irq = false;
	poke = false;
	idle = 0;
	wrong = NULL;
	stream = (struct acq_stream){};
	run = (struct acq_run){ .holders.next = &holder.node };
	acq_ring_init(&run.ring, &meta, blocks, SLOTS, ROOM, 1);
	producer = (struct acq_producer){
		.run = &run, .stream = &stream, .ops = &card_ops, .info = &card_info,
	};
	holder = (struct acq_reader){};
	monitor = (struct acq_reader){ .flags = ACQ_READER_MONITOR };
	acq_cursor_begin(&holder.cur);
	acq_cursor_begin(&monitor.cur);
	weak_spawn(producer_thread);
	weak_spawn(holder_thread);
	if (weak_random(2))
		weak_spawn(monitor_thread);
	weak_go();
	return wrong;
}

TEST(with_all_barriers_nothing_goes_wrong)
{
	const char *why;
	u64 seed;

	for (seed = 1; seed <= ROUNDS; seed++) {
		why = round_once(seed);
		if (why)
			printf("# round %llu: %s\n", (unsigned long long)seed, why);
		CHECK(!why);
	}
}

/* Those that are not missed, and what keeps the order as well */
static const struct {
	const char *func;
	const char *what;
	const char *by;
} spare[] = {
	{ "cursor_enter_block", "&cur->seq",
	  "acq_cursor_valid() before it, and what depends on that" },
	{ "acq_cursor_holds", "&cur->seq", "what the card gets depends on it" },
	{ "acq_cursor_ready", "&meta->head", "acq_cursor_look() acquires it" },
	{ "ring_pass_oldest", "&meta->oldest", "run->lock, between a fill and a give" },
	{ "acq_ring_fill", "&meta->done", "run->lock, but for the last block, which needs none" },
	{ "acq_ring_close", "&meta->done", "run->lock, since the block was filled" },
	{ "acq_ring_close", "&block->flags", "run->lock, since the block was filled" },
};

static const char *site_spare(const struct weak_site *site)
{
	size_t i;

	for (i = 0; i < sizeof(spare) / sizeof(spare[0]); i++) {
		if (!strcmp(spare[i].func, site->func) && !strcmp(spare[i].what, site->what))
			return spare[i].by;
	}
	return NULL;
}

static bool site_same(const struct weak_site *a, const struct weak_site *b)
{
	return !strcmp(a->func, b->func) && !strcmp(a->what, b->what);
}

/* Of a function in a header there is more than one. */
static void site_set(const struct weak_site *site, bool off)
{
	struct weak_site *other;

	for (other = weak_sites; other; other = other->next) {
		if (site_same(site, other))
			other->off = off;
	}
}

static bool site_is_first(const struct weak_site *site)
{
	const struct weak_site *other = weak_sites;

	while (!site_same(site, other))
		other = other->next;
	return other == site;
}

TEST(each_barrier_is_missed)
{
	struct weak_site *site;
	const char *why;
	unsigned int missed = 0, useless = 0;
	u64 seed;

	round_once(1);
	for (site = weak_sites; site; site = site->next) {
		if (!site_is_first(site))
			continue;
		if (site_spare(site)) {
			printf("# %s() %s: as well by %s\n", site->func, site->what,
			       site_spare(site));
			continue;
		}
		why = NULL;
		site_set(site, true);
		for (seed = 1; !why && seed <= ROUNDS_WITHOUT; seed++)
			why = round_once(seed);
		site_set(site, false);
		printf("# %s() without %s: %s, round %llu\n", site->func, site->what,
		       why ?: "nothing goes wrong", (unsigned long long)seed - 1);
		missed += !!why;
		useless += !why;
	}
	CHECK(missed > 10);
	CHECK_EQ(useless, 0);
}

HARNESS_MAIN
