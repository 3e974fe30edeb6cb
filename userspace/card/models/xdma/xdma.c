// SPDX-License-Identifier: GPL-2.0-only
/* The model of a card with XDMA as a whole, and what the control socket can ask of it. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "acq_user.h"
#include "xdma_model.h"

static const char *const directions[] = { "h2c", "c2h" };

/* Accesses of the host */

static bool is_user_bar(const struct xdma *x, unsigned int bar)
{
	return x->config.user_bar && !bar;
}

static int check_access(const struct xdma *x, unsigned int bar, uint64_t offset, size_t count)
{
	if ((!is_user_bar(x, bar) && bar != x->config.dma_bar) || (count != 4 && count != 8) ||
	    offset % count)
		return -EINVAL;
	return 0;
}

static int xdma_read(void *model, unsigned int bar, uint64_t offset, void *buf, size_t count)
{
	struct xdma *x = model;
	int error = check_access(x, bar, offset, count);

	if (error)
		return error;
	for (size_t i = 0; i < count; i += 4) {
		uint32_t at = (uint32_t)(offset + i), value;

		if (is_user_bar(x, bar)) {
			x->user_reads++;
			value = xdma_read_user(x, at);
		} else {
			x->reads++;
			value = xdma_read_reg(x, at);
		}
		for (unsigned int b = 0; b < 4; b++)
			((uint8_t *)buf)[i + b] = (uint8_t)(value >> (8 * b));
		if (x->config.trace)
			fprintf(stderr, "acq-card: read  %u:%04x %08x\n", bar, at, value);
	}
	return 0;
}

static int xdma_write(void *model, unsigned int bar, uint64_t offset, const void *buf, size_t count)
{
	struct xdma *x = model;
	int error = check_access(x, bar, offset, count);

	if (error)
		return error;
	for (size_t i = 0; i < count; i += 4) {
		uint32_t at = (uint32_t)(offset + i), value = 0;

		for (unsigned int b = 0; b < 4; b++)
			value |= (uint32_t)((const uint8_t *)buf)[i + b] << (8 * b);
		if (x->config.trace)
			fprintf(stderr, "acq-card: write %u:%04x %08x\n", bar, at, value);
		if (is_user_bar(x, bar)) {
			x->user_writes++;
			xdma_write_user(x, at, value);
		} else {
			x->writes++;
			xdma_write_reg(x, at, value);
		}
	}
	return 0;
}

static void xdma_sync(void *model)
{
	xdma_step(model);
}

static uint64_t xdma_tick(void *model)
{
	struct xdma *x = model;

	/* the fault may be over */
	if (x->stuck && !fault_is_on(x->faults, FAULT_MASK_IGNORED)) {
		x->stuck = false;
		xdma_refresh_irqs(x);
	}
	xdma_step(x);
	return xdma_deadline(x);
}

/* The statistics outlive it. */
static void reset_engine(struct xdma *x, bool c2h, unsigned int number)
{
	struct xdma_engine *e = &x->engines[c2h][number];

	memset(e, 0, offsetof(struct xdma_engine, runs));
	e->h2c = !c2h;
	e->number = number;
	e->line = c2h ? x->config.h2c + number : number;
	e->idle = true;
}

static void xdma_reset(void *model)
{
	struct xdma *x = model;

	x->epoch++;
	for (unsigned int i = 0; i < XDMA_CHANNELS; i++) {
		reset_engine(x, false, i);
		reset_engine(x, true, i);
	}
	x->user_irq = 0;
	x->loss_irq = 0;
	x->scratch = 0;
	for (unsigned int i = 0; i < x->config.c2h && !x->config.memory; i++) {
		struct xdma_stream *s = &x->streams[i];

		s->enabled = x->config.begin != XDMA_BEGIN_ENABLE;
		s->pace.divider = x->config.divider;
		xdma_stream_reset(s);
	}
	xdma_reset_regs(x);
}

/* Control */

static void engine_stats(struct xdma *x, struct xdma_engine *e, FILE *out)
{
	const char *d = directions[!e->h2c];
	unsigned int n = e->number;

	fprintf(out, " %s%u_busy=%d %s%u_runs=%" PRIu64 " %s%u_descriptors=%" PRIu64
		" %s%u_completed=%" PRIu64 " %s%u_fetches=%" PRIu64 " %s%u_bytes=%" PRIu64
		" %s%u_credits=%u %s%u_credits_given=%" PRIu64 " %s%u_lost_writes=%" PRIu64
		" %s%u_broken_rules=%" PRIu64, d, n, xdma_is_busy(x, e), d, n, e->runs,
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
			n, x->streams[n].lost, n, x->streams[n].loss_count);
}

static void xdma_stats(void *model, FILE *out)
{
	struct xdma *x = model;
	const struct xdma_stream *s = &x->streams[0];
	bool busy = false;

	for (unsigned int i = 0; i < XDMA_CHANNELS; i++)
		busy = busy || xdma_is_busy(x, &x->engines[XDMA_H2C][i]) ||
		       xdma_is_busy(x, &x->engines[XDMA_C2H][i]);
	/* those of the first stream have the names that they have with an ACQ-R1, too */
	fprintf(out, " state=%s frames=%" PRIu64 " dropped=%" PRIu64 " delivered=%" PRIu64
		" index=%" PRIu64 " gaps=%zu losing=%d waits=%d fifo_bytes=%" PRIu64
		" stalled=%d reg_reads=%" PRIu64 " reg_writes=%" PRIu64 " user_reads=%" PRIu64
		" user_writes=%" PRIu64 " dma_bytes=%" PRIu64,
		busy ? "running" : "idle", s->sampled, s->lost, s->taken,
		s->behind, s->loss_count, s->losing, x->config.waits || x->config.free,
		s->frame ? xdma_stream_level(s) : 0, s->stalled,
		x->reads, x->writes, x->user_reads, x->user_writes, x->dma_bytes);
	if (x->config.free)
		fputs(" speed=free", out);
	else
		fprintf(out, " speed=%g", (double)x->config.speed / (double)PACE_REAL);
	for (unsigned int i = 0; i < x->config.h2c; i++)
		engine_stats(x, &x->engines[XDMA_H2C][i], out);
	for (unsigned int i = 0; i < x->config.c2h; i++)
		engine_stats(x, &x->engines[XDMA_C2H][i], out);
}

static bool parse_number(const char *text, uint64_t most, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	return !errno && *text >= '0' && *text <= '9' && !*end && *value <= most;
}

static int set_speed(struct xdma *x, const char *text, FILE *out)
{
	bool endless = !strcmp(text, "free");
	uint64_t speed = PACE_REAL;

	if (!endless && strcmp(text, "real")) {
		speed = pace_parse(text);
		if (!speed) {
			fputs("speed is a number, free or real", out);
			return -EINVAL;
		}
	}
	x->config.speed = speed;
	x->config.free = endless;
	for (unsigned int i = 0; i < x->config.c2h && !x->config.memory; i++)
		xdma_stream_speed(&x->streams[i]);
	return 0;
}

/* Of all streams, and also behind a reset */
static int set_rate(struct xdma *x, const char *text, FILE *out)
{
	uint64_t hz, divider = 0;

	if (parse_number(text, UINT32_MAX, &hz) && hz)
		divider = (x->config.clock + hz / 2) / hz;
	if (!divider || divider > ACQ_USER_DIVIDER_MAX) {
		fprintf(out, "rate is a number from %u to %u",
			x->config.clock / ACQ_USER_DIVIDER_MAX + 1,
			x->config.clock);
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
static int set_frames(struct xdma *x, const char *text, FILE *out)
{
	uint64_t frames = 0;

	if (strcmp(text, "endless") && (!parse_number(text, INT64_MAX, &frames) || !frames)) {
		fputs("frames is a number, or endless", out);
		return -EINVAL;
	}
	x->config.frames = frames;
	/* the time of one that had ended has not gone on */
	for (unsigned int i = 0; i < x->config.c2h && !x->config.memory; i++)
		xdma_stream_speed(&x->streams[i]);
	return 0;
}

static int set_packets(struct xdma *x, const char *text, FILE *out)
{
	if (!xdma_parse_packets(text, &x->config.packets)) {
		fputs("packets is " XDMA_PACKETS_HELP, out);
		return -EINVAL;
	}
	/* the one that has begun ends where it was to */
	for (unsigned int i = 0; i < x->config.c2h; i++)
		x->streams[i].packet_next = 0;
	return 0;
}

static int set_pause(struct xdma_stream *s, const char *text, FILE *out)
{
	uint64_t frames;

	s->pause_at = XDMA_ENDLESS;
	if (!strcmp(text, "on")) {
		s->paused = true;
		return 0;
	}
	if (strcmp(text, "off")) {
		if (!parse_number(text, UINT64_MAX - s->sampled, &frames) || !frames) {
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

static int preset_count(struct xdma *x, const char *name, const char *text, FILE *out)
{
	uint64_t value;

	for (unsigned int c2h = 0; c2h < 2; c2h++) {
		for (unsigned int i = 0; i < (c2h ? x->config.c2h : x->config.h2c); i++) {
			struct xdma_engine *e = &x->engines[c2h][i];

			if (strncmp(name, directions[c2h], 3) || name[3] != (char)('0' + i) ||
			    name[4] || !parse_number(text, UINT32_MAX, &value))
				continue;
			e->preset = true;
			e->preset_count = (uint32_t)value;
			return 0;
		}
	}
	fputs("count needs a channel such as c2h0, and a number", out);
	return -EINVAL;
}

static int print_gaps(const struct xdma_stream *s, FILE *out)
{
	for (size_t i = 0; i < s->loss_count; i++)
		fprintf(out, "%s%" PRIu64 ":%" PRIu64, i ? "," : "", s->losses[i].index,
			s->losses[i].count);
	return 0;
}

static int command_stream(struct xdma_stream *s, int argc, char **argv, FILE *out)
{
	uint64_t frames;

	if (!strcmp(argv[0], "gaps") && argc == 1)
		return print_gaps(s, out);
	if (argc != 2)
		return -ENOENT;
	if (!strcmp(argv[0], "pause"))
		return set_pause(s, argv[1], out);
	if (!strcmp(argv[0], "stall") && (!strcmp(argv[1], "on") || !strcmp(argv[1], "off"))) {
		s->stalled = argv[1][1] == 'n';
		return 0;
	}
	if (!strcmp(argv[0], "overflow")) {
		if (!parse_number(argv[1], INT64_MAX, &frames) || !frames || !s->begun) {
			fputs("overflow needs a number of frames, and a source that has begun",
			      out);
			return -EINVAL;
		}
		s->drop_order += frames;
		return 0;
	}
	return -ENOENT;
}

static int xdma_command(void *model, int argc, char **argv, FILE *out)
{
	struct xdma *x = model;
	uint64_t number = 0;
	int words = argc;

	if (!strcmp(argv[0], "speed") && argc == 2)
		return set_speed(x, argv[1], out);
	if (!strcmp(argv[0], "rate") && argc == 2)
		return set_rate(x, argv[1], out);
	if (!strcmp(argv[0], "frames") && argc == 2)
		return set_frames(x, argv[1], out);
	if (!strcmp(argv[0], "packets") && argc == 2)
		return set_packets(x, argv[1], out);
	if (!strcmp(argv[0], "regs") && (argc == 1 || (argc == 2 && !strcmp(argv[1], "written")))) {
		xdma_print_regs(x, argc == 2, out);
		if (x->config.user_bar)
			xdma_print_user(x, argc == 2, out);
		return 0;
	}
	if (!strcmp(argv[0], "reset") && argc == 1) {
		xdma_reset(x);
		return 0;
	}
	if (!strcmp(argv[0], "count") && argc == 3)
		return preset_count(x, argv[1], argv[2], out);
	if (!strcmp(argv[0], "user-irq") && argc == 3 && x->config.user_irqs &&
	    parse_number(argv[1], x->config.user_irqs - 1, &number) &&
	    (!strcmp(argv[2], "on") || !strcmp(argv[2], "off"))) {
		x->user_irq &= ~(1u << number);
		if (argv[2][1] == 'n')
			x->user_irq |= 1u << number;
		xdma_refresh_irqs(x);
		return 0;
	}
	if (x->config.memory || x->config.loop)
		return -ENOENT;
	/* a stream's number is the last word, if it is there */
	if (words == (strcmp(argv[0], "gaps") ? 3 : 2)) {
		words--;
		if (!parse_number(argv[words], x->config.c2h - 1, &number))
			return -ENOENT;
	}
	return command_stream(&x->streams[number], words, argv, out);
}

static void xdma_free(void *model)
{
	struct xdma *x = model;

	for (unsigned int i = 0; i < XDMA_CHANNELS; i++)
		xdma_stream_free(&x->streams[i]);
	free(x->memory);
	free(x);
}

static const struct card_model_ops xdma_ops = {
	.name = "xdma",
	.faults = FAULT_OF_XDMA,
	.reset = xdma_reset,
	.read = xdma_read,
	.write = xdma_write,
	.sync = xdma_sync,
	.tick = xdma_tick,
	.stats = xdma_stats,
	.command = xdma_command,
	.help = "regs [written] | speed X|free|real | rate HZ | frames N|endless | packets WHICH | reset | gaps [C] | stall on|off [C] | pause on|off|FRAMES [C] | overflow FRAMES [C] | count c2hN|h2cN VALUE | user-irq N on|off",
	.free = xdma_free,
};

static void identify(struct pci_identity *id, const struct xdma_config *f)
{
	*id = (struct pci_identity){
		.vendor = f->vendor,
		.device = f->device,
		.subsystem_vendor = f->subsystem_vendor,
		.subsystem = f->subsystem,
		.class_code = f->class_code,
		.revision = f->revision,
		.serial = f->serial,
		.narrow_bars = !f->wide_bars,
		.irqs = f->irqs,
		.msi_log2 = 5,
		.msix_vectors = XDMA_VECTORS,
		.msix_bar = f->dma_bar,
		.msix_table = XDMA_MSIX_TABLE,
		.msix_pending = XDMA_MSIX_PENDING,
	};
	if (f->user_bar)
		id->bar_bytes[0] = ACQ_USER_BAR_BYTES;
	id->bar_bytes[f->dma_bar] = XDMA_BAR_BYTES;
}

bool xdma_new(struct card_model *model, const struct xdma_config *config, struct source **sources,
	      struct faults *faults, const struct card_host *host)
{
	struct xdma *x = calloc(1, sizeof(*x));

	if (!x)
		return false;
	x->config = *config;
	x->faults = faults;
	x->host = host;
	model->ops = &xdma_ops;
	model->model = x;
	identify(&model->id, config);
	if (config->memory) {
		x->memory = calloc(1, config->memory);
		if (!x->memory)
			return false;
	}
	for (unsigned int i = 0; i < config->c2h && !config->memory; i++) {
		if (!xdma_stream_init(&x->streams[i], x, i, config->loop ? NULL : sources[i]))
			return false;
	}
	xdma_reset(x);
	return true;
}
