/* SPDX-License-Identifier: GPL-2.0-only */
/* The life of an output run: when it begins to play, and how it ends. */
#ifndef ACQ_OUTPUT_H
#define ACQ_OUTPUT_H

#include <linux/types.h>

struct acq_reader;
struct acq_run;
struct acq_stream;

bool acq_output_claim(struct acq_stream *stream, struct acq_reader *writer);
void acq_output_release(struct acq_stream *stream, struct acq_reader *writer);
void acq_output_play(struct acq_stream *stream, struct acq_run *run);
int acq_output_drain(struct acq_stream *stream);
int acq_output_drop(struct acq_stream *stream);

#endif /* ACQ_OUTPUT_H */
