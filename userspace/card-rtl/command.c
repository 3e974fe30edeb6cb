// SPDX-License-Identifier: GPL-2.0-only
/* What the control socket can ask of the core's card. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "option.h"
#include "rtl.h"

void rtl_command_stats(void *model, FILE *out)
{
	struct rtl *c = model;
	const struct core_pins *p = &c->pins;
	bool idle = p->state == ACQ_R1_IDLE;
	uint64_t frames = idle ? c->last_frames : p->frames;
	uint64_t dropped = idle ? c->last_dropped : p->dropped;

	fprintf(out, " core=%s state=%s losing=%d runs=%" PRIu64 " frames=%" PRIu64
		" dropped=%" PRIu64 " delivered=%" PRIu64 " fed=%" PRIu64
		" gaps=%zu blocks=%u updates=%u fifo_bytes=%u reg_reads=%" PRIu64
		" reg_writes=%" PRIu64 " dma_bytes=%" PRIu64 " undefined=%" PRIu64
		" clocks=%" PRIu64 " stalled=%d",
		c->config.core->name, rtl_state_name(p->resetting, p->state), p->losing, c->runs,
		frames, dropped, frames - dropped - p->level / c->frame_bytes, c->feed.fed,
		c->feed.gaps.count, p->complete, p->update, p->level, c->reg_reads, c->reg_writes,
		c->bus.bytes, c->undefined, c->clocks, c->bus.stalled);
	rtl_order_print(c, out);
	pace_print(c->config.speed, c->config.free, out);
}

static int rtl_command_speed(struct rtl *c, const char *text, FILE *out)
{
	if (!pace_command(text, &c->config.speed, &c->config.free, out))
		return -EINVAL;
	c->feed.pace.speed = c->config.speed;
	rtl_feed_rebase(c);
	/* for both sides */
	return rtl_dac_speed(c, text, out);
}

static int rtl_command_out(struct rtl *c, int argc, char **argv, FILE *out)
{
	int error;

	if (argc == 2 && !strcmp(argv[1], "reset")) {
		c->inside++;
		rtl_regs_write(c, ACQ_R1_OUTPUT + ACQ_R1_COMMAND, ACQ_R1_CMD_RESET);
		c->inside--;
		return 0;
	}
	error = rtl_dac_command(c, argc, argv, out);
	record_flush(&c->dac.record);
	return error;
}

int rtl_command_take(void *model, int argc, char **argv, FILE *out)
{
	struct rtl *c = model;
	uint64_t frames;

	if (!strcmp(argv[0], "gaps") && argc == 1) {
		losses_print(&c->feed.gaps, out);
		return 0;
	}
	if (!strcmp(argv[0], "speed") && argc == 2)
		return rtl_command_speed(c, argv[1], out);
	if (!strcmp(argv[0], "pause") && argc == 2 && option_switch(argv[1], &c->feed.paused)) {
		rtl_feed_rebase(c);
		return 0;
	}
	if (!strcmp(argv[0], "stall") && argc == 2 && option_switch(argv[1], &c->bus.stalled))
		return 0;
	if (!strcmp(argv[0], "wait") && argc == 2 && option_switch(argv[1], &c->feed.patient)) {
		if (c->feed.frozen) {
			c->feed.frozen = false;
			rtl_feed_rebase(c);
		}
		return 0;
	}
	if (!strcmp(argv[0], "overflow") && argc == 2)
		return option_frames("overflow", argv[1], &frames, out) ?
		       rtl_order_overflow(c, frames, out) : -EINVAL;
	if (!strcmp(argv[0], "out") && argc > 1 && c->config.core->has_out)
		return rtl_command_out(c, argc, argv, out);
	if (!strcmp(argv[0], "bus") && argc > 1)
		return rtl_order_bus(c, argc, argv, out);
	if (!strcmp(argv[0], "reset") && argc == 1) {
		rtl_step_reset(c);
		return 0;
	}
	return -ENOENT;
}
