// SPDX-License-Identifier: GPL-2.0-only
/* A minimal card: source, FIFO, registers and interrupts. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "minimal.h"

struct mini mini;

static const unsigned int mini_widths[] = { 1, 1, 2, 2, 4, 4 };

uint64_t mini_now(void)
{
	return mini.host->now(mini.host->machine);
}

uint64_t mini_stamp(void)
{
	unsigned __int128 ns = mini_now() - mini.birth;

	return (uint64_t)(ns * mini.o.ts_hz / 1000000000u);
}

static bool mini_runs(void)
{
	return mini.state == ACQ_R1_RUNNING || mini.state == ACQ_R1_DRAINING;
}

/* Interrupts */

static uint32_t mini_want(void)
{
	if (!mini.irq_frames)
		return (mini.o.fifo_bytes + 1) / 2;
	if (mini_does("data-by-half"))
		return mini.o.fifo_bytes / 2;
	return mini.irq_frames > mini.o.fifo_bytes / mini.frame ? UINT32_MAX :
	       mini.irq_frames * mini.frame;
}

bool mini_data(void)
{
	bool word = mini.level >= (mini_does("data-below-word") ? 1 : 4);

	if (mini.o.dma)
		return (int32_t)(mini.update - mini.seen) > 0;
	if (!mini_runs())
		return false;
	if (mini.level && !mini_does("data-not-draining") &&
	    (mini.losing || mini.state == ACQ_R1_DRAINING))
		return true;
	return word && (mini.level >= mini_want() ||
			mini.level + mini.frame > mini.o.fifo_bytes ||
			(mini.irq_us && mini_now() - mini.since >= mini.irq_us * 1000ull));
}

static uint32_t mini_irq_word(void)
{
	return mini.irq | (mini_data() ? ACQ_R1_IRQ_DATA : 0);
}

static void mini_line(bool level)
{
	mini.host->irq(mini.host->machine, 0, 0, level);
}

void mini_irq(void)
{
	uint32_t mask = mini_does("mask-ignored") ? ACQ_R1_IRQ_ALL : mini.mask;
	bool level = mini_irq_word() & mask;

	if (mini_does("unmask-silent")) {
		mini.known = (mini.known | (mini.mask ? 0 : ACQ_R1_IRQ_ALL)) & mini_irq_word();
		level = mini_irq_word() & mask & ~mini.known;
	}
	if (mini_does("message-lost") && level && mini.irq & ACQ_R1_IRQ_FINISHED)
		level = false;
	if (mini_does("storm") && level)
		mini_line(false);
	mini_line(level);
}

/* What is to be told: with DMA by a page first. */
static void mini_event(uint32_t bits)
{
	if (mini.o.dma)
		mini.events |= bits;
	else
		mini.irq |= bits;
}

void mini_fail(uint32_t code)
{
	if (mini.state == ACQ_R1_ERROR)
		return;
	mini.state = ACQ_R1_ERROR;
	mini.code = code;
	mini.losing = false;
	mini.level = 0;
	mini.run++;
	if (code == ACQ_R1_ERR_CONFIG)
		mini.irq |= ACQ_R1_IRQ_ERROR;
	else
		mini_event(ACQ_R1_IRQ_ERROR);
}

/* The FIFO has nothing more: that ends an episode, or the run. */
void mini_emptied(void)
{
	if (mini.level && !mini_does("resumes-early"))
		return;
	if (mini.o.dma || !(mini.irq & ACQ_R1_IRQ_OVERFLOW) || mini_does("resumes-uncleared") ||
	    mini_does("resumes-early"))
		mini.losing = mini.losing && mini_does("never-resumes");
	if (!mini.level && !mini.o.dma && mini.state == ACQ_R1_DRAINING) {
		mini.state = ACQ_R1_DONE;
		mini.irq |= ACQ_R1_IRQ_FINISHED;
	}
}

/* The source */

static uint32_t mini_sample(uint64_t n)
{
	if (mini_does("ramp-breaks") && n % 97 == 96)
		n++;
	return mini.pattern ? (uint32_t)n : (uint32_t)(n * 2654435761u >> 7);
}

static void mini_store(void)
{
	unsigned int width = mini_widths[mini.o.format];

	if (!mini.level) {
		mini.stretch = mini.index;
		mini.head = mini.index;
		if (mini_does("index-one-less") && mini.dropped)
			mini.stretch--;
	}
	for (uint32_t c = 0; c < mini.o.channels; c++) {
		uint64_t n = mini.index * mini.o.channels + c + mini_does("ramp-late");
		uint32_t value = mini_sample(n);

		for (unsigned int b = 0; b < width; b++, mini.level++)
			mini.fifo[(mini.out + mini.level) % mini.o.fifo_bytes] =
				(uint8_t)(value >> 8 * b);
	}
	if (mini.level < mini.frame + 4)
		mini.since = mini_now();
}

static uint32_t mini_room(void)
{
	uint32_t bytes = mini_does("fifo-bytes-lie") ? mini.o.fifo_bytes / 2 : mini.o.fifo_bytes;

	return bytes > mini.level ? bytes - mini.level : 0;
}

/* All frames up to now; with DMA not beyond what the engine can make room for. */
static bool mini_sampled(void)
{
	unsigned __int128 ns;
	uint64_t until;

	if (mini.state != ACQ_R1_RUNNING)
		return true;
	ns = mini_now() - mini.begin;
	until = (uint64_t)(ns * mini.o.rate / 1000000000u);
	while (mini.index < until) {
		if (mini.losing) {
			mini.dropped += until - mini.index;
			mini.index = until;
			continue;
		}
		if (mini_room() >= mini.frame) {
			mini_store();
			mini.index++;
			continue;
		}
		if (mini.o.dma && mini_can_move())
			return false;
		mini.losing = true;
		mini.dropped += mini_does("dropped-one-more");
		mini_event(ACQ_R1_IRQ_OVERFLOW);
	}
	return true;
}

/* Commands */

static bool mini_is_address(unsigned int lo)
{
	uint64_t addr = mini.setup[lo] | (uint64_t)mini.setup[lo + 1] << 32;

	if (mini_does("table-unchecked"))
		return true;
	return addr && addr % 64 == 0 && (mini.o.addr_bits == 64 || !(addr >> mini.o.addr_bits));
}

static void mini_start(void)
{
	if (mini_runs() && !mini_does("start-restarts"))
		return;
	mini.given = mini_does("given-in-idle") && mini.state == ACQ_R1_IDLE ? mini.given : 0;
	mini.seen = 0;
	mini.irq = 0;
	mini.events = 0;
	mini.update = 0;
	mini.issued = 0;
	mini.complete = 0;
	mini.filled = 0;
	mini.open = false;
	mini.losing = false;
	mini.level = 0;
	mini.code = 0;
	mini.index = mini_does("start-keeps-frames") ? mini.index : 0;
	mini.dropped = 0;
	mini.behind = 0;
	mini.stretch = 0;
	mini.run++;
	mini.state = ACQ_R1_RUNNING;
	mini.begin = mini_now();
	if (mini_does("start-keeps-frames"))
		mini.begin -= mini.index * 1000000000u / mini.o.rate;
	if ((mini.pattern > ACQ_R1_PATTERN_RAMP && !mini_does("pattern-unchecked")) ||
	    (mini.o.dma && (mini.setup[6] > 8 || !mini_is_address(0) || !mini_is_address(2) ||
			    !mini_is_address(4))))
		mini_fail(ACQ_R1_ERR_CONFIG);
	if (mini_does("message-for-nothing")) {
		mini_line(false);
		mini_line(true);
	}
}

static void mini_stop(void)
{
	if (mini.state != ACQ_R1_RUNNING)
		return;
	mini.state = ACQ_R1_DRAINING;
	if (!mini_does("losing-in-draining"))
		mini.losing = false;
	if (mini_does("stop-drops"))
		mini.level = 0;
	if (!mini.o.dma)
		mini_emptied();
}

static void mini_reset(void *model)
{
	struct mini keep = mini;

	(void)model;
	memset(&mini, 0, sizeof(mini));
	mini.host = keep.host;
	mini.o = keep.o;
	mini.frame = keep.frame;
	mini.birth = keep.birth;
	mini.fifo = keep.fifo;
	mini.busy = keep.busy;
	mini.run = keep.run + 1;
	mini.settling = mini.busy && !mini_does("reset-early");
	if (mini_does("reset-keeps-mask"))
		mini.mask = keep.mask;
	if (mini_does("reset-keeps-pattern"))
		mini.pattern = keep.pattern;
	if (mini_does("after-reset") && keep.open) {
		mini.restless = true;
		mini.later = mini_now() + 5000000;
		mini.addr = keep.addr;
	}
	mini_irq();
}

static void mini_reset_all(void *model)
{
	mini_reset(model);
	mini_out_reset();
}

static void mini_command(uint32_t value)
{
	if (value & ACQ_R1_CMD_RESET)
		mini_reset(NULL);
	else if (value & ACQ_R1_CMD_START)
		mini_start();
	else if (value & ACQ_R1_CMD_STOP)
		mini_stop();
}

/* Registers */

uint32_t mini_state_word(void)
{
	if (mini.settling)
		return ACQ_R1_DRAINING;
	return mini.state | (mini.losing ? ACQ_R1_STATE_LOSING : 0) | mini.code << 16;
}

static uint32_t mini_latch(uint64_t value)
{
	mini.high = (uint32_t)(value >> 32);
	return (uint32_t)value;
}

static uint32_t mini_read_fifo(uint32_t at)
{
	switch (at) {
	case ACQ_R1_FIFO_LEVEL:
		return mini_runs() ? mini.level : 0;
	case ACQ_R1_FIFO_INDEX_LO:
		return mini_latch(mini.stretch);
	case ACQ_R1_FIFO_INDEX_HI:
		return mini.high;
	default:
		return 0;
	}
}

static uint32_t mini_read_dma(uint32_t at)
{
	switch (at) {
	case ACQ_R1_LIMITS:
		return 6u | mini_block_log2() << 8 | 8 << 16 | mini.o.addr_bits << 24;
	case ACQ_R1_SEEN:
		return mini.seen;
	case ACQ_R1_GIVEN:
		return mini.given;
	case ACQ_R1_TRANSFER:
		return ACQ_R1_TRANSFER_DMA;
	default:
		if (at >= ACQ_R1_TABLE_LO && at <= ACQ_R1_TABLE_LOG2)
			return mini.setup[(at - ACQ_R1_TABLE_LO) / 4];
		return 0;
	}
}

static uint32_t mini_get(uint32_t at)
{
	switch (at) {
	case ACQ_R1_ID:
		return ACQ_R1_ID_MAGIC + mini_does("id-wrong");
	case ACQ_R1_VERSION:
		return 0x10001;
	case ACQ_R1_CAPS:
		return ACQ_R1_CAP_RAMP | ACQ_R1_CAP_ALL_CHANNELS |
		       (mini.o.output ? ACQ_R1_CAP_OUTPUT : 0) |
		       (mini_does("caps-unknown") ? 1u << 20 : 0) |
		       (mini.o.dma ? ACQ_R1_CAP_DMA | ACQ_R1_CAP_WHOLE_BLOCKS : ACQ_R1_CAP_FIFO);
	case ACQ_R1_CHANNELS:
		return mini.o.channels;
	case ACQ_R1_FORMATS:
		return 1u << mini.o.format;
	case ACQ_R1_CLOCK_HZ:
		return mini.o.rate;
	case ACQ_R1_DIV_MIN:
	case ACQ_R1_DIV_MAX:
	case ACQ_R1_DIVIDER:
		return 1;
	case ACQ_R1_FIFO_BYTES:
		return mini_does("fifo-bytes-small") ? mini.frame : mini.o.fifo_bytes;
	case ACQ_R1_TS_HZ:
		return mini.o.ts_hz;
	case ACQ_R1_STATE:
		return mini_state_word();
	case ACQ_R1_IRQ_STATUS:
		return mini_irq_word();
	case ACQ_R1_IRQ_MASK:
		return mini.mask;
	case ACQ_R1_IRQ_FRAMES:
		return mini.irq_frames;
	case ACQ_R1_IRQ_US:
		return mini.irq_us;
	case ACQ_R1_CHANNEL_MASK:
		return UINT32_MAX >> (32 - mini.o.channels);
	case ACQ_R1_FORMAT:
		return mini.o.format;
	case ACQ_R1_PATTERN:
		return mini.pattern;
	case ACQ_R1_FRAMES_LO:
		return mini_latch(mini.index - (mini_does("frames-one-less") && mini.index));
	case ACQ_R1_DROPPED_LO:
		return mini_latch(mini.dropped);
	case ACQ_R1_TIMESTAMP_LO:
		return mini_latch(mini_stamp());
	case ACQ_R1_TIMESTAMP_HI:
		if (mini_does("high-not-latched"))
			return (uint32_t)(mini_stamp() >> 32);
		return mini.high;
	case ACQ_R1_FRAMES_HI:
	case ACQ_R1_DROPPED_HI:
		return mini.high;
	case 0x0b0:
		return mini.odd;
	default:
		return mini.o.dma ? mini_read_dma(at) : mini_read_fifo(at);
	}
}

static void mini_put_seen(uint32_t value)
{
	if ((int32_t)(value - mini.update) > 0 && !mini_does("seen-never-checked"))
		return;
	if (mini_does("seen-old-is-new"))
		value = mini.update;
	mini.seen = value;
	/* as if DATA had been cleared and set again */
	if (!mini_does("seen-silent"))
		mini_line(false);
}

static void mini_put_given(uint32_t value)
{
	uint32_t entries = 1u << mini.setup[6];

	if (!mini_runs()) {
		if (mini_does("given-in-idle") && mini.state == ACQ_R1_IDLE)
			mini.given = value;
		return;
	}
	if (!mini_does("given-unchecked") &&
	    (value - mini.complete > entries ||
	     value - mini.complete < mini.given - mini.complete))
		mini_fail(ACQ_R1_ERR_TABLE);
	else
		mini.given = value;
}

/* IRQ_FRAMES and IRQ_US have 16 bits. */
static uint32_t mini_least(uint32_t value)
{
	if (mini_does("irq-frames-cut"))
		return value & 0xffff;
	return value > 0xffff ? 0xffff : value;
}

static void mini_put(uint32_t at, uint32_t value)
{
	switch (at) {
	case ACQ_R1_COMMAND:
		mini_command(value);
		break;
	case ACQ_R1_IRQ_STATUS:
		if (mini_does("clear-ignored"))
			value &= ~ACQ_R1_IRQ_FINISHED;
		if (mini_does("clears-all") && value)
			value = ACQ_R1_IRQ_ALL;
		if (mini_does("clear-by-zero"))
			value = ~value;
		if (mini_does("data-cleared") && value & ACQ_R1_IRQ_DATA && mini.o.dma)
			mini.seen = mini.update;
		mini.irq &= ~value;
		if (!mini.o.dma)
			mini_emptied();
		break;
	case ACQ_R1_IRQ_MASK:
		mini.mask = value & ACQ_R1_IRQ_ALL;
		break;
	case ACQ_R1_IRQ_FRAMES:
		mini.irq_frames = mini.o.dma ? 0 : mini_least(value);
		break;
	case ACQ_R1_IRQ_US:
		mini.irq_us = mini.o.dma ? 0 : mini_least(value);
		break;
	case ACQ_R1_PATTERN:
		mini.pattern = value;
		break;
	case ACQ_R1_FRAMES_LO:
		if (mini_does("frames-writable") && !mini_runs())
			mini.index = value;
		break;
	case 0x0b0:
		mini.odd = mini_does("reserved-kept") ? value : 0;
		break;
	}
	if (!mini.o.dma)
		return;
	if (at == ACQ_R1_SEEN)
		mini_put_seen(value);
	else if (at == ACQ_R1_GIVEN)
		mini_put_given(value);
	else if (at == ACQ_R1_TABLE_LOG2)
		mini.setup[6] = value & 0xff;
	else if (at >= ACQ_R1_TABLE_LO && at < ACQ_R1_TABLE_LOG2)
		mini.setup[(at - ACQ_R1_TABLE_LO) / 4] = value;
}

/* One read of the window */
static uint32_t mini_pop(void)
{
	uint32_t value = 0, n;

	if (mini.o.dma || !mini_runs())
		return mini_does("window-in-idle") ? 0xdead : 0;
	if (mini.level < 4 && (!mini.level || !(mini.losing || mini.state == ACQ_R1_DRAINING)) &&
	    !mini_does("pops-below")) {
		mini_fail(ACQ_R1_ERR_UNDERRUN);
		return 0;
	}
	n = mini.level < 4 ? mini.level : 4;
	for (uint32_t i = 0; i < n; i++)
		value |= (uint32_t)mini.fifo[(mini.out + i) % mini.o.fifo_bytes] << 8 * i;
	if (mini_does("rest-not-zero") && n < 4)
		value |= 0xff000000;
	mini.out = (mini.out + n) % mini.o.fifo_bytes;
	mini.level -= n;
	mini.since = mini_now();
	mini_emptied();
	return value;
}

/* What the plumbing asks for */

static bool mini_is_output(uint64_t at)
{
	return at >= ACQ_R1_OUTPUT && at < 2 * ACQ_R1_OUTPUT;
}

static int mini_on_read(void *model, unsigned int bar, uint64_t at, void *buf, size_t count)
{
	uint32_t value;

	(void)model;
	memset(buf, 0, count);
	if (bar || count != 4 || at % 4)
		return 0;
	mini_sampled();
	if (mini.o.output && mini_is_output(at))
		value = mini_out_get((uint32_t)at - ACQ_R1_OUTPUT);
	else
		value = at < ACQ_R1_WINDOW ? mini_get((uint32_t)at) : mini_pop();
	memcpy(buf, &value, 4);
	mini_irq();
	return 0;
}

static int mini_on_write(void *model, unsigned int bar, uint64_t at, const void *buf, size_t count)
{
	uint32_t value;

	(void)model;
	if (bar || count != 4 || at % 4)
		return 0;
	mini_sampled();
	memcpy(&value, buf, 4);
	if (mini.o.output && mini_is_output(at))
		mini_out_put((uint32_t)at - ACQ_R1_OUTPUT, value);
	else if (at < ACQ_R1_WINDOW)
		mini_put((uint32_t)at, value);
	mini_irq();
	return 0;
}

static void mini_sync(void *model)
{
	(void)model;
	mini_sampled();
	mini_irq();
}

static uint64_t mini_tick(void *model)
{
	uint64_t now = mini_now();

	(void)model;
	if (mini.o.dma) {
		bool all;

		do {
			all = mini_sampled();
			mini_engine();
		} while (!all && mini.state == ACQ_R1_RUNNING);
	} else {
		mini_sampled();
	}
	if (mini.o.output)
		mini_out_step();
	mini_irq();
	/* a millisecond is often enough for everything that time does */
	return mini_runs() || mini.restless || mini_out_runs() ? now + 1000000 : MODEL_NEVER;
}

static uint32_t mini_lies(void *model, unsigned int bar, uint64_t at)
{
	(void)model;
	(void)bar;
	(void)at;
	return 0;
}

static void mini_stats(void *model, FILE *out)
{
	(void)model;
	(void)out;
}

static int mini_control(void *model, int argc, char **argv, FILE *out)
{
	(void)model;
	(void)argc;
	(void)argv;
	(void)out;
	return -ENOENT;
}

static void mini_free(void *model)
{
	(void)model;
}

const struct card_model_ops mini_ops = {
	.name = "minimal",
	.reset = mini_reset_all,
	.read = mini_on_read,
	.write = mini_on_write,
	.sync = mini_sync,
	.lies = mini_lies,
	.tick = mini_tick,
	.stats = mini_stats,
	.command = mini_control,
	.help = "",
	.free = mini_free,
};
