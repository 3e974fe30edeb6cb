/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where in a stream something begins: the newest run from a sample index on, or whatever was
 * sampled at a time. Both grow with the messages' numbers, so few of them are looked at.
 */
#ifndef ACQ_FINDING_H
#define ACQ_FINDING_H

#include <stdbool.h>
#include <stdint.h>

#include "intake.h"

/**
 * struct finding - what is looked for, and what is found
 * @by_time: @time_ns counts, else @index
 * @index: sample index
 * @time_ns: UTC
 * @run: of @index: filled in; empty: the stream has no message yet
 * @sequence: filled in: the first message that has something behind it. Behind the last one:
 *	that is to come.
 */
struct finding {
	bool by_time;
	uint64_t index, time_ns;
	char run[MESSAGE_RUN_MAX];
	uint64_t sequence;
};

/* 0; -EAGAIN: no server says it now */
int finding_run(struct intake *intake, const struct intake_bounds *bounds, struct finding *f);

/* Sample index of what was sampled at or behind @time_ns, if it is in @m; else of its begin */
uint64_t finding_index(const struct message *m, uint64_t time_ns);

#endif /* ACQ_FINDING_H */
