// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "names.h"
#include "totals.h"

static bool totals_number(const char *node, const char *name, uint64_t *value)
{
	char path[512];
	FILE *file;
	bool ok;

	*value = 0;
	snprintf(path, sizeof(path), "/sys/class/misc/%s/totals/%s", node, name);
	file = fopen(path, "re");
	if (!file)
		return false;
	ok = fscanf(file, "%" SCNu64, value) == 1;
	fclose(file);
	return ok;
}

/* A file for each cause, as far as the driver knows it */
static void totals_causes(struct totals *t, const char *node)
{
	char file[64], *dash;
	unsigned int i;

	for (i = 0; i < cause_names.num && t->causes < TOTALS_CAUSES; i++) {
		snprintf(t->cause[t->causes].name, sizeof(t->cause[0].name), "%s",
			 name_of(&cause_names, i));
		snprintf(file, sizeof(file), "gaps_%s", t->cause[t->causes].name);
		while ((dash = strchr(file, '-')))
			*dash = '_';
		t->causes += totals_number(node, file, &t->cause[t->causes].gaps);
	}
}

void totals_read(struct totals *t, const char *node)
{
	memset(t, 0, sizeof(*t));
	t->known = totals_number(node, "runs", &t->runs);
	totals_number(node, "frames", &t->frames);
	totals_number(node, "lost", &t->lost);
	totals_number(node, "gaps", &t->gaps);
	totals_number(node, "resets", &t->resets);
	totals_number(node, "failures", &t->failures);
	totals_causes(t, node);
}

void totals_read_stream(struct totals *t, unsigned int stream)
{
	char node[32];

	/* the first node's number is not written */
	snprintf(node, sizeof(node), stream ? "acqdev%u" : "acqdev", stream);
	totals_read(t, node);
}

void totals_print(const struct totals *t)
{
	unsigned int i;

	if (!t->known)
		return;
	printf("%-12s%" PRIu64 " frames in %" PRIu64 " runs\n", "in total", t->frames, t->runs);
	printf("%-12s%" PRIu64 " lost in %" PRIu64 " gaps\n", "", t->lost, t->gaps);
	for (i = 0; i < t->causes; i++)
		if (t->cause[i].gaps)
			printf("%-12s%" PRIu64 " of cause %s\n", "", t->cause[i].gaps,
			       t->cause[i].name);
	printf("%-12s%" PRIu64 " resets, %" PRIu64 " failures\n", "", t->resets, t->failures);
}

void totals_add(const struct totals *t, struct json_object *object)
{
	struct json_object *o, *causes;
	unsigned int i;

	if (!t->known)
		return;
	o = json_object_new_object();
	json_u64(o, "runs", t->runs);
	json_u64(o, "frames", t->frames);
	json_u64(o, "lost", t->lost);
	json_u64(o, "gaps", t->gaps);
	json_u64(o, "resets", t->resets);
	json_u64(o, "failures", t->failures);
	causes = json_object_new_object();
	for (i = 0; i < t->causes; i++)
		json_u64(causes, t->cause[i].name, t->cause[i].gaps);
	json_object_object_add(o, "gaps_by_cause", causes);
	json_object_object_add(object, "totals", o);
}
