// SPDX-License-Identifier: GPL-2.0-only
/* The output side of the ACQ-R1 model as a whole, and what the control socket can ask of it. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "option.h"
#include "r1_output.h"

#define LOOP_BYTES	(8u << 20)	/* on the wire to the inputs */

struct r1_output *r1_output_new(struct r1 *card, const struct r1_config *config)
{
	struct r1_output *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->card = card;
	o->config = *config;
	o->pace.speed = config->speed;
	o->pace.clock = config->clock;
	o->pace.divider = config->divider;
	o->fifo = malloc(config->fifo_bytes);
	if (config->loopback) {
		o->loop.bytes = LOOP_BYTES;
		o->loop.memory = malloc(LOOP_BYTES);
	}
	o->packets = calloc(((size_t)1 << config->table_log2) + ACQ_R1_BLOCKS_UNSEEN,
			    sizeof(*o->packets));
	if (!o->fifo || !o->packets || (config->loopback && !o->loop.memory) ||
	    record_to(&o->record, config->record)) {
		r1_output_free(o);
		return NULL;
	}
	r1_regs_defaults(o->regs, config);
	return o;
}

void r1_output_free(struct r1_output *o)
{
	if (!o)
		return;
	record_to(&o->record, NULL);
	losses_free(&o->gaps);
	free(o->loop.memory);
	free(o->packets);
	free(o->fifo);
	free(o);
}

void r1_output_sync(struct r1_output *o)
{
	/* one without a time axis has none to bring up to date, but causes to tell */
	if (o->config.free && o->state == ACQ_R1_RUNNING && !o->halting)
		r1_output_page_report(o);
	else
		r1_output_run_step(o);
}

uint64_t r1_output_tick(struct r1_output *o)
{
	r1_output_run_step(o);
	return r1_output_run_deadline(o);
}

void r1_output_set_pace(struct r1_output *o, uint64_t speed, bool is_free)
{
	o->config.speed = speed;
	o->config.free = is_free;
	o->pace.speed = speed;
	pace_base(&o->pace, r1_now(o->card), o->n.frames);
	r1_output_loop_part(o);
}

/* Of a run that is over as of one that is not */
static int r1_output_stats(struct r1_output *o, FILE *out)
{
	const struct r1_output_counts *n = o->had_run ? &o->n : &o->last;

	fprintf(out, "state=%s losing=%d runs=%" PRIu64 " frames=%" PRIu64 " filler=%" PRIu64
		" played=%" PRIu64 " blocks=%u underruns=%" PRIu64 " given=%u fetched=%u"
		" updates=%" PRIu64 " interrupts=%" PRIu64 " fifo_bytes=%" PRIu64
		" stalled=%d dry=%" PRIu64 " recording=%d digest=%" PRIu64,
		r1_state_name(o->state), o->filling, o->runs, n->frames, n->filler, n->played,
		n->complete, n->underruns, n->given, n->fetched, n->updates, o->interrupts,
		o->in - o->out, o->stalled, o->dry, !!o->record.file, n->digest);
	pace_print(o->config.speed, o->config.free, out);
	return 0;
}

static int r1_output_speed(struct r1_output *o, const char *text, FILE *out)
{
	uint64_t speed;
	bool is_free;

	if (!pace_command(text, &speed, &is_free, out))
		return -EINVAL;
	r1_output_set_pace(o, speed, is_free);
	return 0;
}

static int r1_output_dry(struct r1_output *o, const char *text, FILE *out)
{
	uint64_t frames;

	if (!option_frames("dry", text, &frames, out))
		return -EINVAL;
	if (!r1_output_state_is_on(o) || o->stopping) {
		fputs("the output is not running", out);
		return -EINVAL;
	}
	o->dry += frames;
	return 0;
}

static int r1_output_fail(struct r1_output *o, const char *what, FILE *out)
{
	if (!strcmp(what, "dma")) {
		o->fail = true;
		return 0;
	}
	if (!r1_output_state_is_on(o)) {
		fputs("the output is not running", out);
		return -EINVAL;
	}
	if (!strcmp(what, "table")) {
		r1_output_state_fail(o, ACQ_R1_ERR_TABLE);
		return 0;
	}
	fputs("what fails is dma or table", out);
	return -EINVAL;
}

int r1_output_command(struct r1_output *o, int argc, char **argv, FILE *out)
{
	const char *what = argc > 1 ? argv[1] : "", *how = argc > 2 ? argv[2] : "";

	if (argc == 2 && !strcmp(what, "stats"))
		return r1_output_stats(o, out);
	if (argc == 2 && !strcmp(what, "gaps")) {
		losses_print(&o->gaps, out);
		return 0;
	}
	if (argc == 2 && !strcmp(what, "reset")) {
		r1_output_regs_reset(o);
		return 0;
	}
	if (argc != 3)
		return -ENOENT;
	if (!strcmp(what, "speed"))
		return r1_output_speed(o, how, out);
	if (!strcmp(what, "record"))
		return record_command(&o->record, how, out);
	if (!strcmp(what, "dry"))
		return r1_output_dry(o, how, out);
	if (!strcmp(what, "fail"))
		return r1_output_fail(o, how, out);
	if (!strcmp(what, "stall") && option_switch(how, &o->stalled))
		return 0;
	if (!strcmp(what, "refuse") && option_switch(how, &o->refuses))
		return 0;
	if (!strcmp(what, "wait") && option_switch(how, &o->patient)) {
		if (o->frozen) {
			o->frozen = false;
			pace_base(&o->pace, r1_now(o->card), o->n.frames);
		}
		return 0;
	}
	return -ENOENT;
}
