/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a published stream goes: a file or stdout, or a recording.
 */
#ifndef ACQ_SINK_H
#define ACQ_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/acqdev.h>

#include "message.h"

struct sink;

/*
 * One of both names, or none. What is there stays until sink_begin(). Returns an exit status;
 * complains. To be closed with sink_close().
 */
int sink_open(struct sink **sink, const char *output, const char *record, bool force);

/* A message of what comes. Returns an exit status. */
int sink_begin(struct sink *sink, const struct message *m);

/*
 * @frames of samples at @data, of @m, the first of which is @less behind the message's first.
 * Returns an exit status; *@end becomes a word if nobody takes more.
 */
int sink_put(struct sink *sink, const struct message *m, uint64_t less, uint64_t frames,
	     const void *data, const char **end);

void sink_gap(struct sink *sink, const struct acq_gap *gap);

/* To be called often. Returns an exit status. */
int sink_tick(struct sink *sink);

/* All of it is where it goes. @reason: a word, see docs/recording.md. Returns an exit status. */
int sink_close(struct sink *sink, const char *reason, int status);

#endif /* ACQ_SINK_H */
