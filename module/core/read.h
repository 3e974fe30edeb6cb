/* SPDX-License-Identifier: GPL-2.0-only */
/* What a reader takes from its run: bytes, gaps, the end. */
#ifndef ACQ_READ_H
#define ACQ_READ_H

#include <linux/types.h>

struct acq_gap;
struct acq_meta;
struct acq_reader;
struct acq_span;
struct iov_iter;

void acq_read_set_gap(struct acq_reader *reader, u64 pos, u64 lost, u32 cause, u32 flags);
void acq_read_set_end_gap(struct acq_reader *reader, const struct acq_meta *meta);
ssize_t acq_read_fail(struct acq_reader *reader);
ssize_t acq_read(struct acq_reader *reader, struct iov_iter *to, u32 need);
int acq_read_look(struct acq_reader *reader, struct acq_span *span);
bool acq_read_used(struct acq_reader *reader, u32 bytes, bool intact);
int acq_read_advance(struct acq_reader *reader, u64 to, u64 *head);
bool acq_read_settled(const struct acq_reader *reader, u64 head);
int acq_read_end(struct acq_reader *reader);
void acq_read_gap(const struct acq_reader *reader, struct acq_gap *gap);
void acq_read_gap_known(struct acq_reader *reader, const struct acq_gap *gap);
void acq_read_gap_again(struct acq_reader *reader);
bool acq_read_gap_next(const struct acq_reader *reader);

#endif /* ACQ_READ_H */
