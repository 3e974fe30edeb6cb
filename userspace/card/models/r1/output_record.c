// SPDX-License-Identifier: GPL-2.0-only
/* What the ACQ-R1 model's output side puts out, in a file. */
#include <string.h>

#include "r1_output.h"

bool r1_output_record_is_on(const struct r1_output *o)
{
	return o->record.file || o->loop.memory;
}

void r1_output_record_put(struct r1_output *o, const uint8_t *frames, size_t bytes,
			  uint64_t index)
{
	o->n.digest = record_digest(o->n.digest, frames, bytes);
	memcpy(o->frame, frames + bytes - o->run.frame, o->run.frame);
	record_write(&o->record, frames, bytes);
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
		record_write(&o->record, o->scratch, most * frame);
		r1_output_loop_put(o, o->scratch, most, index);
	}
}
