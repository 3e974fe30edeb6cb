// SPDX-License-Identifier: GPL-2.0-only
/* The ACQ-R1 model's FIFO, and the window through which the host reads it. */
#include <string.h>

#include "r1_model.h"

uint64_t r1_fifo_bytes(const struct r1 *c)
{
	return (c->in - c->out) * c->run.frame - c->popped;
}

uint64_t r1_fifo_capacity(const struct r1 *c)
{
	return c->config.fifo_bytes / c->run.frame;
}

/* Frames that the FIFO still takes; those before the trigger have room of their own. */
uint64_t r1_fifo_room(const struct r1 *c)
{
	uint64_t from = c->out, used;

	if (c->triggered && from < c->trigger_index)
		from = c->trigger_index;
	used = c->in > from ? (c->in - from) * c->run.frame : 0;
	/* Of a frame that is read there is room where bytes have gone. */
	if (used && from == c->out)
		used -= c->popped;
	return used < c->config.fifo_bytes ? (c->config.fifo_bytes - used) / c->run.frame : 0;
}

/* What FIFO_LEVEL reads. The memory of the pretrigger is behind the FIFO, not in it. */
uint32_t r1_fifo_level(const struct r1 *c)
{
	uint64_t level;

	if (c->run.dma || c->stalled || (c->state != ACQ_R1_RUNNING &&
					 c->state != ACQ_R1_DRAINING))
		return 0;
	level = r1_least(r1_fifo_bytes(c), c->config.fifo_bytes);
	if (lie_is_on(&c->faults->lies, LIE_FULL) && level < c->config.fifo_bytes / 2)
		level = c->config.fifo_bytes / 2;
	return (uint32_t)level;
}

uint64_t r1_fifo_want(const struct r1 *c)
{
	uint64_t every = c->regs[ACQ_R1_IRQ_FRAMES / 4], half = (c->config.fifo_bytes + 1) / 2;
	uint64_t want, full;

	if (c->config.version < R1_VERSION_WORDS)
		return every ? r1_least(every, r1_fifo_capacity(c)) * c->run.frame : half;
	full = c->config.fifo_bytes - c->run.frame + 1;
	want = r1_least(every ? every * c->run.frame : half, full);
	/* a part of a word cannot be popped before there is more */
	return want < R1_WORD ? R1_WORD : want;
}

/* Is there so much in the FIFO, or for so long, that it is worth an interrupt? */
bool r1_fifo_ready(const struct r1 *c)
{
	uint64_t level = r1_fifo_level(c), ns = r1_state_irq_ns(c);

	if (!level)
		return false;
	if (c->losing || c->state == ACQ_R1_DRAINING)
		return true;
	return level >= r1_fifo_want(c) ||
	       (level >= R1_WORD && ns && r1_now(c) - c->fifo_since >= ns);
}

static void r1_fifo_load(struct r1 *c)
{
	size_t frames = sizeof(c->window) / c->run.frame;

	/* a little at a time: the host reads words */
	frames = r1_least(r1_least(frames, 64), c->in - c->out);
	r1_state_make(c, c->out, frames, c->window);
	c->window_index = c->out;
	c->window_frames = frames;
}

uint64_t r1_fifo_made_up(const struct r1 *c)
{
	return c->made_up ? c->made_up / c->run.frame : 0;
}

/* Has it lied about the level, so that what is popped is nothing? */
static bool r1_fifo_makes_up(const struct r1 *c)
{
	return lie_is_on(&c->faults->lies, LIE_FULL) || lie_is_on(&c->faults->lies, LIE_LEVEL);
}

uint64_t r1_fifo_index(const struct r1 *c)
{
	if (c->run.dma)
		return 0;
	return c->config.caps & ACQ_R1_CAP_FOLLOW ? c->out + r1_fifo_made_up(c) : c->stretch;
}

/* The host reads the window. */
void r1_fifo_pop(struct r1 *c, void *buf, size_t bytes)
{
	/* While stalled too: the host may have read the level before. */
	uint64_t level = r1_least(r1_fifo_bytes(c), c->config.fifo_bytes);
	uint8_t *to = buf;

	memset(buf, 0, bytes);
	if (c->run.dma || (c->state != ACQ_R1_ARMED && c->state != ACQ_R1_RUNNING &&
			   c->state != ACQ_R1_DRAINING))
		return;
	if (level < bytes && r1_fifo_makes_up(c)) {
		lie_tag(buf, bytes);
		c->made_up += bytes;
		return;
	}
	if (level < bytes) {
		/* what comes next, if anything, is not contiguous with this */
		if (!level || (!c->losing && c->state != ACQ_R1_DRAINING)) {
			r1_state_fail(c, ACQ_R1_ERR_UNDERRUN);
			return;
		}
		bytes = level;
	}
	while (bytes) {
		size_t n;

		if (c->out - c->window_index >= c->window_frames)
			r1_fifo_load(c);
		n = r1_least(bytes, c->run.frame - c->popped);
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
	c->fifo_since = r1_now(c);
}
