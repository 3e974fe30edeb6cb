// SPDX-License-Identifier: GPL-2.0-only
/* What the control socket can ask of the XDMA model. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "acq_user.h"
#include "option.h"
#include "xdma_model.h"

static const char *const directions[] = { "h2c", "c2h" };

static void xdma_command_engine(struct xdma *x, struct xdma_engine *e, FILE *out)
{
	const char *d = directions[!e->h2c];
	unsigned int n = e->number;

	fprintf(out, " %s%u_busy=%d %s%u_runs=%" PRIu64 " %s%u_descriptors=%" PRIu64
		" %s%u_completed=%" PRIu64 " %s%u_fetches=%" PRIu64 " %s%u_bytes=%" PRIu64
		" %s%u_credits=%u %s%u_credits_given=%" PRIu64 " %s%u_lost_writes=%" PRIu64
		" %s%u_broken_rules=%" PRIu64, d, n, xdma_engine_is_busy(e), d, n, e->runs,
		d, n, e->descriptors, d, n, e->completed, d, n, e->fetches, d, n, e->bytes,
		d, n, e->credits, d, n, e->credits_given, d, n, e->lost_writes,
		d, n, e->broken_rules);
	if (x->config.memory)
		return;
	if (e->h2c) {
		const struct xdma_sink *s = &x->sinks[n];

		fprintf(out, " h2c%u_packets=%" PRIu64 " h2c%u_hash=%016" PRIx64, n, s->packets,
			n, s->hash);
		return;
	}
	fprintf(out, " c2h%u_held=%" PRIu64 " c2h%u_held_us=%" PRIu64 " c2h%u_fifo=%" PRIu64, n,
		x->streams[n].held_times, n, xdma_stream_held(&x->streams[n]) / 1000, n,
		xdma_stream_level(&x->streams[n]));
	if (!x->config.loop)
		fprintf(out, " c2h%u_frames=%" PRIu64 " c2h%u_taken=%" PRIu64 " c2h%u_lost=%" PRIu64
			" c2h%u_gaps=%zu", n, x->streams[n].sampled, n, x->streams[n].taken,
			n, x->streams[n].lost, n, x->streams[n].losses.count);
}

void xdma_command_stats(void *model, FILE *out)
{
	struct xdma *x = model;
	const struct xdma_stream *s = &x->streams[0];
	bool busy = false;

	for (unsigned int i = 0; i < XDMA_CHANNELS; i++)
		busy = busy || xdma_engine_is_busy(&x->engines[XDMA_H2C][i]) ||
		       xdma_engine_is_busy(&x->engines[XDMA_C2H][i]);
	/* those of the first stream have the names that they have with an ACQ-R1, too */
	fprintf(out, " state=%s frames=%" PRIu64 " dropped=%" PRIu64 " delivered=%" PRIu64
		" index=%" PRIu64 " gaps=%zu losing=%d waits=%d fifo_bytes=%" PRIu64
		" stalled=%d reg_reads=%" PRIu64 " reg_writes=%" PRIu64 " user_reads=%" PRIu64
		" user_writes=%" PRIu64 " dma_bytes=%" PRIu64,
		busy ? "running" : "idle", s->sampled, s->lost, s->taken,
		s->behind, s->losses.count, s->losing, x->config.waits || x->config.free,
		s->frame ? xdma_stream_level(s) : 0, s->stalled,
		x->reads, x->writes, x->user_reads, x->user_writes, x->dma_bytes);
	fprintf(out, " drops=%d", x->config.drops);
	pace_print(x->config.speed, x->config.free, out);
	for (unsigned int i = 0; i < x->config.h2c; i++)
		xdma_command_engine(x, &x->engines[XDMA_H2C][i], out);
	for (unsigned int i = 0; i < x->config.c2h; i++)
		xdma_command_engine(x, &x->engines[XDMA_C2H][i], out);
}

static bool xdma_command_number(const char *text, uint64_t most, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	return !errno && *text >= '0' && *text <= '9' && !*end && *value <= most;
}

static int xdma_command_speed(struct xdma *x, const char *text, FILE *out)
{
	if (!pace_command(text, &x->config.speed, &x->config.free, out))
		return -EINVAL;
	for (unsigned int i = 0; i < x->config.c2h && !x->config.memory; i++)
		xdma_stream_speed(&x->streams[i]);
	for (unsigned int i = 0; i < x->config.h2c && !x->config.memory; i++)
		xdma_sink_speed(&x->sinks[i]);
	return 0;
}

/* Of all streams, and also behind a reset */
static int xdma_command_rate(struct xdma *x, const char *text, FILE *out)
{
	uint64_t hz, divider = 0;

	if (xdma_command_number(text, UINT32_MAX, &hz) && hz)
		divider = (x->config.clock + hz / 2) / hz;
	if (!divider || divider > ACQ_USER_DIVIDER_MAX) {
		fprintf(out, "rate is a number from %u to %u",
			x->config.clock / ACQ_USER_DIVIDER_MAX + 1, x->config.clock);
		return -EINVAL;
	}
	x->config.divider = (uint32_t)divider;
	for (unsigned int i = 0; i < x->config.c2h && !x->config.memory; i++) {
		x->streams[i].pace.divider = x->config.divider;
		xdma_stream_speed(&x->streams[i]);
	}
	return 0;
}

/* As if all sources were files of that length, from now on */
static int xdma_command_frames(struct xdma *x, const char *text, FILE *out)
{
	uint64_t frames = 0;

	if (strcmp(text, "endless") &&
	    (!xdma_command_number(text, INT64_MAX, &frames) || !frames)) {
		fputs("frames is a number, or endless", out);
		return -EINVAL;
	}
	x->config.frames = frames;
	/* the time of one that had ended has not gone on */
	for (unsigned int i = 0; i < x->config.c2h && !x->config.memory; i++)
		xdma_stream_speed(&x->streams[i]);
	return 0;
}

static int xdma_command_packets(struct xdma *x, const char *text, FILE *out)
{
	if (!xdma_packet_parse(text, &x->config.packets)) {
		fputs("packets is " XDMA_PACKETS_HELP, out);
		return -EINVAL;
	}
	/* the one that has begun ends where it was to */
	for (unsigned int i = 0; i < x->config.c2h; i++)
		x->streams[i].packet_next = 0;
	return 0;
}

static int xdma_command_pause(struct xdma_stream *s, const char *text, FILE *out)
{
	uint64_t frames;

	s->pause_at = XDMA_ENDLESS;
	if (!strcmp(text, "on")) {
		s->paused = true;
		return 0;
	}
	if (strcmp(text, "off")) {
		if (!xdma_command_number(text, UINT64_MAX - s->sampled, &frames) || !frames) {
			fputs("pause is on, off or a number of frames until then", out);
			return -EINVAL;
		}
		s->pause_at = s->sampled + frames;
	}
	s->paused = false;
	/* time has not gone on meanwhile */
	xdma_stream_speed(s);
	return 0;
}

static int xdma_command_count(struct xdma *x, const char *name, const char *text, FILE *out)
{
	uint64_t value;

	for (unsigned int c2h = 0; c2h < 2; c2h++) {
		for (unsigned int i = 0; i < (c2h ? x->config.c2h : x->config.h2c); i++) {
			struct xdma_engine *e = &x->engines[c2h][i];

			if (strncmp(name, directions[c2h], 3) || name[3] != (char)('0' + i) ||
			    name[4] || !xdma_command_number(text, UINT32_MAX, &value))
				continue;
			e->preset = true;
			e->preset_count = (uint32_t)value;
			return 0;
		}
	}
	fputs("count needs a channel such as c2h0, and a number", out);
	return -EINVAL;
}

static int xdma_command_stream(struct xdma_stream *s, int argc, char **argv, FILE *out)
{
	uint64_t frames;

	if (!strcmp(argv[0], "gaps") && argc == 1) {
		losses_print(&s->losses, out);
		return 0;
	}
	if (argc != 2)
		return -ENOENT;
	if (!strcmp(argv[0], "pause"))
		return xdma_command_pause(s, argv[1], out);
	if (!strcmp(argv[0], "stall") && option_switch(argv[1], &s->stalled))
		return 0;
	if (!strcmp(argv[0], "overflow")) {
		if (!xdma_command_number(argv[1], INT64_MAX, &frames) || !frames || !s->begun) {
			fputs("overflow needs a number of frames, and a source that has begun",
			      out);
			return -EINVAL;
		}
		s->drop_order += frames;
		return 0;
	}
	return -ENOENT;
}

/* A stream's number is the last word, if it is there. */
static int xdma_command_out(struct xdma *x, int argc, char **argv, FILE *out)
{
	uint64_t number = 0;
	bool short_one = argc > 1 && (!strcmp(argv[1], "stats") || !strcmp(argv[1], "gaps"));

	if (argc == (short_one ? 3 : 4)) {
		argc--;
		if (!x->config.h2c ||
		    !xdma_command_number(argv[argc], x->config.h2c - 1, &number))
			return -ENOENT;
	}
	if (!x->sinks[number].converter) {
		fputs("without --h2c-rate there is no converter", out);
		return -EINVAL;
	}
	return converter_command(x->sinks[number].converter, argc, argv, xdma_now(x), out);
}

int xdma_command_take(void *model, int argc, char **argv, FILE *out)
{
	struct xdma *x = model;
	uint64_t number = 0;
	unsigned int i;
	int words = argc;
	bool on;

	if (!strcmp(argv[0], "speed") && argc == 2)
		return xdma_command_speed(x, argv[1], out);
	if (!strcmp(argv[0], "rate") && argc == 2)
		return xdma_command_rate(x, argv[1], out);
	if (!strcmp(argv[0], "frames") && argc == 2)
		return xdma_command_frames(x, argv[1], out);
	if (!strcmp(argv[0], "packets") && argc == 2)
		return xdma_command_packets(x, argv[1], out);
	if (!strcmp(argv[0], "regs") && (argc == 1 || (argc == 2 && !strcmp(argv[1], "written")))) {
		xdma_regs_print(x, argc == 2, out);
		if (x->config.user_bar)
			xdma_user_print(x, argc == 2, out);
		return 0;
	}
	if (!strcmp(argv[0], "reset") && argc == 1) {
		xdma_reset_card(x);
		return 0;
	}
	if (!strcmp(argv[0], "wait") && argc == 2 && option_switch(argv[1], &x->patient)) {
		for (i = 0; i < XDMA_CHANNELS; i++) {
			if (x->streams[i].frozen) {
				x->streams[i].frozen = false;
				xdma_stream_speed(&x->streams[i]);
			}
		}
		return 0;
	}
	if (!strcmp(argv[0], "count") && argc == 3)
		return xdma_command_count(x, argv[1], argv[2], out);
	if (!strcmp(argv[0], "user-irq") && argc == 3 && x->config.user_irqs &&
	    xdma_command_number(argv[1], x->config.user_irqs - 1, &number) &&
	    option_switch(argv[2], &on)) {
		x->user_irq &= ~(1u << number);
		if (on)
			x->user_irq |= 1u << number;
		xdma_irq_refresh(x);
		return 0;
	}
	if (!strcmp(argv[0], "ahead") && argc == 2 && x->config.c2h &&
	    xdma_command_number(argv[1], 4000, &number)) {
		x->engines[XDMA_C2H][0].ahead_until = xdma_now(x) + number * UINT64_C(1000000);
		return 0;
	}
	if (!strcmp(argv[0], "out"))
		return xdma_command_out(x, argc, argv, out);
	if (x->config.memory || x->config.loop)
		return -ENOENT;
	/* a stream's number is the last word, if it is there */
	if (words == (strcmp(argv[0], "gaps") ? 3 : 2)) {
		words--;
		if (!xdma_command_number(argv[words], x->config.c2h - 1, &number))
			return -ENOENT;
	}
	return xdma_command_stream(&x->streams[number], words, argv, out);
}
