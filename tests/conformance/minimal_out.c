// SPDX-License-Identifier: GPL-2.0-only
/*
 * A minimal card: an output side by DMA, as "Output" of docs/acq-r1.md has it. What it plays
 * goes nowhere. One thing after the other, as the engine of the input.
 */
#include <string.h>

#include "minimal.h"

#define OUT_LOG2	12u			/* of the largest block */
#define OUT_FIFO	(2u << OUT_LOG2)
#define OUT_BLOCKS	16u			/* that it holds, besides */
#define OUT_PIECE	256u			/* that is read at a time */

static struct out_side {
	/* registers */
	uint32_t state, code, irq, events, mask, irq_frames, irq_us, seen, given, high;
	uint32_t setup[7];		/* 0x260 to 0x278 */
	/* the run */
	unsigned int run, busy;
	bool settling, halting, sealed, losing;
	uint32_t end;			/* blocks that it has, once it is sealed */
	uint64_t begin, frames, filler;
	/* blocks: those before @complete have been played, those before @fetched are in the FIFO */
	uint32_t complete, fetched, level;
	uint32_t bytes[OUT_BLOCKS];
	bool open;			/* the entry of the next one was read: */
	uint64_t addr;
	uint32_t size;
	/* the block that is played */
	uint32_t done;
	uint64_t gap, index, lost;
	/* what is told of it */
	uint32_t update, issued;	/* the newest, one that failed on its way included */
	uint64_t news, since;
} out;

static bool out_is_on(void)
{
	return out.state == ACQ_R1_ARMED || out.state == ACQ_R1_RUNNING;
}

static uint64_t out_at(unsigned int lo)
{
	return out.setup[lo] | (uint64_t)out.setup[lo + 1] << 32;
}

static uint32_t out_slot(uint32_t number)
{
	return number & ((1u << out.setup[6]) - 1);
}

static uint32_t out_irq_word(void)
{
	return out.irq | ((int32_t)(out.update - out.seen) > 0 ? ACQ_R1_IRQ_DATA : 0);
}

static void out_irq(void)
{
	mini.host->irq(mini.host->machine, 1, 0, out_irq_word() & out.mask);
}

static uint32_t out_state_word(void)
{
	if (out.settling)
		return ACQ_R1_DRAINING;
	return out.state | (out.losing ? ACQ_R1_STATE_LOSING : 0) | out.code << 16;
}

static void out_fail(uint32_t code)
{
	if (out.state == ACQ_R1_ERROR)
		return;
	out.state = ACQ_R1_ERROR;
	out.code = code;
	out.losing = false;
	out.halting = false;
	out.run++;
	if (code == ACQ_R1_ERR_CONFIG)
		out.irq |= ACQ_R1_IRQ_ERROR;
	else
		out.events |= ACQ_R1_IRQ_ERROR;
}

/* The host may reset or halt it meanwhile: false, then. */
static bool out_access(uint64_t addr, void *buf, size_t bytes, bool write)
{
	const struct card_host *h = mini.host;
	unsigned int run = out.run;
	int error;

	out.busy++;
	error = write ? h->dma_write(h->machine, addr, buf, bytes) :
			h->dma_read(h->machine, addr, buf, bytes);
	if (!--out.busy)
		out.settling = false;
	if (out.run != run)
		return false;
	if (error)
		out_fail(ACQ_R1_ERR_DMA);
	return !error && (write || !out.halting);
}

/* What is told */

static bool out_page(uint32_t state)
{
	uint32_t events = out.events;
	struct acq_r1_status page = {
		.progress = (uint64_t)out.complete << 32 | out.done,
		.frames = out.frames - (mini_does("out-frames-less") ? out.filler : 0),
		.dropped = out.filler,
		.timestamp = mini_stamp(),
		.state = state,
		.irq = out.irq | events | ACQ_R1_IRQ_DATA,
		.reserved[0] = out.fetched,
		.update = ++out.issued,
	};

	out.events = 0;
	out.news = 0;
	if (mini_does("out-irq-first")) {
		out.update = page.update;
		out_irq();
	}
	if (!out_access(out_at(4), &page, sizeof(page), true))
		return false;
	out.update = page.update;
	out.irq |= events;
	out_irq();
	return true;
}

static bool out_record(uint32_t flags)
{
	struct acq_r1_record r = {
		.index = out.index,
		.lost = out.lost + (mini_does("out-lost-more") && out.lost),
		.bytes = out.done,
		.flags = flags | out.complete << 16,
	};

	return out_access(out_at(2) + out_slot(out.complete) * sizeof(r), &r, sizeof(r), true);
}

/* The end, which a page tells of first */
static void out_finish(void)
{
	out.losing = false;
	out.events |= ACQ_R1_IRQ_FINISHED;
	if (!out_page(ACQ_R1_DONE))
		return;
	out.state = ACQ_R1_DONE;
	out.halting = false;
}

/* The converter */

static bool out_is_over(void)
{
	return out.sealed && out.complete == out.end;
}

/* All of a block has been played. */
static void out_block(void)
{
	if (mini_does("out-page-first")) {
		out.complete++;
		if (!out_page(out_state_word()))
			return;
		out.complete--;
	}
	if (!out_record(ACQ_R1_RECORD_DONE))
		return;
	out.level -= out.done;
	out.done = 0;
	out.complete++;
	if (out_is_over())
		out_finish();
	else
		out_page(out_state_word());
}

static void out_play(uint64_t frames)
{
	if (!out.done) {
		out.index = out.frames;
		out.lost = out.gap;
		out.gap = 0;
	}
	if (!out.news)
		out.since = mini_now();
	out.news += frames;
	out.frames += frames;
	out.done += (uint32_t)frames * mini.frame;
	if (out.done == out.bytes[out.complete % OUT_BLOCKS])
		out_block();
}

static void out_fill(uint64_t frames)
{
	bool begins = !out.losing;

	out.losing = true;
	out.frames += frames;
	out.filler += frames;
	out.gap += frames;
	if (!begins || mini_does("out-silent"))
		return;
	out.events |= ACQ_R1_IRQ_OVERFLOW;
	out_page(out_state_word());
}

static bool out_is_time_to_tell(void)
{
	if (!out.news || mini_does("out-untold"))
		return false;
	return (out.irq_frames && out.news >= out.irq_frames) ||
	       (out.irq_us && mini_now() - out.since >= out.irq_us * 1000ull);
}

/* All that is due by now */
static void out_advance(void)
{
	unsigned __int128 ns = mini_now() - out.begin;
	uint64_t until = (uint64_t)(ns * mini.o.rate / 1000000000u);
	unsigned int run = out.run;

	while (out.run == run && out.state == ACQ_R1_RUNNING && !out.halting &&
	       out.frames < until) {
		uint64_t frames = until - out.frames, left;

		if (out.fetched == out.complete) {
			if (out_is_over())
				return;
			out_fill(frames);
			continue;
		}
		left = (out.bytes[out.complete % OUT_BLOCKS] - out.done) / mini.frame;
		frames = frames > left ? left : frames;
		if (out.irq_frames && frames > out.irq_frames)
			frames = out.irq_frames;
		out_play(frames);
		if (out.run == run && out_is_time_to_tell())
			out_page(out_state_word());
	}
}

/* Blocks */

static bool out_open(void)
{
	struct acq_r1_entry e;
	uint64_t limit = UINT64_MAX;

	if (!out_access(out_at(0) + out_slot(out.fetched) * sizeof(e), &e, sizeof(e), false))
		return false;
	if (mini.o.addr_bits < 64)
		limit = (UINT64_C(1) << mini.o.addr_bits) - 1;
	if ((e.addr % 64 || !e.bytes || e.bytes % mini.frame || e.bytes > 1u << OUT_LOG2 ||
	     e.flags & ~ACQ_R1_ENTRY_LAST || e.addr > limit || e.bytes - 1 > limit - e.addr) &&
	    !(mini_does("out-entry-unchecked") && e.bytes % mini.frame == 0)) {
		if (mini_does("out-fail-record") && out.done)
			out_record(0);
		out_fail(ACQ_R1_ERR_TABLE);
		return false;
	}
	if (e.flags & ACQ_R1_ENTRY_LAST) {
		out.sealed = true;
		out.end = mini_does("out-reads-on") ? out.given : out.fetched + 1;
	}
	out.addr = e.addr;
	out.size = e.bytes;
	out.open = true;
	return true;
}

static bool out_take(void)
{
	uint8_t piece[OUT_PIECE];
	uint32_t n;

	for (uint32_t at = 0; at < out.size; at += n) {
		n = out.size - at > OUT_PIECE ? OUT_PIECE : out.size - at;
		if (!out_access(out.addr + at, piece, n, false))
			return false;
	}
	out.bytes[out.fetched % OUT_BLOCKS] = out.size;
	out.level += out.size;
	out.fetched++;
	out.open = false;
	out.losing = false;
	return true;
}

static void out_fetch(void)
{
	if (mini_does("out-entry-early") && out.fetched == out.given && out.fetched) {
		uint64_t entry[2];

		if (!out_access(out_at(0) + out_slot(out.fetched) * 16, entry, 16, false))
			return;
	}
	while (out.fetched != (out.sealed ? out.end : out.given) &&
	       out.fetched - out.complete < OUT_BLOCKS) {
		if (!out.open && !out_open())
			return;
		if (out.level + out.size > OUT_FIFO || !out_take())
			return;
		if (out.state == ACQ_R1_ARMED) {
			out.state = ACQ_R1_RUNNING;
			out.begin = mini_now();
		}
	}
}

void mini_out_step(void)
{
	unsigned int run = out.run;

	if (out_is_on() && !out.halting) {
		out_advance();
		if (out.run == run && out_is_on() && !out.halting)
			out_fetch();
	}
	if (out.run == run && out_is_on() && (out.halting || out_is_over()) &&
	    !(mini_does("out-stop-armed") && !out.fetched)) {
		if (!out.done || mini_does("out-halt-forgets") || out_record(0))
			out_finish();
	}
	/* nothing but registers tells of an error that the bus does not let pass */
	run = out.run;
	if (out.events && !out_page(out_state_word()) && out.run == run)
		out.irq |= ACQ_R1_IRQ_ERROR;
	out_irq();
}

bool mini_out_runs(void)
{
	return out_is_on();
}

/* Commands and registers */

static bool out_is_address(unsigned int lo)
{
	uint64_t addr = out_at(lo);

	return addr && addr % 64 == 0 && (mini.o.addr_bits == 64 || !(addr >> mini.o.addr_bits));
}

/* What START and RESET alike set to 0; what is under way goes on. */
static void out_clear(void)
{
	struct out_side keep = out;

	memset(&out, 0, sizeof(out));
	out.run = keep.run + 1;
	out.busy = keep.busy;
	out.mask = keep.mask;
	out.irq_frames = keep.irq_frames;
	out.irq_us = keep.irq_us;
	memcpy(out.setup, keep.setup, sizeof(out.setup));
}

static void out_start(void)
{
	if (out_is_on() || out.settling)
		return;
	out_clear();
	out.state = mini_does("out-starts-early") ? ACQ_R1_RUNNING : ACQ_R1_ARMED;
	out.begin = mini_now();
	if (out.setup[6] > 8 || !out_is_address(0) || !out_is_address(2) || !out_is_address(4))
		out_fail(ACQ_R1_ERR_CONFIG);
}

void mini_out_reset(void)
{
	out_clear();
	out.mask = 0;
	out.irq_frames = 0;
	out.irq_us = 0;
	memset(out.setup, 0, sizeof(out.setup));
	out.settling = out.busy;
	out_irq();
}

static void out_command(uint32_t value)
{
	if (value & ACQ_R1_CMD_RESET) {
		mini_out_reset();
	} else if (value & ACQ_R1_CMD_START) {
		out_start();
	} else if (value & ACQ_R1_CMD_STOP && out_is_on() && !out.sealed) {
		out.sealed = true;
		out.end = out.given;
		if (mini_does("out-stop-dry") && out.losing)
			out.halting = true;
	} else if (value & ACQ_R1_CMD_HALT && out_is_on()) {
		out.halting = true;
	}
}

static uint32_t out_latch(uint64_t value)
{
	out.high = (uint32_t)(value >> 32);
	return (uint32_t)value;
}

uint32_t mini_out_get(uint32_t at)
{
	switch (at) {
	case ACQ_R1_ID:
		return ACQ_R1_ID_MAGIC;
	case ACQ_R1_VERSION:
		return 0x10001;
	case ACQ_R1_CAPS:
		return ACQ_R1_CAP_DMA | ACQ_R1_CAP_ALL_CHANNELS;
	case ACQ_R1_CHANNELS:
		return mini.o.channels;
	case ACQ_R1_FORMATS:
		return 1u << mini.o.format;
	case ACQ_R1_CLOCK_HZ:
		return mini.o.rate;
	case ACQ_R1_DIV_MIN:
	case ACQ_R1_DIV_MAX:
	case ACQ_R1_DIVIDER:
	case ACQ_R1_TRANSFER:
		return 1;
	case ACQ_R1_FIFO_BYTES:
		return mini_does("out-fifo-small") ? 1u << OUT_LOG2 : OUT_FIFO;
	case ACQ_R1_LIMITS:
		return 6u | OUT_LOG2 << 8 | 8 << 16 | mini.o.addr_bits << 24;
	case ACQ_R1_TS_HZ:
		return mini.o.ts_hz;
	case ACQ_R1_STATE:
		return out_state_word();
	case ACQ_R1_IRQ_STATUS:
		return out_irq_word();
	case ACQ_R1_IRQ_MASK:
		return out.mask;
	case ACQ_R1_IRQ_FRAMES:
		return out.irq_frames;
	case ACQ_R1_IRQ_US:
		return out.irq_us;
	case ACQ_R1_SEEN:
		return out.seen;
	case ACQ_R1_GIVEN:
		return out.given;
	case ACQ_R1_CHANNEL_MASK:
		return UINT32_MAX >> (32 - mini.o.channels);
	case ACQ_R1_FORMAT:
		return mini.o.format;
	case ACQ_R1_FRAMES_LO:
		return out_latch(out.frames);
	case ACQ_R1_DROPPED_LO:
		return out_latch(out.filler);
	case ACQ_R1_TIMESTAMP_LO:
		return out_latch(mini_stamp());
	case ACQ_R1_FRAMES_HI:
	case ACQ_R1_DROPPED_HI:
	case ACQ_R1_TIMESTAMP_HI:
		return out.high;
	default:
		if (at >= ACQ_R1_TABLE_LO && at <= ACQ_R1_TABLE_LOG2)
			return out.setup[(at - ACQ_R1_TABLE_LO) / 4];
		return 0;
	}
}

static void out_put_given(uint32_t value)
{
	if (!out_is_on() || out.sealed || out.halting)
		return;
	if (value - out.complete > 1u << out.setup[6] ||
	    value - out.complete < out.given - out.complete)
		out_fail(ACQ_R1_ERR_TABLE);
	else
		out.given = value;
}

void mini_out_put(uint32_t at, uint32_t value)
{
	switch (at) {
	case ACQ_R1_COMMAND:
		out_command(value);
		break;
	case ACQ_R1_IRQ_STATUS:
		out.irq &= ~value;
		break;
	case ACQ_R1_IRQ_MASK:
		out.mask = value & ACQ_R1_IRQ_ALL;
		break;
	case ACQ_R1_IRQ_FRAMES:
		out.irq_frames = value;
		break;
	case ACQ_R1_IRQ_US:
		out.irq_us = value;
		break;
	case ACQ_R1_SEEN:
		if ((int32_t)(value - out.update) > 0)
			break;
		out.seen = value;
		/* as if DATA had been cleared and set again */
		mini.host->irq(mini.host->machine, 1, 0, false);
		break;
	case ACQ_R1_GIVEN:
		out_put_given(value);
		break;
	case ACQ_R1_TABLE_LOG2:
		out.setup[6] = value & 0xff;
		break;
	default:
		if (at >= ACQ_R1_TABLE_LO && at < ACQ_R1_TABLE_LOG2)
			out.setup[(at - ACQ_R1_TABLE_LO) / 4] = value;
	}
	out_irq();
}
