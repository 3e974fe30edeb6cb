// SPDX-License-Identifier: GPL-2.0-only
/* What the control socket can ask of the LitePCIe model. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "option.h"
#include "litepcie_model.h"

static void lite_command_side(const struct lite_side *s, unsigned int number, FILE *out)
{
	const char *name = s->reader ? "reader" : "writer";

	if (!s->exists)
		return;
	fprintf(out, " %s%u_enabled=%d %s%u_runs=%" PRIu64 " %s%u_pops=%" PRIu64
		" %s%u_pushes=%" PRIu64 " %s%u_lost_pushes=%" PRIu64, name, number, s->enabled,
		name, number, s->runs, name, number, s->table.pops, name, number, s->table.pushes,
		name, number, s->table.lost_pushes);
	fprintf(out, " %s%u_bytes=%" PRIu64 " %s%u_lost_writes=%" PRIu64 " %s%u_broken_rules=%"
		PRIu64 " %s%u_level=%u", name, number, s->bytes, name, number, s->lost_writes,
		name, number, s->broken_rules, name, number, s->table.level);
}

void lite_command_stats(void *model, FILE *out)
{
	struct lite *x = model;
	const struct lite_feed *f = &x->channel[0].feed;
	uint64_t in_fifo = f->in - f->out;
	bool busy = false;

	for (unsigned int i = 0; i < x->config.channels; i++)
		busy |= x->channel[i].writer.enabled || x->channel[i].reader.enabled;
	fprintf(out, " state=%s frames=%" PRIu64 " dropped=%" PRIu64 " delivered=%" PRIu64
		" index=%" PRIu64 " gaps=%zu losing=%d waits=%d fifo_bytes=%" PRIu64
		" stalled=%d reg_reads=%" PRIu64 " reg_writes=%" PRIu64 " dma_bytes=%" PRIu64
		" headers=%" PRIu64 " time=%" PRIu64 " synced=%d",
		busy ? "running" : "idle", f->sampled, f->lost, f->delivered / f->frame,
		f->sampled - lite_least(f->sampled, in_fifo / f->frame), f->losses.count, f->losing,
		x->config.waits || x->config.free, in_fifo, f->stalled, x->reads, x->writes,
		x->dma_bytes, f->headers, lite_feed_time(x), x->channel[0].synced);
	pace_print(x->config.speed, x->config.free, out);
	for (unsigned int i = 0; i < x->config.channels; i++) {
		lite_command_side(&x->channel[i].writer, i, out);
		lite_command_side(&x->channel[i].reader, i, out);
		if (x->channel[i].reader.exists)
			fprintf(out, " reader%u_hash=%016" PRIx64 " reader%u_out=%" PRIu64, i,
				x->channel[i].sink.hash, i, x->channel[i].sink.bytes);
	}
}

static bool lite_command_number(const char *text, uint64_t most, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	return !errno && *text >= '0' && *text <= '9' && !*end && *value <= most;
}

/* All sources and converters have another time axis from now on. */
static void lite_command_rebase(struct lite *x)
{
	for (unsigned int i = 0; i < x->config.channels; i++) {
		lite_feed_speed(&x->channel[i].feed);
		lite_sink_speed(&x->channel[i].sink);
	}
}

static int lite_command_speed(struct lite *x, const char *text, FILE *out)
{
	lite_sync_time_speed(x);
	if (!pace_command(text, &x->config.speed, &x->config.free, out))
		return -EINVAL;
	lite_command_rebase(x);
	return 0;
}

static int lite_command_rate(struct lite *x, const char *text, FILE *out)
{
	uint64_t hz;

	if (!lite_command_number(text, UINT32_MAX, &hz) || !hz) {
		fputs("rate is a number of Hz", out);
		return -EINVAL;
	}
	/* A radio's clock can be set as well. */
	x->config.divider = pace_divider(&x->config.clock, false, (uint32_t)hz, 1, UINT32_MAX);
	for (unsigned int i = 0; i < x->config.channels; i++) {
		struct lite_feed *f = &x->channel[i].feed;
		uint64_t time = lite_feed_time(x);

		f->pace.clock = x->config.clock;
		f->pace.divider = x->config.divider;
		/* What has been sampled has been. */
		f->begin_ns = time;
		f->begin_index = f->sampled;
		lite_feed_speed(f);
	}
	return 0;
}

static int lite_command_frames(struct lite *x, const char *text, FILE *out)
{
	uint64_t frames = 0;

	if (strcmp(text, "endless") &&
	    (!lite_command_number(text, INT64_MAX, &frames) || !frames)) {
		fputs("frames is a number, or endless", out);
		return -EINVAL;
	}
	x->config.frames = frames;
	lite_command_rebase(x);
	return 0;
}

static int lite_command_pause(struct lite_feed *f, const char *text, FILE *out)
{
	uint64_t frames;

	f->pause_at = LITE_ENDLESS;
	if (!strcmp(text, "on")) {
		f->paused = true;
		return 0;
	}
	if (strcmp(text, "off")) {
		if (!lite_command_number(text, UINT64_MAX - f->sampled, &frames) || !frames) {
			fputs("pause is on, off or a number of frames until then", out);
			return -EINVAL;
		}
		f->pause_at = f->sampled + frames;
	}
	f->paused = false;
	lite_feed_speed(f);
	return 0;
}

/* "writer0 65530": where the next table reset begins to count */
static int lite_command_count(struct lite *x, const char *name, const char *text, FILE *out)
{
	uint64_t value;

	for (unsigned int i = 0; i < x->config.channels; i++) {
		struct lite_side *sides[] = { &x->channel[i].writer, &x->channel[i].reader };

		for (unsigned int n = 0; n < 2; n++) {
			if (!sides[n]->exists || strncmp(name, n ? "reader" : "writer", 6) ||
			    name[6] != (char)('0' + i) || name[7] ||
			    !lite_command_number(text, UINT32_MAX, &value))
				continue;
			sides[n]->table.preset = true;
			sides[n]->table.preset_count = (uint32_t)value;
			return 0;
		}
	}
	fputs("count needs a direction such as writer0, and a number", out);
	return -EINVAL;
}

static int lite_command_feed(struct lite_feed *f, int argc, char **argv, FILE *out)
{
	uint64_t frames;

	if (!strcmp(argv[0], "gaps") && argc == 1) {
		losses_print(&f->losses, out);
		return 0;
	}
	if (argc != 2)
		return -ENOENT;
	if (!strcmp(argv[0], "pause"))
		return lite_command_pause(f, argv[1], out);
	if (!strcmp(argv[0], "stall") && option_switch(argv[1], &f->stalled))
		return 0;
	if (!strcmp(argv[0], "overflow")) {
		if (!lite_command_number(argv[1], INT64_MAX, &frames) || !frames || !f->passing) {
			fputs("overflow needs a number of frames, and a source that runs", out);
			return -EINVAL;
		}
		f->drop_order += frames;
		return 0;
	}
	return -ENOENT;
}

static int lite_command_out(struct lite *x, int argc, char **argv, FILE *out)
{
	if (!x->channel[0].sink.converter) {
		fputs("without --out-rate there is no converter", out);
		return -EINVAL;
	}
	return converter_command(x->channel[0].sink.converter, argc, argv, lite_now(x), out);
}

int lite_command_take(void *model, int argc, char **argv, FILE *out)
{
	struct lite *x = model;
	uint64_t number = 0;
	int words = argc;
	bool on;

	if (!strcmp(argv[0], "speed") && argc == 2)
		return lite_command_speed(x, argv[1], out);
	if (!strcmp(argv[0], "rate") && argc == 2)
		return lite_command_rate(x, argv[1], out);
	if (!strcmp(argv[0], "frames") && argc == 2)
		return lite_command_frames(x, argv[1], out);
	if (!strcmp(argv[0], "regs") && argc == 1) {
		lite_regs_print(x, out);
		return 0;
	}
	if (!strcmp(argv[0], "reset") && argc == 1) {
		lite_step_reset(x);
		return 0;
	}
	if (!strcmp(argv[0], "wait") && argc == 2 && option_switch(argv[1], &x->patient)) {
		for (unsigned int i = 0; i < x->config.channels; i++) {
			if (!x->channel[i].feed.frozen)
				continue;
			x->channel[i].feed.frozen = false;
			lite_feed_speed(&x->channel[i].feed);
		}
		return 0;
	}
	if (!strcmp(argv[0], "early") && argc == 2 && option_switch(argv[1], &x->config.early))
		return 0;
	if (!strcmp(argv[0], "late") && argc == 2 &&
	    lite_command_number(argv[1], 1000000, &number)) {
		x->config.late_us = (uint32_t)number;
		return 0;
	}
	if (!strcmp(argv[0], "jitter") && argc == 2 &&
	    lite_command_number(argv[1], 1000000000, &number)) {
		x->config.jitter_ns = (uint32_t)number;
		return 0;
	}
	if (!strcmp(argv[0], "mask") && argc == 3 && lite_command_number(argv[1], 31, &number) &&
	    option_switch(argv[2], &on)) {
		x->masked &= ~(1u << number);
		if (on)
			x->masked |= 1u << number;
		return 0;
	}
	if (!strcmp(argv[0], "user-irq") && argc == 2 &&
	    lite_command_number(argv[1], 31, &number)) {
		lite_irq_raise(x, (unsigned int)number);
		lite_irq_send(x);
		return 0;
	}
	if (!strcmp(argv[0], "gone-behind") && argc == 2 &&
	    (!strcmp(argv[1], "never") || lite_command_number(argv[1], 1000000, &number))) {
		x->gone_behind = *argv[1] == 'n' ? 0 : number + 1;
		return 0;
	}
	if (!strcmp(argv[0], "count") && argc == 3)
		return lite_command_count(x, argv[1], argv[2], out);
	if (!strcmp(argv[0], "out"))
		return lite_command_out(x, argc, argv, out);
	/* a channel's number is the last word, if it is there */
	if (words == (strcmp(argv[0], "gaps") ? 3 : 2)) {
		words--;
		if (!lite_command_number(argv[words], x->config.channels - 1, &number))
			return -ENOENT;
	}
	return lite_command_feed(&x->channel[number].feed, words, argv, out);
}
