/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A writer: who fills the blocks of an output run, the mirror of a reader.
 *
 * It is a struct acq_reader whose cursor follows what the card has played: by that it
 * learns of underruns, in their order and each once. It is in the list of holders, so
 * that the producer wakes it, but holds nothing. A stream has one at most.
 */
#ifndef ACQ_WRITER_H
#define ACQ_WRITER_H

#include <linux/types.h>

struct acq_commit;
struct acq_reader;
struct acq_run;
struct iov_iter;

ssize_t acq_write(struct acq_reader *writer, struct iov_iter *from, u64 need, bool more);
int acq_writer_commit(struct acq_reader *writer, struct acq_commit *commit, bool more);
bool acq_writer_ready(const struct acq_reader *writer, const struct acq_run *run, u64 need);
bool acq_writer_underrun(const struct acq_reader *writer, const struct acq_run *run);
bool acq_writer_done(const struct acq_reader *writer);
bool acq_writer_starts(const struct acq_reader *writer);
size_t acq_writer_whole(const struct acq_reader *writer, size_t count);
int acq_writer_end_frame(struct acq_reader *writer);
int acq_writer_check(struct acq_reader *writer);
void acq_writer_refresh(struct acq_reader *writer);

#endif /* ACQ_WRITER_H */
