// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <acq.h>

#include "exit.h"
#include "names.h"
#include "nodes.h"
#include "prometheus.h"
#include "replace.h"
#include "report.h"
#include "totals.h"

struct prometheus_stream {
	const char *node;
	char family[32], direction[8], state[32];
	char labels[512];	/* of every sample; all values escaped */
	struct totals totals;
	bool asked;		/* status is valid */
	struct acq_status status;
};

/* A metric with one sample for each stream; value() returns false where there is none. */
struct prometheus_metric {
	const char *name, *type, *help;
	bool (*value)(const struct prometheus_stream *s, char *text, size_t size);
};

/* A label's value: backslash, quote and line feed are escaped, and it must be UTF-8. */
static void prometheus_escape(const char *value, char *text, size_t size)
{
	size_t len = 0;

	for (; *value && len + 3 < size; value++) {
		if (strchr("\\\"\n", *value))
			text[len++] = '\\';
		text[len++] = *value == '\n' ? 'n' : *value & 0x80 ? '?' : *value;
	}
	text[len] = '\0';
}

static void prometheus_attribute(const char *node, const char *name, char *text, size_t size)
{
	char value[128];

	prometheus_escape(nodes_attribute(node, name, value, sizeof(value)), text, size);
}

static void prometheus_read(struct prometheus_stream *s, const char *node)
{
	char card[128], serial[128], path[64], caps[32];
	struct acq *acq;

	memset(s, 0, sizeof(*s));
	s->node = node;
	prometheus_attribute(node, "family", s->family, sizeof(s->family));
	prometheus_attribute(node, "state", s->state, sizeof(s->state));
	prometheus_attribute(node, "card", card, sizeof(card));
	prometheus_attribute(node, "serial", serial, sizeof(serial));
	nodes_attribute(node, "capabilities", caps, sizeof(caps));
	strcpy(s->direction, strtoull(caps, NULL, 0) & ACQ_CAP_OUTPUT ? "out" : "in");
	snprintf(s->labels, sizeof(s->labels), "device=\"%s\",card=\"%s\",serial=\"%s\"", node,
		 card, serial);
	totals_read(&s->totals, node);
	snprintf(path, sizeof(path), "/dev/%s", node);
	if (acq_open(&acq, path, O_RDONLY))
		return;
	s->asked = !acq_get_status(acq, &s->status);
	acq_close(acq);
}

static bool prometheus_total(const struct prometheus_stream *s, uint64_t value, char *text,
			     size_t size)
{
	snprintf(text, size, "%" PRIu64, value);
	return s->totals.known;
}

#define PROMETHEUS_TOTAL(what)								\
	static bool prometheus_##what(const struct prometheus_stream *s, char *text,	\
				      size_t size)					\
	{										\
		return prometheus_total(s, s->totals.what, text, size);			\
	}
PROMETHEUS_TOTAL(runs)
PROMETHEUS_TOTAL(frames)
PROMETHEUS_TOTAL(lost)
PROMETHEUS_TOTAL(resets)
PROMETHEUS_TOTAL(failures)

/* An attribute whose text is a number already */
static bool prometheus_number(const struct prometheus_stream *s, const char *name, char *text,
			      size_t size)
{
	char *end;

	nodes_attribute(s->node, name, text, size);
	strtod(text, &end);
	return *text && !*end;
}

#define PROMETHEUS_NUMBER(what, attribute)						\
	static bool prometheus_##what(const struct prometheus_stream *s, char *text,	\
				      size_t size)					\
	{										\
		return prometheus_number(s, attribute, text, size);			\
	}
PROMETHEUS_NUMBER(interrupts, "counters/interrupts")
PROMETHEUS_NUMBER(wakeups, "counters/wakeups")
PROMETHEUS_NUMBER(readers, "counters/readers")
PROMETHEUS_NUMBER(ring, "config/ring_bytes")
PROMETHEUS_NUMBER(rate, "config/rate")

static bool prometheus_kept(const struct prometheus_stream *s, char *text, size_t size)
{
	snprintf(text, size, "%llu", (unsigned long long)(s->status.head - s->status.oldest));
	return s->asked && !strcmp(s->direction, "in");
}

static const struct prometheus_metric prometheus_metrics[] = {
	{ "acqdev_runs_total", "counter", "Runs started since the driver took the card.",
	  prometheus_runs },
	{ "acqdev_frames_total", "counter",
	  "Frames that the card has produced or put out, lost ones and filler included.",
	  prometheus_frames },
	{ "acqdev_lost_frames_total", "counter",
	  "Frames of these that were lost; of an output: frames of filler.", prometheus_lost },
	{ "acqdev_resets_total", "counter",
	  "How many times the card was started again in the midst of a run.", prometheus_resets },
	{ "acqdev_failures_total", "counter", "Runs that failed.", prometheus_failures },
	{ "acqdev_interrupts_total", "counter", "Interrupts since the driver took the card.",
	  prometheus_interrupts },
	{ "acqdev_wakeups_total", "counter", "How many times sleeping readers were woken.",
	  prometheus_wakeups },
	{ "acqdev_readers", "gauge", "Open files that read the run.", prometheus_readers },
	{ "acqdev_ring_bytes", "gauge", "Size of the ring as configured; 0: the default.",
	  prometheus_ring },
	{ "acqdev_ring_kept_bytes", "gauge", "Samples in the ring of an input that can be read.",
	  prometheus_kept },
	{ "acqdev_sample_rate_hertz", "gauge", "Frames a second as configured.", prometheus_rate },
};

#define PROMETHEUS_METRICS (sizeof(prometheus_metrics) / sizeof(prometheus_metrics[0]))

static void prometheus_head(FILE *file, const char *name, const char *type, const char *help)
{
	fprintf(file, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void prometheus_print_gaps(FILE *file, const struct prometheus_stream *s, int num)
{
	unsigned int c;
	int i;

	prometheus_head(file, "acqdev_gaps_total", "counter",
			"How many times frames were lost, by cause.");
	for (i = 0; i < num; i++)
		for (c = 0; c < s[i].totals.causes; c++)
			fprintf(file, "acqdev_gaps_total{%s,cause=\"%s\"} %" PRIu64 "\n",
				s[i].labels, s[i].totals.cause[c].name, s[i].totals.cause[c].gaps);
}

/* As a set of states: one is 1, so that each of them can be asked for by name. */
static void prometheus_print_state(FILE *file, const struct prometheus_stream *s, int num)
{
	unsigned int state;
	int i;

	prometheus_head(file, "acqdev_state", "gauge",
			"1 for the state that the stream is in, 0 for the others.");
	for (i = 0; i < num; i++)
		for (state = 0; state < state_names.num; state++)
			fprintf(file, "acqdev_state{%s,state=\"%s\"} %d\n", s[i].labels,
				name_of(&state_names, state),
				!strcmp(s[i].state, name_of(&state_names, state)));
}

static void prometheus_print(FILE *file, const struct prometheus_stream *s, int num)
{
	const struct prometheus_metric *m;
	char text[64];
	int i;

	prometheus_head(file, "acqdev_streams", "gauge", "Streams of acquisition cards.");
	fprintf(file, "acqdev_streams %d\n", num);
	prometheus_head(file, "acqdev_stream_info", "gauge", "What a stream is; always 1.");
	for (i = 0; i < num; i++)
		fprintf(file, "acqdev_stream_info{%s,family=\"%s\",direction=\"%s\"} 1\n",
			s[i].labels, s[i].family, s[i].direction);
	for (m = prometheus_metrics; m < prometheus_metrics + PROMETHEUS_METRICS; m++) {
		prometheus_head(file, m->name, m->type, m->help);
		for (i = 0; i < num; i++)
			if (m->value(&s[i], text, sizeof(text)))
				fprintf(file, "%s{%s} %s\n", m->name, s[i].labels, text);
	}
	prometheus_print_gaps(file, s, num);
	prometheus_print_state(file, s, num);
}

int prometheus_write(const char *path)
{
	struct prometheus_stream *streams;
	struct replace replace;
	struct nodes nodes;
	int i, status = EXIT_OK;

	nodes_find(&nodes);
	streams = calloc(nodes.num + 1, sizeof(*streams));
	if (!streams) {
		complain("out of memory");
		nodes_free(&nodes);
		return EXIT_SYSTEM;
	}
	for (i = 0; i < nodes.num; i++)
		prometheus_read(&streams[i], nodes.name[i]);
	if (path)
		status = replace_begin(&replace, path);
	if (!status)
		prometheus_print(path ? replace.file : stdout, streams, nodes.num);
	if (!status && path)
		status = replace_end(&replace);
	free(streams);
	nodes_free(&nodes);
	return status;
}
