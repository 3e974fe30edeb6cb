// SPDX-License-Identifier: GPL-2.0-only
/* The ACQ-R1 model's state: what it is in, and what it is made of. */
#include <string.h>

#include "r1_output.h"

/* Does the source wait for the host, instead of losing frames? */
bool r1_state_waits(const struct r1 *c)
{
	return c->config.caps & ACQ_R1_CAP_WAIT || c->config.free || c->patient;
}

uint64_t r1_state_stamp(const struct r1 *c, uint64_t ns)
{
	unsigned __int128 ticks = ns > c->birth ? ns - c->birth : 0;

	return (uint64_t)(ticks * c->config.ts_hz / 1000000000u);
}

uint64_t r1_state_irq_ns(const struct r1 *c)
{
	return c->regs[ACQ_R1_IRQ_US / 4] * UINT64_C(1000);
}

uint64_t r1_state_frames(const struct r1 *c)
{
	return c->state == ACQ_R1_ARMED ? 0 : c->sampled - c->first;
}

/* Index behind the last frame that the signal has. */
uint64_t r1_state_signal_end(const struct r1 *c)
{
	return c->run.pattern == ACQ_R1_PATTERN_INPUT && c->config.source_frames ?
	       c->config.source_frames : R1_ENDLESS;
}

/* Writes frames of the run's signal. */
void r1_state_make(struct r1 *c, uint64_t index, size_t frames, void *buf)
{
	enum pattern_kind kind = c->run.pattern == ACQ_R1_PATTERN_RAMP ? PATTERN_RAMP :
				 PATTERN_PRBS;
	uint64_t sample = index * c->run.channels;

	if (c->run.pattern == ACQ_R1_PATTERN_INPUT && c->config.loopback) {
		r1_output_loop_read(c->output, index, frames, buf);
		return;
	}
	if (c->run.pattern == ACQ_R1_PATTERN_INPUT) {
		source_read(c->source, index, frames, buf);
		return;
	}
	if (c->pattern.next != sample)
		pattern_seek(&c->pattern, kind, c->run.width, sample);
	pattern_fill(&c->pattern, buf, frames * c->run.channels);
}

const char *r1_state_name(unsigned int state)
{
	static const char *const names[] = {
		"idle", "armed", "running", "draining", "done", "error",
	};

	return names[state];
}

/* What STATE says; of a reset that waits for its DMA, not yet IDLE. */
uint32_t r1_state_word(const struct r1 *c)
{
	uint32_t word = c->settling ? ACQ_R1_DRAINING : c->state;

	if (c->losing)
		word |= ACQ_R1_STATE_LOSING;
	if (c->held)
		word |= ACQ_R1_STATE_HELD;
	if (c->triggered)
		word |= ACQ_R1_STATE_TRIGGERED;
	if (c->state == ACQ_R1_ERROR)
		word |= c->code << 16;
	return word;
}

/* With DMA the page says that the run is over before a register does. */
uint32_t r1_state_told(const struct r1 *c)
{
	uint32_t word = r1_state_word(c);

	if (c->run.dma && c->state == ACQ_R1_DONE &&
	    (c->events | c->announced) & ACQ_R1_IRQ_FINISHED)
		word = (word & ~ACQ_R1_STATE_MASK) | ACQ_R1_DRAINING;
	return word;
}

void r1_state_fail(struct r1 *c, unsigned int code)
{
	if (c->state == ACQ_R1_ERROR)
		return;
	c->epoch++;
	c->state = ACQ_R1_ERROR;
	c->code = code;
	c->held = false;
	c->follows = false;
	c->losing = false;
	c->events |= ACQ_R1_IRQ_ERROR;
}
