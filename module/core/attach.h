/* SPDX-License-Identifier: GPL-2.0-only */
/* How a reader gets a run: it joins the newest one, or has an idle stream started. */
#ifndef ACQ_ATTACH_H
#define ACQ_ATTACH_H

#include "reader.h"

struct acq_run;
struct acq_stream;

void acq_attach_init(struct acq_stream *stream);
int acq_attach_locked(struct acq_stream *stream, struct acq_reader *reader);
int acq_attach_nowait(struct acq_stream *stream, struct acq_reader *reader);
int acq_attach_next(struct acq_stream *stream, struct acq_reader *reader);
int acq_attach_await(struct acq_stream *stream, struct acq_reader *reader, ktime_t timeout);
void acq_attach_done(struct acq_reader *reader);
int acq_attach_error(struct acq_reader *reader);
void acq_attach_begin(struct acq_reader *reader, struct acq_run *run);
void acq_attach_follow(struct acq_reader *reader, struct acq_run *run);
void acq_attach_undo(struct acq_reader *reader, const struct acq_run *run);
void acq_attach_begin_all(struct acq_stream *stream, struct acq_reader *reader,
			  struct acq_run *run);
void acq_attach_undo_asked(struct acq_stream *stream, const struct acq_run *run);
void acq_attach_answer_all(struct acq_stream *stream);
void acq_attach_forget(struct acq_stream *stream, struct acq_reader *reader);

/**
 * acq_attach() - make it a reader of a run, and start an idle stream for it
 * @stream: the stream
 * @reader: the reader; its lock is held when this returns 0
 * @interruptible: a signal ends the wait for its lock. Not for asynchronous readers:
 *	they come with their thread's work pending, which looks like a signal
 *
 * Context: sleeps.
 * Return: 0, -ERESTARTSYS, or why there is nothing to read.
 */
static inline int acq_attach(struct acq_stream *stream, struct acq_reader *reader,
			     bool interruptible)
{
	if (interruptible ? mutex_lock_interruptible(&reader->lock) :
			    mutex_lock_killable(&reader->lock))
		return -ERESTARTSYS;
	if (likely(acq_reader_run(reader) && !reader->ended))
		return 0;
	return acq_attach_locked(stream, reader);
}

#endif /* ACQ_ATTACH_H */
