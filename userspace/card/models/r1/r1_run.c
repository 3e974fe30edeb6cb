// SPDX-License-Identifier: GPL-2.0-only
/* The ACQ-R1 model's source, trigger, FIFO and losses: what happens when. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "r1_run.h"

/* Work that is done in one go; the host's accesses wait for it. */
#define STEP_BYTES	(512u << 10)
#define SCAN_FRAMES	65536u
/* A card that looks at its time axis more often than that just burns time. */
#define NAP_NS		50000u
#define SCAN_NAP_NS	2000000u

#define GAPS_MAX	1000000

static uint64_t now_of(const struct r1 *c)
{
	return c->host->now(c->host->machine);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Does the source wait for the host, instead of losing frames? */
bool r1_waits(const struct r1 *c)
{
	return c->config.caps & ACQ_R1_CAP_WAIT || c->config.free;
}

uint64_t r1_stamp(const struct r1 *c, uint64_t ns)
{
	unsigned __int128 ticks = ns > c->birth ? ns - c->birth : 0;

	return (uint64_t)(ticks * c->config.ts_hz / 1000000000u);
}

uint64_t r1_irq_ns(const struct r1 *c)
{
	return c->regs[ACQ_R1_IRQ_US / 4] * UINT64_C(1000);
}

uint64_t r1_frames(const struct r1 *c)
{
	return c->state == ACQ_R1_ARMED ? 0 : c->sampled - c->first;
}

/* Writes frames of the run's signal. */
void r1_make(struct r1 *c, uint64_t index, size_t frames, void *buf)
{
	enum pattern_kind kind = c->run.pattern == ACQ_R1_PATTERN_RAMP ? PATTERN_RAMP :
				 PATTERN_PRBS;
	uint64_t sample = index * c->run.channels;

	if (c->run.pattern == ACQ_R1_PATTERN_INPUT) {
		source_read(c->source, index, frames, buf);
		return;
	}
	if (c->pattern.next != sample)
		pattern_seek(&c->pattern, kind, c->run.width, sample);
	pattern_fill(&c->pattern, buf, frames * c->run.channels);
}

/* Starting and ending */

static bool is_aligned(uint64_t addr, uint64_t bytes, unsigned int addr_bits)
{
	uint64_t limit = addr_bits < 64 ? (UINT64_C(1) << addr_bits) - 1 : UINT64_MAX;

	return addr && addr % 64 == 0 && addr <= limit && bytes - 1 <= limit - addr;
}

static bool setup_dma(struct r1 *c, struct r1_setup *s)
{
	const uint32_t *r = c->regs;
	unsigned int log2 = r[ACQ_R1_TABLE_LOG2 / 4], bits = c->config.addr_bits;

	s->table = r[ACQ_R1_TABLE_LO / 4] | (uint64_t)r[ACQ_R1_TABLE_HI / 4] << 32;
	s->records = r[ACQ_R1_RECORDS_LO / 4] | (uint64_t)r[ACQ_R1_RECORDS_HI / 4] << 32;
	s->status = r[ACQ_R1_STATUS_LO / 4] | (uint64_t)r[ACQ_R1_STATUS_HI / 4] << 32;
	if (!(c->config.caps & ACQ_R1_CAP_DMA) || log2 > c->config.table_log2)
		return false;
	s->entries = UINT32_C(1) << log2;
	return is_aligned(s->table, s->entries * sizeof(struct acq_r1_entry), bits) &&
	       is_aligned(s->records, s->entries * sizeof(struct acq_r1_record), bits) &&
	       is_aligned(s->status, sizeof(struct acq_r1_status), bits);
}

static bool setup_trigger(struct r1 *c, struct r1_setup *s)
{
	static const uint32_t cap[] = {
		[ACQ_R1_TRIG_IMMEDIATE] = 0,
		[ACQ_R1_TRIG_SOFTWARE] = ACQ_R1_CAP_TRIG_SOFT,
		[ACQ_R1_TRIG_LEVEL] = ACQ_R1_CAP_TRIG_LEVEL,
		[ACQ_R1_TRIG_EXTERNAL] = ACQ_R1_CAP_TRIG_EXT,
	};
	uint32_t trigger = c->regs[ACQ_R1_TRIGGER / 4], level = c->regs[ACQ_R1_TRIGGER_LEVEL / 4];
	unsigned int channel = ACQ_R1_TRIG_CHANNEL(trigger);

	s->trigger = ACQ_R1_TRIG_SOURCE(trigger);
	if (trigger & ~UINT32_C(0xff1f) || s->trigger > ACQ_R1_TRIG_EXTERNAL ||
	    (c->config.caps & cap[s->trigger]) != cap[s->trigger])
		return false;
	s->pretrigger = c->regs[ACQ_R1_PRETRIGGER / 4];
	if (s->pretrigger && (!(c->config.caps & ACQ_R1_CAP_PRETRIG) ||
			      (uint64_t)s->pretrigger * s->frame > c->config.pretrig_bytes))
		return false;
	if (s->trigger != ACQ_R1_TRIG_LEVEL)
		return true;
	if (channel >= c->config.channels || !(s->mask >> channel & 1))
		return false;
	s->falling = trigger & ACQ_R1_TRIG_FALLING;
	s->position = (unsigned int)__builtin_popcount(s->mask & ((UINT32_C(1) << channel) - 1));
	/* codes of this one format do not fit a signed register */
	s->level = s->format == ACQ_R1_FORMAT_U32 ? (int64_t)level : (int32_t)level;
	return true;
}

/* Takes the configuration from the registers. False if it is not possible. */
static bool set_up(struct r1 *c)
{
	const uint32_t *r = c->regs, caps = c->config.caps;
	uint32_t transfer = r[ACQ_R1_TRANSFER / 4], divider = r[ACQ_R1_DIVIDER / 4];
	struct r1_setup s = {
		.dma = transfer == ACQ_R1_TRANSFER_DMA,
		.mask = r[ACQ_R1_CHANNEL_MASK / 4],
		.format = r[ACQ_R1_FORMAT / 4],
		.count = r[ACQ_R1_COUNT_LO / 4] | (uint64_t)r[ACQ_R1_COUNT_HI / 4] << 32,
		.pattern = r[ACQ_R1_PATTERN / 4],
	};

	/* nothing of the last run is to be believed, least of all its addresses */
	memset(&c->run, 0, sizeof(c->run));
	if (transfer > ACQ_R1_TRANSFER_DMA || (!s.dma && !(caps & ACQ_R1_CAP_FIFO)) ||
	    divider < c->config.div_min || divider > c->config.div_max ||
	    !s.mask || (uint64_t)s.mask >> c->config.channels ||
	    s.format >= ACQ_R1_FORMAT_NUM || !(c->config.formats >> s.format & 1) ||
	    s.pattern > ACQ_R1_PATTERN_PRBS ||
	    (s.pattern == ACQ_R1_PATTERN_RAMP && !(caps & ACQ_R1_CAP_RAMP)) ||
	    (s.pattern == ACQ_R1_PATTERN_PRBS && !(caps & ACQ_R1_CAP_PRBS)) ||
	    (s.count && !(caps & ACQ_R1_CAP_COUNT)))
		return false;
	s.channels = (unsigned int)__builtin_popcount(s.mask);
	s.width = source_format_bytes(s.format);
	s.frame = s.channels * s.width;
	if (s.frame > c->config.fifo_bytes || !setup_trigger(c, &s) || (s.dma && !setup_dma(c, &s)))
		return false;
	c->run = s;
	c->pace.clock = c->config.clock;
	c->pace.divider = divider;
	source_start(c->source, s.mask, s.format, (double)c->config.clock / divider);
	return true;
}

/* Index behind the last frame that the signal has. */
static uint64_t signal_end(const struct r1 *c)
{
	return c->run.pattern == ACQ_R1_PATTERN_INPUT && c->config.source_frames ?
	       c->config.source_frames : R1_ENDLESS;
}

void r1_fail(struct r1 *c, unsigned int code)
{
	if (c->state == ACQ_R1_ERROR)
		return;
	c->epoch++;
	c->state = ACQ_R1_ERROR;
	c->code = code;
	c->losing = false;
	c->events |= ACQ_R1_IRQ_ERROR;
}

static void stop_sampling(struct r1 *c)
{
	c->state = ACQ_R1_DRAINING;
	c->losing = false;
	c->frozen = false;
}

/* The run proper begins, with the frames from @first to before @index in the FIFO. */
static void run_from(struct r1 *c, uint64_t first, uint64_t index)
{
	c->state = ACQ_R1_RUNNING;
	c->first = first;
	c->out = first;
	c->taken = first;
	c->end = signal_end(c);
	if (c->run.count && c->run.count < c->end - first)
		c->end = first + c->run.count;
	c->sampled = least(index, c->end);
	c->in = c->sampled;
	c->fifo_since = now_of(c);
	if (c->sampled == c->end)
		stop_sampling(c);
}

void r1_start(struct r1 *c)
{
	if (c->settling || (c->state != ACQ_R1_IDLE && c->state != ACQ_R1_DONE &&
			    c->state != ACQ_R1_ERROR))
		return;
	c->epoch++;
	c->runs++;
	c->had_run = true;
	c->losing = false;
	c->triggered = false;
	c->frozen = false;
	c->code = 0;
	c->sampled = 0;
	c->first = 0;
	c->end = R1_ENDLESS;
	c->in = 0;
	c->out = 0;
	c->taken = 0;
	c->trigger_index = 0;
	c->dropped = 0;
	c->delivered = 0;
	c->drop_order = 0;
	c->gap_count = 0;
	c->popped = 0;
	c->window_frames = 0;
	c->given = 0;
	c->complete = 0;
	c->blocks = 0;
	c->open = false;
	c->filled = 0;
	c->last_stamp = 0;
	c->last_index = 0;
	c->status = 0;
	c->events = 0;
	c->update = 0;
	c->due = 0;
	c->seen = 0;
	c->updates = 0;
	c->news = 0;
	c->unsaid = 0;
	c->block_unsaid = false;
	c->stale = false;
	memset(&c->pattern, 0, sizeof(c->pattern));
	if (!set_up(c)) {
		/* may come from ERROR: that one is over */
		c->state = ACQ_R1_IDLE;
		r1_fail(c, ACQ_R1_ERR_CONFIG);
		return;
	}
	/* width 0 is no pattern's: the first use seeks */
	c->pattern.next = UINT64_MAX;
	pace_base(&c->pace, now_of(c), 0);
	c->state = ACQ_R1_ARMED;
	if (c->run.trigger == ACQ_R1_TRIG_IMMEDIATE)
		run_from(c, 0, 0);
}

void r1_stop(struct r1 *c)
{
	if (c->state == ACQ_R1_ARMED) {
		c->first = c->sampled;
		c->in = c->sampled;
		c->out = c->sampled;
		stop_sampling(c);
	} else if (c->state == ACQ_R1_RUNNING) {
		stop_sampling(c);
	}
}

/* The trigger is at frame @index, up to which all have been sampled. */
void r1_trigger(struct r1 *c, uint64_t index)
{
	uint64_t pre = c->run.pretrigger;

	if (c->state != ACQ_R1_ARMED)
		return;
	c->triggered = true;
	c->trigger_index = index;
	c->events |= ACQ_R1_IRQ_TRIGGER;
	run_from(c, index > pre ? index - pre : 0, index);
}

/* Waiting for the trigger */

static int64_t trigger_value(const struct r1 *c, const uint8_t *frame)
{
	const uint8_t *p = frame + c->run.position * c->run.width;
	uint16_t half;
	uint32_t word;

	switch (c->run.format) {
	case ACQ_R1_FORMAT_S8:
		return (int8_t)*p;
	case ACQ_R1_FORMAT_U8:
		return *p;
	case ACQ_R1_FORMAT_S16:
		memcpy(&half, p, 2);
		return (int16_t)le16toh(half);
	case ACQ_R1_FORMAT_U16:
		memcpy(&half, p, 2);
		return le16toh(half);
	case ACQ_R1_FORMAT_S32:
		memcpy(&word, p, 4);
		return (int32_t)le32toh(word);
	default:
		memcpy(&word, p, 4);
		return le32toh(word);
	}
}

static bool crosses(const struct r1 *c, int64_t before, int64_t value)
{
	if (c->run.falling)
		return before > c->run.level && value <= c->run.level;
	return before < c->run.level && value >= c->run.level;
}

/* Samples up to @target, or to the frame at which the level is crossed. */
static void scan(struct r1 *c, uint64_t target)
{
	uint64_t stop = least(target, c->sampled + SCAN_FRAMES);

	while (c->sampled < stop) {
		uint64_t n = least(stop - c->sampled, sizeof(c->scratch) / c->run.frame);

		r1_make(c, c->sampled, n, c->scratch);
		for (uint64_t i = 0; i < n; i++) {
			int64_t value = trigger_value(c, c->scratch + i * c->run.frame);
			int64_t before = c->last_value;

			c->last_value = value;
			/* the first frame has none before it */
			if (c->sampled + i && crosses(c, before, value)) {
				c->sampled += i;
				r1_trigger(c, c->sampled);
				return;
			}
		}
		c->sampled += n;
	}
	c->more = c->sampled < target;
}

static void step_armed(struct r1 *c)
{
	bool level = c->run.trigger == ACQ_R1_TRIG_LEVEL;
	uint64_t target = R1_ENDLESS;

	/* Nobody but time moves a card that waits to be triggered from outside. */
	if (!c->config.free || !level)
		target = pace_count(&c->pace, now_of(c));
	target = least(target, signal_end(c));
	if (target < c->sampled)
		target = c->sampled;
	if (level)
		scan(c, target);
	else
		c->sampled = target;
	if (c->state == ACQ_R1_ARMED && c->sampled == signal_end(c))
		r1_stop(c);
}

/* Running */

static uint64_t capacity(const struct r1 *c)
{
	return c->config.fifo_bytes / c->run.frame;
}

/* Frames that the FIFO still takes; those before the trigger have room of their own. */
static uint64_t room(const struct r1 *c)
{
	uint64_t from = c->out, used;

	if (c->triggered && from < c->trigger_index)
		from = c->trigger_index;
	used = c->in > from ? c->in - from : 0;
	return used < capacity(c) ? capacity(c) - used : 0;
}

static void begin_loss(struct r1 *c)
{
	c->losing = true;
	c->events |= ACQ_R1_IRQ_OVERFLOW;
	if (c->gap_count == c->gap_room) {
		size_t more = c->gap_room ? c->gap_room * 2 : 64;
		struct r1_gap *gaps = NULL;

		if (more <= GAPS_MAX)
			gaps = realloc(c->gaps, more * sizeof(*gaps));
		if (!gaps)
			return;
		c->gaps = gaps;
		c->gap_room = more;
	}
	c->gaps[c->gap_count++] = (struct r1_gap){ c->sampled, 0 };
}

static void drop(struct r1 *c, uint64_t frames)
{
	c->sampled += frames;
	c->dropped += frames;
	c->drop_order -= least(frames, c->drop_order);
	if (c->gap_count)
		c->gaps[c->gap_count - 1].count += frames;
}

/* Drops frames up to @target. False if the loss goes on beyond it. */
static bool step_losing(struct r1 *c, uint64_t target)
{
	bool drained = c->out == c->in && !c->popped &&
		       (c->run.dma || !((c->status | c->events) & ACQ_R1_IRQ_OVERFLOW));
	uint64_t frames = target - c->sampled;

	if (drained || r1_waits(c))
		frames = least(frames, c->drop_order);
	drop(c, frames);
	if (!drained || c->drop_order) {
		c->frozen = r1_waits(c) && !c->drop_order;
		return false;
	}
	c->losing = false;
	c->in = c->sampled;
	c->out = c->sampled;
	c->fifo_since = now_of(c);
	r1_flush(c);
	return true;
}

static void step_running(struct r1 *c)
{
	uint64_t target = c->config.free ? R1_ENDLESS : pace_count(&c->pace, now_of(c));
	size_t budget = STEP_BYTES;
	unsigned int epoch = c->epoch;
	bool was_frozen = c->frozen;

	if (was_frozen) {
		pace_base(&c->pace, now_of(c), c->sampled);
		c->frozen = false;
		if (!c->config.free)
			target = c->sampled;
	}
	target = least(target, c->end);
	/* the conversion of time to frames may round down after a change of speed */
	if (target < c->sampled)
		target = c->sampled;
	for (;;) {
		uint64_t frames;

		if (c->run.dma)
			r1_put(c, &budget);
		if (c->epoch != epoch || c->state != ACQ_R1_RUNNING)
			return;
		if (c->drop_order && !c->losing && c->sampled < target)
			begin_loss(c);
		if (c->losing) {
			if (!step_losing(c, target)) {
				if (c->sampled == c->end)
					stop_sampling(c);
				return;
			}
			/* flushing was DMA, too */
			if (c->epoch != epoch || c->state != ACQ_R1_RUNNING)
				return;
		}
		if (c->sampled == c->end) {
			stop_sampling(c);
			return;
		}
		if (c->sampled == target) {
			c->frozen = was_frozen && !room(c) && !c->drop_order;
			return;
		}
		frames = least(target - c->sampled, room(c));
		if (frames) {
			if (c->in == c->out)
				c->fifo_since = now_of(c);
			c->sampled += frames;
			c->in = c->sampled;
			if (c->sampled == c->end) {
				stop_sampling(c);
				return;
			}
		} else if (c->run.dma && budget < c->run.frame) {
			c->more = true;
			return;
		} else if (!r1_waits(c)) {
			begin_loss(c);
		} else {
			c->frozen = true;
			return;
		}
	}
}

static void step_draining(struct r1 *c)
{
	size_t budget = STEP_BYTES;
	unsigned int epoch = c->epoch;

	if (c->run.dma)
		r1_put(c, &budget);
	if (c->epoch != epoch)
		return;
	if (c->out < c->in) {
		c->more = c->run.dma && budget < c->run.frame;
		return;
	}
	if (c->stalled)
		return;
	if (c->open) {
		r1_flush(c);
		if (c->epoch != epoch)
			return;
	}
	if (fault_is_on(c->faults, FAULT_DONE_NEVER))
		return;
	c->state = ACQ_R1_DONE;
	c->events |= ACQ_R1_IRQ_FINISHED;
}

/* Does all that is due. */
void r1_step(struct r1 *c)
{
	c->more = false;
	if (c->state == ACQ_R1_ARMED)
		step_armed(c);
	if (c->state == ACQ_R1_RUNNING)
		step_running(c);
	if (c->state == ACQ_R1_DRAINING)
		step_draining(c);
	r1_report(c);
}

/* FIFO transfer */

uint64_t r1_fifo_bytes(const struct r1 *c)
{
	return (c->in - c->out) * c->run.frame - c->popped;
}

/* What FIFO_LEVEL reads. The memory of the pretrigger is behind the FIFO, not in it. */
uint32_t r1_fifo_level(const struct r1 *c)
{
	if (c->run.dma || c->stalled || (c->state != ACQ_R1_RUNNING &&
					 c->state != ACQ_R1_DRAINING))
		return 0;
	return (uint32_t)least(r1_fifo_bytes(c), c->config.fifo_bytes);
}

/* Is there so much in the FIFO, or for so long, that the host shall hear of it? */
bool r1_fifo_ready(const struct r1 *c)
{
	uint64_t level = r1_fifo_level(c), every = c->regs[ACQ_R1_IRQ_FRAMES / 4];
	uint64_t want;

	if (!level)
		return false;
	if (c->losing || c->state == ACQ_R1_DRAINING)
		return true;
	/* a part of a word cannot be popped before there is more */
	if (level < 4)
		return false;
	want = every ? least(every, capacity(c)) * c->run.frame : c->config.fifo_bytes / 2;
	return level >= want || (r1_irq_ns(c) && now_of(c) - c->fifo_since >= r1_irq_ns(c));
}

static void load_window(struct r1 *c)
{
	size_t frames = sizeof(c->window) / c->run.frame;

	/* a little at a time: the host reads words */
	frames = least(least(frames, 64), c->in - c->out);
	r1_make(c, c->out, frames, c->window);
	c->window_index = c->out;
	c->window_frames = frames;
}

/* The host reads the window. */
void r1_pop(struct r1 *c, void *buf, size_t bytes)
{
	/* While stalled too: the host may have read the level before. */
	uint64_t level = least(r1_fifo_bytes(c), c->config.fifo_bytes);
	uint8_t *to = buf;

	memset(buf, 0, bytes);
	if (c->run.dma || (c->state != ACQ_R1_ARMED && c->state != ACQ_R1_RUNNING &&
			   c->state != ACQ_R1_DRAINING))
		return;
	if (level < bytes) {
		/* what comes next, if anything, is not contiguous with this */
		if (!level || (!c->losing && c->state != ACQ_R1_DRAINING)) {
			r1_fail(c, ACQ_R1_ERR_UNDERRUN);
			return;
		}
		bytes = level;
	}
	while (bytes) {
		size_t n;

		if (c->out - c->window_index >= c->window_frames)
			load_window(c);
		n = least(bytes, c->run.frame - c->popped);
		memcpy(to, c->window + (c->out - c->window_index) * c->run.frame + c->popped, n);
		to += n;
		bytes -= n;
		c->popped += (unsigned int)n;
		if (c->popped == c->run.frame) {
			c->popped = 0;
			c->out++;
			c->delivered++;
		}
	}
	c->taken = c->out;
	c->fifo_since = now_of(c);
}

/* When it wants to be called again */

/* Frames until something happens to a running card, in terms of its index. */
static uint64_t next_frame(const struct r1 *c)
{
	uint64_t next = least(c->end, c->sampled + room(c) + 1), frames;
	uint64_t every = c->regs[ACQ_R1_IRQ_FRAMES / 4];

	if (c->losing)
		return c->drop_order ? c->sampled + c->drop_order : c->end;
	if (c->drop_order)
		return c->sampled + 1;
	/* the frame that starts the clock of IRQ_US */
	if (r1_irq_ns(c) && (c->run.dma ? !c->news && r1_has_room(c) : c->in == c->out))
		return c->sampled + 1;
	if (!c->run.dma) {
		uint64_t want = every ? least(every, capacity(c)) : (capacity(c) + 1) / 2;

		frames = c->in - c->out;
		return frames < want ? least(next, c->sampled + want - frames) : next;
	}
	if (c->stalled || !r1_has_room(c))
		return next;
	frames = c->open ? (c->block_bytes - c->filled) / c->run.frame : 1;
	next = least(next, c->sampled + frames);
	if (every && c->news < every)
		next = least(next, c->sampled + every - c->news);
	if (every && c->unsaid < every)
		next = least(next, c->sampled + every - c->unsaid);
	return next;
}

static uint64_t timer(const struct r1 *c)
{
	uint64_t when = MODEL_NEVER, us = r1_irq_ns(c);

	if (!us)
		return when;
	if (!c->run.dma)
		return r1_fifo_level(c) >= 4 && !r1_fifo_ready(c) ? c->fifo_since + us : when;
	if (c->news)
		when = c->news_since + us;
	if (c->unsaid || c->block_unsaid)
		when = least(when, c->unsaid_since + us);
	return when;
}

uint64_t r1_deadline(const struct r1 *c)
{
	uint64_t now = now_of(c), when = MODEL_NEVER;

	if (c->more || c->events)
		return now;
	switch (c->state) {
	case ACQ_R1_ARMED:
		if (c->run.trigger == ACQ_R1_TRIG_LEVEL)
			when = now + SCAN_NAP_NS;
		else if (signal_end(c) != R1_ENDLESS)
			when = pace_when(&c->pace, signal_end(c));
		break;
	case ACQ_R1_RUNNING:
		if (!c->frozen && !c->config.free)
			when = pace_when(&c->pace, next_frame(c));
		when = least(when, timer(c));
		break;
	case ACQ_R1_DRAINING:
		when = timer(c);
		break;
	}
	if (when < now + NAP_NS)
		when = now + NAP_NS;
	return when;
}
