// SPDX-License-Identifier: GPL-2.0-only
/* A converter behind a FIFO. See converter.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "converter.h"
#include "option.h"

#define ALWAYS_PER_S	1000u	/* who hears it gets something so often */

static uint64_t converter_least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Making it */

struct converter *converter_new(const struct converter_config *config)
{
	struct converter *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->config = *config;
	c->size = config->fifo_bytes - config->fifo_bytes % config->frame;
	c->pace.clock = config->clock;
	c->pace.divider = config->divider;
	c->pace.speed = config->speed;
	c->fifo = malloc(c->size);
	if (!c->fifo || record_to(&c->record, config->record)) {
		converter_free(c);
		return NULL;
	}
	converter_start(c);
	return c;
}

void converter_free(struct converter *c)
{
	if (!c)
		return;
	record_to(&c->record, NULL);
	losses_free(&c->gaps);
	free(c->fifo);
	free(c);
}

void converter_start(struct converter *c)
{
	c->n = (struct converter_counts){ .digest = RECORD_DIGEST };
	c->gaps.count = 0;
	c->standing = true;
	c->filling = false;
	c->dry = 0;
	c->in = 0;
	c->out = 0;
	c->end_put = 0;
	c->end_got = 0;
	c->ended = true;
	memset(c->last, 0, sizeof(c->last));
}

/* The FIFO */

size_t converter_room(const struct converter *c)
{
	size_t room = c->size - (c->in - c->out);

	/* Not for a few bytes: it asks for more when a quarter of it is empty. */
	if (c->stalled || c->dry || room < c->size / 4 || c->end_put - c->end_got == CONVERTER_ENDS)
		return 0;
	return room;
}

void converter_put(struct converter *c, const uint8_t *from, size_t bytes, bool end)
{
	while (bytes) {
		size_t at = c->in % c->size, n = converter_least(bytes, c->size - at);

		memcpy(c->fifo + at, from, n);
		from += n;
		c->in += n;
		bytes -= n;
	}
	if (end)
		c->ends[c->end_put++ % CONVERTER_ENDS] = c->in;
}

/* Bytes up to the end of the burst that is put out, or of the FIFO */
static uint64_t converter_burst(const struct converter *c, bool *ends)
{
	uint64_t to = c->in;

	*ends = c->end_got != c->end_put;
	if (*ends)
		to = c->ends[c->end_got % CONVERTER_ENDS];
	return to - c->out;
}

/* Putting out */

/* How many frames whoever hears it takes */
static uint64_t converter_heard(const struct converter *c)
{
	return c->ear.room ? c->ear.room(c->ear.who) / c->config.frame : UINT64_MAX;
}

static void converter_emit(struct converter *c, const uint8_t *frames, size_t bytes, bool end)
{
	record_write(&c->record, frames, bytes);
	if (c->ear.hear)
		c->ear.hear(c->ear.who, frames, bytes, end);
}

static void converter_play(struct converter *c, uint64_t frames, bool end)
{
	const unsigned int frame = c->config.frame;
	uint64_t bytes = frames * frame;

	c->filling = false;
	c->n.frames += frames;
	c->n.played += frames;
	while (bytes) {
		size_t at = c->out % c->size, n = converter_least(bytes, c->size - at);
		const uint8_t *from = c->fifo + at;

		bytes -= n;
		c->out += n;
		c->n.digest = record_digest(c->n.digest, from, n);
		memcpy(c->last, from + n - frame, frame);
		converter_emit(c, from, n, end && !bytes);
	}
}

static void converter_fill(struct converter *c, uint64_t frames)
{
	const unsigned int frame = c->config.frame;
	uint64_t most = converter_least(sizeof(c->piece) / frame, frames), n;
	struct loss *newest;

	if (!c->filling) {
		c->filling = true;
		c->n.underruns++;
		/* One that is not listed is part of the one before it. */
		losses_begin(&c->gaps, c->n.frames);
	}
	newest = losses_newest(&c->gaps);
	if (newest)
		newest->frames += frames;
	c->n.frames += frames;
	c->n.filler += frames;
	c->dry -= converter_least(frames, c->dry);
	if (!c->record.file && !c->ear.hear)
		return;
	for (uint64_t i = 0; i < most; i++)
		memcpy(c->piece + i * frame, c->last, frame);
	for (; frames; frames -= n) {
		n = converter_least(most, frames);
		converter_emit(c, c->piece, n * frame, false);
	}
}

/* The burst has ended with what was put out last: a part of a frame is of no use. */
static void converter_end(struct converter *c)
{
	c->out = c->ends[c->end_got++ % CONVERTER_ENDS];
	c->n.ends++;
	c->ended = true;
}

/* Without a frame. How much filler is due? */
static uint64_t converter_due(const struct converter *c, uint64_t frames)
{
	if (c->dry)
		return converter_least(frames, c->dry);
	return c->ended || c->config.waits || c->config.free ? 0 : frames;
}

/* Up to frame @target. True if it got there, false if it stands. */
static bool converter_run(struct converter *c, uint64_t target)
{
	uint64_t frames, left;
	bool end;

	while (c->n.frames < target) {
		left = converter_burst(c, &end) / c->config.frame;
		if (!left && end) {
			converter_end(c);
			continue;
		}
		frames = converter_least(target - c->n.frames, converter_heard(c));
		if (left) {
			frames = converter_least(frames, left);
			c->ended = false;
		} else {
			frames = converter_due(c, frames);
		}
		if (!frames)
			return false;
		if (!left)
			converter_fill(c, frames);
		else
			converter_play(c, frames, end && frames == left);
		if (left && end && frames == left)
			converter_end(c);
	}
	return true;
}

bool converter_step(struct converter *c, uint64_t now)
{
	uint64_t played = c->n.played, target;

	/* Time has not gone on while it stood. */
	if (c->standing)
		pace_base(&c->pace, now, c->n.frames);
	target = c->config.free ? c->n.frames + c->size : pace_count(&c->pace, now);
	/* its first frame, as soon as there is one */
	if (c->standing && target == c->n.frames && c->in != c->out)
		target++;
	c->standing = !converter_run(c, target);
	record_flush(&c->record);
	return c->n.played != played;
}

uint64_t converter_when(const struct converter *c)
{
	uint64_t left = (c->in - c->out) / c->config.frame, per_ms;

	if (c->standing && !c->dry && (!left || !converter_heard(c)))
		return UINT64_MAX;
	if (c->config.free)
		return left ? 0 : UINT64_MAX;
	/* filler that nobody hears is counted when somebody looks */
	if (!left)
		left = c->dry ? c->dry : UINT64_MAX;
	else
		left = converter_least(left, c->size / c->config.frame / 4 + 1);
	per_ms = c->config.clock / c->config.divider / ALWAYS_PER_S + 1;
	if (c->ear.hear)
		left = converter_least(left, per_ms);
	if (left == UINT64_MAX)
		return left;
	return pace_when(&c->pace, c->n.frames + left);
}

void converter_speed(struct converter *c, uint64_t now)
{
	c->pace.speed = c->config.speed;
	pace_base(&c->pace, now, c->n.frames);
}

/* What the control socket can ask of it */

static int converter_stats(const struct converter *c, FILE *out)
{
	const struct converter_counts *n = &c->n;

	fprintf(out, "frames=%" PRIu64 " filler=%" PRIu64 " played=%" PRIu64
		" underruns=%" PRIu64 " ends=%" PRIu64 " losing=%d standing=%d fifo_bytes=%" PRIu64
		" stalled=%d dry=%" PRIu64 " recording=%d digest=%" PRIu64,
		n->frames, n->filler, n->played, n->underruns, n->ends, c->filling,
		c->standing, c->in - c->out, c->stalled, c->dry, !!c->record.file, n->digest);
	pace_print(c->config.speed, c->config.free, out);
	return 0;
}

static int converter_dry(struct converter *c, const char *text, FILE *out)
{
	uint64_t frames;

	if (!option_frames("dry", text, &frames, out))
		return -EINVAL;
	c->dry += frames;
	return 0;
}

int converter_command(struct converter *c, int argc, char **argv, uint64_t now, FILE *out)
{
	const char *what = argc > 1 ? argv[1] : "", *how = argc > 2 ? argv[2] : "";

	if (argc == 2 && !strcmp(what, "stats"))
		return converter_stats(c, out);
	if (argc == 2 && !strcmp(what, "gaps")) {
		losses_print(&c->gaps, out);
		return 0;
	}
	if (argc != 3)
		return -ENOENT;
	if (!strcmp(what, "speed")) {
		if (!pace_command(how, &c->config.speed, &c->config.free, out))
			return -EINVAL;
		converter_speed(c, now);
		return 0;
	}
	if (!strcmp(what, "record"))
		return record_command(&c->record, how, out);
	if (!strcmp(what, "dry"))
		return converter_dry(c, how, out);
	if (!strcmp(what, "stall") && option_switch(how, &c->stalled))
		return 0;
	return -ENOENT;
}
