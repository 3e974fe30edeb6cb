/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The packets of a reading that gets one with each read: how many, how long, and a
 * list of them.
 */
#ifndef ACQ_PACKETS_H
#define ACQ_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "device.h"
#include "target.h"

struct packets {
	FILE *list;		/* NULL: none */
	struct target target;
	uint64_t whole;		/* packets whose end was read */
	uint64_t cut;		/* the others: a gap, a limit or the end of the run came before */
	uint64_t least, most;	/* bytes of whole ones */
	struct {
		size_t bytes;	/* 0: none */
		bool full;	/* as much as was asked for */
		uint64_t at, index, end;
	} last;			/* not counted yet: what comes next may say that it was cut */
};

/* @name: a file for the list, or NULL. Returns an exit status. */
int packets_open(struct packets *p, const char *name);

/* Samples are to come: what the file had until now goes. Returns an exit status. */
int packets_begin(struct packets *p);

/* A read that was to bring @want bytes has brought @span; @at: bytes read before. */
void packets_take(struct packets *p, const struct acq_span *span, size_t want, uint64_t at);

/* What follows is no packet, but maybe a gap. */
void packets_pause(struct packets *p, const struct acq *acq, bool gap);

/* Close; what has not begun leaves the directory as it was. Returns an exit status. */
int packets_close(struct packets *p);

#endif /* ACQ_PACKETS_H */
