/* SPDX-License-Identifier: GPL-2.0-only */
/* How a reader gets a run: it joins the newest one, or has an idle stream started. */
#ifndef ACQ_ATTACH_H
#define ACQ_ATTACH_H

struct acq_reader;
struct acq_run;
struct acq_stream;

void acq_attach_init(struct acq_stream *stream);
int acq_attach(struct acq_stream *stream, struct acq_reader *reader);
int acq_attach_nowait(struct acq_stream *stream, struct acq_reader *reader);
int acq_attach_error(struct acq_reader *reader);
void acq_attach_begin(struct acq_reader *reader, struct acq_run *run);
void acq_attach_forget(struct acq_stream *stream, struct acq_reader *reader);

#endif /* ACQ_ATTACH_H */
