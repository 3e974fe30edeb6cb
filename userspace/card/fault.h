/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults that the card can be told to have. */
#ifndef CARD_FAULT_H
#define CARD_FAULT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lie.h"

/* Whose they are */
#define FAULT_OF_R1	1u
#define FAULT_OF_XDMA	2u
#define FAULT_OF_LITEPCIE 8u
#define FAULT_OF_RTL	16u
/* Of each model, and of each but that of Verilog, in which nobody can plant any */
#define FAULT_OF_ALL	(FAULT_OF_MODELS | FAULT_OF_RTL)
#define FAULT_OF_MODELS	(FAULT_OF_R1 | FAULT_OF_XDMA | FAULT_OF_LITEPCIE)

enum fault {
	FAULT_GONE,
	FAULT_DEAF,
	FAULT_RESET_GONE,
	FAULT_LOST_IRQ,
	FAULT_IRQ_STORM,
	FAULT_BAD_BYTES,
	FAULT_BAD_INDEX,
	FAULT_BAD_NUMBER,
	FAULT_BAD_PROGRESS,
	FAULT_BAD_LOST,
	FAULT_BAD_LEVEL,
	FAULT_DMA_ERROR,
	FAULT_START_IGNORED,
	FAULT_STOP_IGNORED,
	FAULT_RESET_STUCK,
	FAULT_NO_UPDATE,
	FAULT_DONE_NEVER,
	FAULT_MASK_IGNORED,
	FAULT_MASTER_IGNORED,
	FAULT_LATE_CAUSE,
	FAULT_LATE_FILLER,
	FAULT_NO_OPEN_RECORD,
	FAULT_WINDOW_32,
	FAULT_SLOW_WINDOW,
	FAULT_EARLY_IRQ,
	FAULT_BAD_MAGIC,
	FAULT_FETCH_ERROR,
	FAULT_READ_ERROR,
	FAULT_WRITE_ERROR,
	FAULT_SHORT_PACKET,
	FAULT_EXACT_PACKET,
	FAULT_LOST_WRITEBACK,
	FAULT_LOST_POLL,
	FAULT_BAD_LENGTH,
	FAULT_BAD_COUNT,
	FAULT_STUCK_BUSY,
	FAULT_COUNT_BACK,
	FAULT_LOST_PUSH,
	FAULT_BAD_HEADER,
	FAULT_TIME_BACK,
	FAULT_STUCK_D3,
	FAULT_NUM,
};

#define FAULT_ALWAYS	UINT64_MAX

struct faults {
	unsigned int of;		/* FAULT_OF_*: those that the card can have */
	uint64_t left[FAULT_NUM];	/* how often it will still happen */
	uint64_t happened[FAULT_NUM];
	struct lies lies;		/* that the card tells by itself */
};

/* Is the fault there? */
bool fault_is_on(const struct faults *f, enum fault which);
/* The same, and it has happened once more. */
bool fault_take(struct faults *f, enum fault which);
/* @how: NULL or "on", "off", or how often. 0, -EINVAL, or -ENOTSUP: other cards have it. */
int fault_set(struct faults *f, const char *name, const char *how);
void fault_clear(struct faults *f);
/* name:left,... of those that are on, or "none" */
void fault_print(const struct faults *f, FILE *out);
/* "name (what it does)", for help */
void fault_help(const struct faults *f, FILE *out);

#endif /* CARD_FAULT_H */
