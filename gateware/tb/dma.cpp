// SPDX-License-Identifier: GPL-2.0-only
/* The DMA transfer: cases for a host that believes nothing (host.h) */
#include "host.h"

#ifndef HAS_OUT
#define HAS_OUT 0
#endif

static bool bus_wants(Bench &b)
{
	Vcard &card = b.card;

	return W_VALID;
}

static void properties(Bench &b)
{
	CHECK(b.read(ACQ_R1_ID) == ACQ_R1_ID_MAGIC, "ID");
	CHECK(b.read(ACQ_R1_VERSION) >> 16 == 1, "VERSION");
	CHECK(b.read(ACQ_R1_CAPS) & ACQ_R1_CAP_DMA, "CAPS");
	CHECK(b.read(ACQ_R1_CHANNELS) == CHANNELS, "CHANNELS");
	CHECK(b.read(ACQ_R1_FORMATS) == 1u << FORMAT && b.read(ACQ_R1_FORMAT) == FORMAT, "FORMATS");
	CHECK(b.read(ACQ_R1_FIFO_BYTES) == 1u << FIFO_LOG2, "FIFO_BYTES");
	CHECK(b.read(ACQ_R1_LIMITS) == (ADDR_BITS << 24 | TABLE_LOG2 << 16 | BLOCK_LOG2 << 8 | 6), "LIMITS");
	CHECK(b.read(ACQ_R1_TRANSFER) == 1 && b.read(ACQ_R1_DIVIDER) == 1, "TRANSFER, DIVIDER");
	CHECK(b.read(ACQ_R1_CHANNEL_MASK) == (uint32_t)((1ull << CHANNELS) - 1), "CHANNEL_MASK");
	for (uint32_t at = 0x40; at < 0x2000; at += 4)
		if ((at < 0x80 || at > 0x8c) && (at & ~4u) != ACQ_R1_TIMESTAMP_LO && (!HAS_OUT || (at & ~0xffu) != ACQ_R1_OUTPUT))
			CHECK(b.read(at) == 0, "%03x reads %x behind power-on", at, b.read(at));
	uint64_t then = b.clock, stamp = b.read64(ACQ_R1_TIMESTAMP_LO);
	CHECK(b.read(ACQ_R1_TS_HZ) == STAMP_HZ, "TS_HZ");
	CHECK(STAMP_HZ ? stamp >= then && stamp <= b.clock : !stamp, "TIMESTAMP %lu at %lu", stamp, then);
	for (uint32_t at : {0x3c, 0x4c, 0x60, 0x64, 0x68, 0x6c, 0x70, 0x74, 0x78}) {
		b.write(at, 0x12345678 + at);
		CHECK(b.read(at) == 0x12345678 + at, "%03x is not kept", at);
	}
	b.write(ACQ_R1_IRQ_FRAMES, 0x10000);
	CHECK(b.read(ACQ_R1_IRQ_FRAMES) == 0xffff, "IRQ_FRAMES saturates");
	b.write(ACQ_R1_IRQ_US, 0xffff);
	CHECK(b.read(ACQ_R1_IRQ_US) == 0xffff, "IRQ_US");
	b.write(ACQ_R1_GIVEN, 5);
	CHECK(!b.read(ACQ_R1_GIVEN), "GIVEN before START");
	b.write(ACQ_R1_ID, 0);
	b.write(ACQ_R1_COUNT_LO, 5);
	CHECK(b.read(ACQ_R1_ID) == ACQ_R1_ID_MAGIC && !b.read(ACQ_R1_COUNT_LO), "what is read only");
	b.reset();
	for (uint32_t at = 0x3c; at < 0x100; at += 4)
		if ((at < 0x80 || at > 0x8c) && (at & ~4u) != ACQ_R1_TIMESTAMP_LO)
			CHECK(b.read(at) == 0, "%03x reads %x behind RESET", at, b.read(at));
}

static void config(Bench &b)
{
	static const struct {
		uint32_t at, value;
	} wrong[] = {
		{ACQ_R1_TABLE_LO, 0x20}, {ACQ_R1_RECORDS_LO, 1}, {ACQ_R1_STATUS_LO, 0x208}, {ACQ_R1_TABLE_LOG2, TABLE_LOG2 + 1},
		{ACQ_R1_TABLE_LOG2, 0x10002}, {ACQ_R1_PATTERN, 2}, {ACQ_R1_PATTERN, 0x80000001},
	};
	Host h(b);

	for (auto w : wrong) {
		h.setup();
		b.write(w.at, w.value);
		b.write(ACQ_R1_IRQ_MASK, ACQ_R1_IRQ_ALL);
		b.write(ACQ_R1_COMMAND, ACQ_R1_CMD_START);
		CHECK(b.state() == (ACQ_R1_ERROR | ACQ_R1_ERR_CONFIG << 16), "%03x = %x: state %x", w.at, w.value, b.state());
		CHECK(b.read(ACQ_R1_IRQ_STATUS) == ACQ_R1_IRQ_ERROR, "irq %x", b.read(ACQ_R1_IRQ_STATUS));
		b.cycles(200);
		CHECK(!b.beats && b.messages, "DMA, or no message");
		b.messages = 0;
		b.write(ACQ_R1_IRQ_STATUS, ACQ_R1_IRQ_ALL);
		CHECK(!b.read(ACQ_R1_IRQ_STATUS), "is cleared");
	}
	for (uint32_t at : {ACQ_R1_TABLE_LO, ACQ_R1_RECORDS_LO, ACQ_R1_STATUS_LO}) {
		h.setup();
		b.write(at, 0);
		b.write(at + 4, 0);
		b.write(ACQ_R1_COMMAND, ACQ_R1_CMD_START);
		CHECK(b.state() == (ACQ_R1_ERROR | ACQ_R1_ERR_CONFIG << 16), "%03x = 0: state %x", at, b.state());
	}
	if (ADDR_BITS < 64) {
		h.setup();
		b.write(ACQ_R1_STATUS_HI, 1u << (ADDR_BITS & 31));
		b.write(ACQ_R1_COMMAND, ACQ_R1_CMD_START);
		CHECK(b.state() == (ACQ_R1_ERROR | ACQ_R1_ERR_CONFIG << 16), "beyond the address bits: %x", b.state());
	}
	for (uint32_t at : {ACQ_R1_TABLE_LO, ACQ_R1_RECORDS_LO, ACQ_R1_STATUS_LO}) {
		if (ADDR_BITS >= 32)
			continue;
		h.setup();
		b.write(at, 1u << (ADDR_BITS & 31));
		b.write(ACQ_R1_COMMAND, ACQ_R1_CMD_START);
		CHECK(b.state() == (ACQ_R1_ERROR | ACQ_R1_ERR_CONFIG << 16), "%03x beyond the address bits: %x", at, b.state());
	}
	/* what is refused is a new run all the same: of the one before nothing is left */
	b.rate = 0.3;
	h.begin();
	h.give(1);
	h.run_for(500);
	b.stop();
	h.run_for(5000);
	b.cycles(100);
	CHECK(h.finished && b.read(ACQ_R1_IRQ_STATUS) & ACQ_R1_IRQ_FINISHED && b.read(ACQ_R1_FRAMES_LO), "no run");
	b.write(ACQ_R1_PATTERN, 2);
	b.write(ACQ_R1_COMMAND, ACQ_R1_CMD_START);
	CHECK(b.read(ACQ_R1_IRQ_STATUS) == ACQ_R1_IRQ_ERROR, "irq %x of a START that is refused", b.read(ACQ_R1_IRQ_STATUS));
	CHECK(!b.read(ACQ_R1_FRAMES_LO), "counters of a START that is refused");
	h.begin();
}

/* a run as a host that is quick enough has it */
static void plain(Bench &b)
{
	Host h(b);

	b.rate = FRAME_LANES > 6 ? 0.3 : 0.05 * FRAME_LANES;
	b.ramp = b.chance(0.5);
	h.odd_blocks = b.chance(0.5);
	h.begin();
	h.give(8);
	h.run_for(40000);
	b.stop();
	h.drain();
	CHECK(h.gaps == 0 && h.lost == 0 && h.delivered > 500, "%lu gaps, %lu frames", h.gaps, h.delivered);
	CHECK(!(h.page_irq & ACQ_R1_IRQ_OVERFLOW), "OVERFLOW");
	/* and again, without a reset */
	h.begin();
	h.give(3);
	h.run_for(10000);
	b.stop();
	h.drain();
}

/* as fast as the stream goes: a lane at each clock */
static void fast(Bench &b)
{
	Host h(b, 6);

	b.rate = LANE_BYTES == 8 ? 0.5 : 1;
	b.ready = 1;
	b.delay = 10;
	h.block_bytes = 4096;
	h.begin();
	h.give(64);
	h.run_for(100000);
	b.stop();
	h.drain();
	CHECK(h.gaps == 0, "%lu gaps at full rate", h.gaps);
}

/* IRQ_FRAMES and IRQ_US; each frame must be told of in time, also the last before a pause */
static void moderation(Bench &b)
{
	Host h(b);

	if (!PARTIAL)
		return;
	h.block_bytes = 4096;
	h.irq_frames = b.below(3) ? (uint32_t)b.below(20) : 0;
	h.irq_us = h.irq_frames == 1 ? 0 : (uint32_t)(1 + b.below(200));
	b.rate = 0.02 * FRAME_LANES;
	h.begin();
	h.give(8);
	for (int i = 0; i < 20; i++) {
		b.paused = false;
		h.run_for(b.below(5000));
		b.paused = true;
		uint64_t wait = (h.irq_us + 4) * CLOCKS_PER_US + 2000;
		h.run_for(wait);
		CHECK(h.index == b.sampled, "%lu frames of %lu in time, with %u frames and %u us", h.index, b.sampled, h.irq_frames, h.irq_us);
	}
	CHECK(h.partial_pages, "no partial page");
	b.paused = false;
	b.stop();
	h.drain();
	CHECK(h.gaps == 0, "%lu gaps", h.gaps);
}

/* with nothing but whole blocks asked for, nothing is told in between */
static void whole(Bench &b)
{
	Host h(b);

	b.rate = FRAME_LANES > 6 ? 0.3 : 0.05 * FRAME_LANES;
	h.begin();
	h.give(8);
	h.run_for(30000);
	CHECK(h.partial_pages == 0 && h.pages == h.complete, "%lu pages of %u blocks", h.pages, h.complete);
	b.stop();
	h.drain();
}

/* a host that is too slow, again and again: each gap is exact */
static void losses(Bench &b)
{
	Host h(b, 2);
	uint64_t episodes = 0;

	h.block_bytes = 256;
	h.odd_blocks = b.chance(0.5);
	h.lazy = true;
	h.irq_us = PARTIAL && b.chance(0.5) ? 5 : 0;
	b.rate = 0.3;
	b.ramp = b.chance(0.3);
	h.begin();
	while (h.gaps < 100) {
		h.give(1 + (uint32_t)b.below(4));
		h.run_for(b.below(6000));
		CHECK(!h.error && episodes++ < 20000, "error %u, %lu gaps", h.code, h.gaps);
	}
	CHECK(h.page_irq & ACQ_R1_IRQ_OVERFLOW, "no OVERFLOW");
	CHECK(h.overflows + 4 >= h.gaps, "%u times OVERFLOW for %lu gaps", h.overflows, h.gaps);
	b.stop();
	h.lazy = false;
	h.give(4);
	h.drain();
}

/* a card that waits loses nothing */
static void waits(Bench &b)
{
	Host h(b, 2);

	h.block_bytes = 256;
	h.lazy = true;
	b.rate = 0.5;
	h.begin();
	for (int i = 0; i < 200; i++) {
		h.give(1 + (uint32_t)b.below(4));
		h.run_for(b.below(4000));
	}
	CHECK(!(h.page_irq & ACQ_R1_IRQ_OVERFLOW) && !h.gaps, "losses");
	b.stop();
	h.lazy = false;
	h.give(4);
	h.drain();
	CHECK(!h.last_dropped, "DROPPED");
}

/* STOP at any time, and with nothing sampled */
static void stops(Bench &b)
{
	Host h(b);

	b.rate = b.chance(0.5) ? 0.5 : 0.01;
	for (int i = 0; i < 30; i++) {
		h.irq_us = PARTIAL ? (uint32_t)b.below(4) : 0;
		h.block_bytes = 64u << b.below(5);
		h.begin();
		if (b.chance(0.8))
			h.give((uint32_t)b.below(9));
		h.run_for(b.below(3) ? b.below(300) : b.below(5000));
		b.stop();
		h.give(8);
		h.drain();
	}
}

/* RESET at any time: no write behind IDLE, and the next run is a new one */
static void resets(Bench &b)
{
	Host h(b);

	b.rate = 0.3;
	b.ready = 0.3;
	h.irq_us = PARTIAL;
	for (int i = 0; i < 60; i++) {
		h.block_bytes = 64u << b.below(5);
		h.begin();
		h.give((uint32_t)b.below(9));
		h.run_for(b.below(2000));
		h.gone = true;
		b.write(ACQ_R1_COMMAND, ACQ_R1_CMD_RESET);
		b.runs = false;
		while (b.state() & 15)
			;
		CHECK(b.posted.empty() && !b.reading && !b.left, "IDLE, and the bus is not at rest");
		uint64_t beats = b.beats, messages = b.messages;
		b.cycles(1000);
		CHECK(beats == b.beats && messages == b.messages, "writes behind IDLE");
		/* of the run nothing is left, whatever the host says of it */
		b.write(ACQ_R1_SEEN, 0);
		CHECK(!b.read(ACQ_R1_IRQ_STATUS) && !b.card.intx, "irq %x behind RESET", b.read(ACQ_R1_IRQ_STATUS));
		CHECK(!b.read(ACQ_R1_FRAMES_LO) && !b.read(ACQ_R1_DROPPED_LO), "counters behind RESET");
	}
}

#ifdef TLP
#include "links.h"
#endif
/* what fails, and what it leaves */
static void failures(Bench &b)
{
	Host h(b);
	unsigned int kind;

	b.rate = 0.3;
	h.lazy = true;
	for (kind = 0; kind < 13; kind++) {
		uint64_t at = h.table + 16 * 2;
		uint32_t want = ACQ_R1_ERR_TABLE;

		if ((kind == 5 && ADDR_BITS == 64) || (kind == 11 && FRAME_BYTES <= 8 && !(FRAME_BYTES & (FRAME_BYTES - 1))))
			continue;
		h.begin();
		h.give(2);
		b.memory[at] = 0x40000000;
		b.memory[at + 8] = 64;
		h.blocks.push_back({0x40000000, 4096, true, false});
		switch (kind) {
		case 0: b.memory[at] = 0x40000020; break;
		case 1: b.memory[at + 8] = 0; break;
		case 2: b.memory[at + 8] = (1u << BLOCK_LOG2) + 64; break;
		case 3: b.memory[at + 8] = UINT64_C(1) << 32 | 64; break;
		case 4: b.memory[at + 8] = UINT64_C(0x80000000) << 32 | 64; break;
		case 5:
			b.memory[at] = UINT64_C(1) << (ADDR_BITS & 63);
			break;
		case 6: b.memory[at + 8] = 0x80000040; break;
		case 7:
#if defined(XDMA) || defined(NO_ERRORS)
			b.memory[at] = 1;	/* the bus tells of none */
			break;
#endif
			b.read_fails = true; want = ACQ_R1_ERR_DMA; break;
		case 8: h.given = 2 + h.size(); break;	/* more than there is room for */
		case 9: h.given = (uint32_t)-2; break;
		case 10: b.memory[at + 8] = 68; break;
		case 11:
			b.memory[at + 8] = 8;
			break;
		case 12:	/* goes beyond what it can reach: what is written before that is right */
			h.blocks[2] = {Host::MASK & ~63ull, 64, true, false};
			b.memory[at] = h.blocks[2].addr;
			b.memory[at + 8] = FRAME_BYTES * 64;
			break;
		}
		h.run_for(20000);
		if (kind == 8)
			CHECK(h.complete == 2, "complete");
		h.given++;
		b.write(ACQ_R1_GIVEN, h.given);
		uint32_t real = h.given;
		h.given = 3;
		h.run_for(20000);
		b.read_fails = false;
		b.runs = false;
		b.cycles(100);
		CHECK(h.error && h.code == want, "kind %u, GIVEN %u: error %d, code %u, state %x", kind, real, h.error, h.code, b.state());
		CHECK(b.state() == (ACQ_R1_ERROR | want << 16), "state %x", b.state());
		CHECK(b.read(ACQ_R1_IRQ_STATUS) & ACQ_R1_IRQ_ERROR, "no cause");
		uint64_t beats = b.beats;
		b.cycles(2000);
		CHECK(beats == b.beats, "DMA behind the error");
		if (b.chance(0.5))
			b.reset();
	}
}

/* a write that the bus could not make, as far as it tells */
static void refused(Bench &b)
{
#if !defined(LITEPCIE) && !defined(XDMA)
	Host h(b);

	b.rate = 0.3;
	for (int i = 0; i < 10; i++) {
		h.begin();
		h.give(8);
		h.run_for(1000 + b.below(10000));
		b.write_fails = true;
		h.run_for(20000);
		b.runs = false;
		b.cycles(100);
		CHECK(!b.write_fails && h.error && h.code == ACQ_R1_ERR_DMA, "error %d, code %u, state %x", h.error, h.code, b.state());
		CHECK(b.state() == (ACQ_R1_ERROR | ACQ_R1_ERR_DMA << 16), "state %x", b.state());
	}
	/* the last ones: DONE is not said, and a page that failed has not arrived */
	unsigned int failed = 0;
	for (int i = 0; i < 40; i++) {
		h.begin();
		h.give(8);
		b.delay = (unsigned int)b.below(60);
		h.run_for(b.below(2000));
		b.stop();
		h.skips = true;
		b.cycles(b.below(150));
		b.fails_at = h.status;
		b.write_fails = true;
		b.cycles(3000);
		uint32_t irq = b.read(ACQ_R1_IRQ_STATUS);
		if (b.write_fails) {
			CHECK(b.state() == ACQ_R1_DONE, "state %x", b.state());
		} else {
			CHECK(b.state() == (ACQ_R1_ERROR | ACQ_R1_ERR_DMA << 16), "a write has failed, state %x", b.state());
			CHECK(irq & ACQ_R1_IRQ_ERROR && !(irq & ACQ_R1_IRQ_FINISHED), "irq %x", irq);
			CHECK(!h.finished, "a page says DONE");
			/* the page of the error is the newest one by its number, too */
			b.write(ACQ_R1_SEEN, (uint32_t)(b.get(h.status + 56) >> 32));
			CHECK(!(b.read(ACQ_R1_IRQ_STATUS) & ACQ_R1_IRQ_DATA), "the newest update has been seen, and DATA stays");
			failed++;
		}
		b.write_fails = false;
		b.fails_at = 0;
	}
	CHECK(failed, "none failed");
#endif
}

/*
 * A read is not answered: RESET does not end before it is, but the registers are there, and START is ignored. An
 * adapter that gives it up ends that; then all reads fail until the answer comes, which nobody gets.
 */
static void unanswered(Bench &b)
{
	Host h(b);

	b.rate = 0.3;
	for (int i = 0; i < 10; i++) {
		h.begin();
		h.give(2);
		for (int j = 0; !b.reading; j++) {
			CHECK(j < 20000, "no read");
			b.cycle();
		}
		b.mute = h.gone = true;
		b.write(ACQ_R1_COMMAND, ACQ_R1_CMD_RESET);
		b.runs = false;
		b.write(ACQ_R1_SCRATCH, 0x5a00);
		CHECK(b.read(ACQ_R1_SCRATCH) == 0x5a00, "registers while it resets");
		h.setup();
		b.write(ACQ_R1_COMMAND, ACQ_R1_CMD_START);
		CHECK(b.state() & 15, "IDLE while a read is under way");
#ifdef PATIENCE_US
		b.cycles(PATIENCE_US * CLOCKS_PER_US);
		CHECK(b.state() == ACQ_R1_IDLE, "state %x", b.state());
		for (int j = 0; j < 3; j++) {
			h.begin();
			h.give(2);
			h.run_for(2000);
			b.runs = false;
			CHECK(h.error && h.code == ACQ_R1_ERR_DMA, "reads go on: state %x", b.state());
			b.cycles(100);
		}
		CHECK(b.reading, "another read was answered");
		if (b.chance(0.5)) {
			/* in the midst of a run that must not take it for its own */
			h.begin();
			h.give(2);
			b.cycles(b.below(60));
			b.mute = false;
			h.run_for(2000);
			b.reset();
		}
#endif
		b.mute = false;
		for (int j = 0; b.reading || (b.state() & 15) % ACQ_R1_ERROR; j++) {
			CHECK(j < 1000, "state %x", b.state());
			b.cycle();
		}
		uint64_t beats = b.beats;
		b.cycles(300);
		CHECK(b.beats == beats && (b.state() & 15) % ACQ_R1_ERROR == 0, "START while it resets: state %x", b.state());
		h.begin();
		h.give(8);
		h.run_for(3000);
		b.stop();
		h.drain();
	}
}

#ifdef LITEPCIE
/* reads that the master gives up: nobody gets what they bring */
static void given_up(Bench &b)
{
	b.write(ACQ_R1_SCRATCH, 0x12345678);
	for (int i = 0; i < 200; i++) {
		b.card.wb_cyc = b.card.wb_stb = 1;
		b.card.wb_we = 0;
		b.card.wb_adr = ACQ_R1_ID >> 2;
		b.card.wb_sel = 15;
		for (uint64_t n = 1 + b.below(4); n && !b.card.wb_ack; n--)
			b.cycle();
		b.card.wb_cyc = b.card.wb_stb = 0;
		b.cycles(1 + b.below(2));
		CHECK(b.read(ACQ_R1_SCRATCH) == 0x12345678, "a read gets what another one asked for");
	}
}
#endif

/* Bus Master Enable goes away in the midst of a run */
static void leave(Bench &b)
{
	static unsigned int tries, judged;
	Host h(b);

	CHECK(++tries < 10 || judged, "it was never judged");
	b.rate = 0.3;
	h.begin();
	h.give(8);
	h.run_for(b.below(10000));
	while (b.left)
		b.cycle();
	/* a burst that the adapter has begun is its affair */
	for (int i = 0; i < 100 && (bus_wants(b) || b.left); i++)
		b.cycle();
	b.master = false;
	b.cycles(5);
	if (!bus_wants(b))
		b.cycles(20000);
	else
		return;
	b.runs = false;
	CHECK(b.state() == (ACQ_R1_ERROR | ACQ_R1_ERR_DMA << 16), "state %x", b.state());
	uint64_t messages = b.messages;
	b.cycles(100);
	CHECK(messages == b.messages, "a message without leave");
	b.master = true;
	b.cycles(100);
	CHECK(messages + 1 == b.messages, "no message when they became possible");
	judged++;
}

/* GIVEN, update and SEEN around 2^32 cannot be reached in a test; messages and masks can */
static void masks(Bench &b)
{
	Host h(b);

	b.rate = 0.3;
	h.begin();
	b.write(ACQ_R1_IRQ_MASK, 0);
	h.give(2);
	h.run_for(20000);
	CHECK(b.messages == 0 && h.pages >= 2, "%lu messages when masked", b.messages);
	CHECK(b.read(ACQ_R1_IRQ_STATUS) & ACQ_R1_IRQ_DATA && !b.card.intx, "IRQ_STATUS");
	b.write(ACQ_R1_IRQ_MASK, ACQ_R1_IRQ_ALL);
	b.cycles(50);
	CHECK(b.messages == 1 && b.card.intx, "%lu messages when unmasked", b.messages);
	b.write(ACQ_R1_IRQ_STATUS, ACQ_R1_IRQ_ALL);
	CHECK(b.read(ACQ_R1_IRQ_STATUS) == ACQ_R1_IRQ_DATA, "DATA is a level");
	b.write(ACQ_R1_SEEN, (uint32_t)h.pages + 1);	/* never issued */
	b.cycles(50);
	CHECK(b.messages == 1 && b.card.intx, "SEEN of the future");
	b.write(ACQ_R1_SEEN, (uint32_t)h.pages - 1);
	b.cycles(50);
	CHECK(b.messages == 2 && b.card.intx, "SEEN of an older one: %lu messages", b.messages);
	b.write(ACQ_R1_SEEN, (uint32_t)h.pages);
	b.cycles(50);
	CHECK(b.messages == 2 && !b.card.intx, "SEEN of the newest");
	/* each of an older one sends a message: the bench sees a clock between them */
	for (int i = 0; i < 100; i++)
		b.write(ACQ_R1_SEEN, (uint32_t)h.pages - 1);
}

/* a host that is quick: it answers a page before the card knows that this has left */
static void early(Bench &b)
{
	Host h(b, 2);
	unsigned int alone = 0;

	b.rate = 0.3;
	b.delay = 0;
	b.late = (unsigned int)b.below(300);
	h.lazy = true;
	h.begin();
	for (int i = 0; i < 60; i++) {
		uint64_t pages = h.pages;

		h.give(1);
		for (int n = 0; h.pages == pages; n++) {
			CHECK(n < 20000, "no page");
			b.cycle();
		}
		b.cycles(b.below(4));
		pages = h.pages;
		b.write(ACQ_R1_IRQ_STATUS, (uint32_t)(b.get(h.status + 40) >> 32) & ~ACQ_R1_IRQ_DATA);
		b.write(ACQ_R1_SEEN, (uint32_t)pages);
		for (unsigned int n = b.late + 200; n && h.pages == pages; n--)
			b.cycle();
		uint32_t irq = b.read(ACQ_R1_IRQ_STATUS);
		if (h.pages != pages)
			continue;
		CHECK(!irq, "page %lu has been answered, and there is %x", pages, irq);
		alone++;
	}
	CHECK(alone > 5, "%u pages", alone);
	b.late = 0;
	b.stop();
	h.lazy = false;
	h.give(4);
	h.drain();
}

/* SEEN of the page before, at each clock around the next one, of a host that masks nothing: a message comes */
static void crossing(Bench &b)
{
	Host h(b, 4);

	b.rate = 0.3;
	b.delay = 0;
	b.late = 20;
	b.ready = 1;
	h.lazy = true;
	h.block_bytes = 256;
	for (unsigned int after = 0; after < 80; after++) {
		h.begin();
		b.paused = false;
		h.give(2);
		for (uint64_t n = 0; h.pages < 2; n++) {
			CHECK(n < 20000, "no page");
			b.cycle();
		}
		b.paused = true;
		b.cycles(after);
		uint64_t before = b.messages;
		CHECK(h.pages == 2, "a page that nobody waits for");
		b.write(ACQ_R1_SEEN, 1);
		b.cycles(300);
		CHECK(h.pages == 2 && b.read(ACQ_R1_IRQ_STATUS) & ACQ_R1_IRQ_DATA, "%lu pages", h.pages);
		CHECK(b.messages > before, "no message for page 2, SEEN 1 came %u clocks behind it", after);
		b.reset();
	}
}

int main(int argc, char **argv)
{
	std::vector<Case> cases = {
		{"properties", properties, 1}, {"config", config, 1}, {"plain", plain, 10}, {"fast", fast, 2},
		{"moderation", moderation, 10}, {"whole", whole, 3}, {"stops", stops, 10}, {"resets", resets, 10},
		{"failures", failures, 4}, {"refused", refused, 2}, {"leave", leave, 10}, {"masks", masks, 2},
		{"unanswered", unanswered, 2}, {"early", early, 10}, {"crossing", crossing, 2},
	};

#ifdef TLP
	cases.push_back({"links", links, 5});
#endif
#ifdef LITEPCIE
	cases.push_back({"given up", given_up, 2});
#endif
	if (WAITS)
		cases.push_back({"waits", waits, 5});
	else
		cases.push_back({"losses", losses, 10});
	return bench_main(argc, argv, cases);
}
