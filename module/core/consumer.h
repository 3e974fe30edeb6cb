/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Consumers: readers that are no files, but other modules. What they see stands in
 * include/linux/acq_consumer.h.
 */
#ifndef ACQ_CONSUMERS_H
#define ACQ_CONSUMERS_H

struct acq_run;
struct acq_stream;

int acq_consumers_init(void);
void acq_consumers_exit(void);

/* From the stream's life */
void acq_consumers_add(struct acq_stream *stream);
void acq_consumers_remove(struct acq_stream *stream);
void acq_consumers_begin(struct acq_stream *stream, struct acq_run *run);
void acq_consumers_undo(struct acq_stream *stream, const struct acq_run *run);
void acq_consumers_wake(struct acq_stream *stream);

#endif /* ACQ_CONSUMERS_H */
