// SPDX-License-Identifier: GPL-2.0-only
/* What the control socket can ask of the ACQ-R1 model. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "option.h"
#include "r1_output.h"

void r1_command_stats(void *model, FILE *out)
{
	struct r1 *c = model;
	struct r1_totals t = c->totals;

	if (c->had_run)
		r1_run_totals(c, &t);
	/* the state is that of now, the numbers are those of the last run */
	fprintf(out, " state=%s losing=%d runs=%" PRIu64 " frames=%" PRIu64 " dropped=%" PRIu64
		" delivered=%" PRIu64 " gaps=%zu blocks=%" PRIu64 " given=%u updates=%" PRIu64
		" fifo_bytes=%" PRIu64 " reg_reads=%" PRIu64 " reg_writes=%" PRIu64
		" dma_bytes=%" PRIu64 " undefined=%" PRIu64 " stalled=%d",
		r1_state_name(c->state), t.losing, c->runs, t.frames, t.dropped, t.delivered,
		c->gaps.count, t.blocks, t.given, t.updates, t.fifo_bytes, c->reads, c->writes,
		c->dma_bytes, c->undefined, c->stalled);
	pace_print(c->config.speed, c->config.free, out);
	fprintf(out, " race=%g", (double)c->race / (double)PACE_REAL);
}

/* How fast it really is: as fast as configured, times what it races. */
static void r1_command_pace(struct r1 *c)
{
	c->pace.speed = (uint64_t)((unsigned __int128)c->config.speed * c->race / PACE_REAL);
	if (c->pace.speed > PACE_FASTEST)
		c->pace.speed = PACE_FASTEST;
	if (!c->pace.speed)
		c->pace.speed = 1;
	pace_base(&c->pace, c->host->now(c->host->machine), c->sampled);
	if (c->output)
		r1_output_set_pace(c->output, c->config.speed, c->config.free);
}

static int r1_command_speed(struct r1 *c, const char *text, FILE *out)
{
	if (!pace_command(text, &c->config.speed, &c->config.free, out))
		return -EINVAL;
	r1_command_pace(c);
	return 0;
}

static int r1_command_race(struct r1 *c, const char *text, FILE *out)
{
	uint64_t factor = strcmp(text, "off") ? pace_parse(text) : PACE_REAL;

	if (!factor) {
		fputs("race is a factor, or off", out);
		return -EINVAL;
	}
	c->race = factor;
	r1_command_pace(c);
	return 0;
}

static int r1_command_overflow(struct r1 *c, const char *text, FILE *out)
{
	uint64_t frames;

	if (!option_frames("overflow", text, &frames, out))
		return -EINVAL;
	if (c->state != ACQ_R1_RUNNING) {
		fputs("the card is not running", out);
		return -EINVAL;
	}
	c->drop_order += frames;
	return 0;
}

int r1_command_take(void *model, int argc, char **argv, FILE *out)
{
	struct r1 *c = model;

	if (!strcmp(argv[0], "gaps") && argc == 1) {
		losses_print(&c->gaps, out);
		return 0;
	}
	if (!strcmp(argv[0], "speed") && argc == 2)
		return r1_command_speed(c, argv[1], out);
	if (!strcmp(argv[0], "race") && argc == 2)
		return r1_command_race(c, argv[1], out);
	if (!strcmp(argv[0], "regs") && (argc == 1 || (argc == 2 && !strcmp(argv[1], "written"))))
		return r1_regs_print(c, argc == 2, out);
	if (!strcmp(argv[0], "stall") && argc == 2 && option_switch(argv[1], &c->stalled)) {
		r1_irq_refresh(c);
		return 0;
	}
	if (!strcmp(argv[0], "wait") && argc == 2 && option_switch(argv[1], &c->patient)) {
		if (c->frozen) {
			c->frozen = false;
			pace_base(&c->pace, c->host->now(c->host->machine), c->sampled);
		}
		return 0;
	}
	if (!strcmp(argv[0], "external") && argc == 1) {
		if (c->state != ACQ_R1_ARMED || c->run.trigger != ACQ_R1_TRIG_EXTERNAL) {
			fputs("the card does not wait for an external trigger", out);
			return -EINVAL;
		}
		r1_run_trigger(c, c->sampled);
		return 0;
	}
	if (!strcmp(argv[0], "refuse") && argc == 2 && option_switch(argv[1], &c->refuses))
		return 0;
	if (!strcmp(argv[0], "reset") && argc == 1) {
		r1_regs_reset(c);
		return 0;
	}
	if (!strcmp(argv[0], "out") && c->output)
		return r1_output_command(c->output, argc, argv, out);
	if (!strcmp(argv[0], "overflow") && argc == 2)
		return r1_command_overflow(c, argv[1], out);
	return -ENOENT;
}
