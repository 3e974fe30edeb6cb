/* SPDX-License-Identifier: GPL-2.0-only */
/* What a source has lost: all gaps of a run, for the control socket. */
#ifndef CARD_LOSSES_H
#define CARD_LOSSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct loss {
	uint64_t index;		/* of the first lost frame */
	uint64_t frames;
};

struct losses {
	struct loss *list;
	size_t count;
	size_t room;
};

/* A loss of no frames yet. False: it is one too many, or there is no memory. */
bool losses_begin(struct losses *l, uint64_t index);
/* The newest one, or NULL. */
struct loss *losses_newest(const struct losses *l);
/* As "index:frames,..." */
void losses_print(const struct losses *l, FILE *out);
void losses_free(struct losses *l);

#endif /* CARD_LOSSES_H */
