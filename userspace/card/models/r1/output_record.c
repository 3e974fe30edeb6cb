// SPDX-License-Identifier: GPL-2.0-only
/* What the ACQ-R1 model's output side puts out, in a file. */
#include <errno.h>
#include <string.h>

#include "r1_output.h"

int r1_output_record_to(struct r1_output *o, const char *path)
{
	if (o->record)
		fclose(o->record);
	o->record = path ? fopen(path, "wbe") : NULL;
	return path && !o->record ? -errno : 0;
}

static void r1_output_record_write(struct r1_output *o, const uint8_t *frames, size_t bytes)
{
	if (!o->record || fwrite(frames, 1, bytes, o->record) == bytes)
		return;
	fprintf(stderr, "acq-card: the record of the output ends here: %s\n", strerror(errno));
	r1_output_record_to(o, NULL);
}

void r1_output_record_flush(struct r1_output *o)
{
	if (!o->record || !fflush(o->record))
		return;
	fprintf(stderr, "acq-card: the record of the output is not complete: %s\n",
		strerror(errno));
	r1_output_record_to(o, NULL);
}

bool r1_output_record_is_on(const struct r1_output *o)
{
	return o->record || o->loop.memory;
}

void r1_output_record_put(struct r1_output *o, const uint8_t *frames, size_t bytes,
			  uint64_t index)
{
	for (size_t i = 0; i < bytes; i++)
		o->n.digest = (o->n.digest ^ frames[i]) * UINT64_C(0x100000001b3);
	memcpy(o->frame, frames + bytes - o->run.frame, o->run.frame);
	r1_output_record_write(o, frames, bytes);
	r1_output_loop_put(o, frames, bytes / o->run.frame, index);
}

void r1_output_record_fill(struct r1_output *o, uint64_t frames, uint64_t index)
{
	const size_t frame = o->run.frame;
	uint64_t most = r1_least(sizeof(o->scratch) / frame, frames);

	if (!r1_output_record_is_on(o))
		return;
	for (uint64_t i = 0; i < most; i++)
		memcpy(o->scratch + i * frame, o->frame, frame);
	for (; frames; frames -= most, index += most) {
		most = r1_least(most, frames);
		r1_output_record_write(o, o->scratch, most * frame);
		r1_output_loop_put(o, o->scratch, most, index);
	}
}
