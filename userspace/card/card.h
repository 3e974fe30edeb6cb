/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulated card: a model behind a configuration space, connected to a
 * machine. It knows which accesses, DMA and interrupts PCI lets pass.
 */
#ifndef CARD_CARD_H
#define CARD_CARD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "fault.h"
#include "model.h"
#include "pci.h"
#include "vfu.h"

struct card {
	struct vfu *vfu;
	struct pci pci;
	struct card_model model;
	struct card_host host;		/* what the model gets */
	struct faults faults;
	struct card_line {
		unsigned int vector;
		bool level;		/* the model's condition */
		bool pending;		/* it has become true and nothing was sent yet */
	} lines[MODEL_LINES];
	bool was_gone;
	struct card_power {
		uint64_t suspends;
		uint64_t resumes;
		uint64_t accesses;	/* to a BAR in D3hot */
	} power;
	uint64_t irqs;
	uint64_t sent[VFU_VECTORS];	/* of them, by vector */
	uint64_t storm_at;
	unsigned int storm_left;	/* interrupts of a storm that is a lie */
};

/* Sets up @c->host and the faults, for the making of a model. */
void card_init(struct card *c);
/* With @c->model made: listens. 0 or a negative errno. */
int card_listen(struct card *c, const char *path, bool verbose);
void card_free(struct card *c);

/* Before something happens to the card: brings it up to date. */
void card_sync(struct card *c);
/* Afterwards: does what is due; until when (ns of card_now()) it may be left alone. */
uint64_t card_tick(struct card *c);
uint64_t card_now(void);

/* As lie_order(). */
int card_lie(struct card *c, const char *seed, const char *kinds);
/* A command of the control socket: 0 with the answer in @out, or -EINVAL with the reason. */
int card_command(struct card *c, int argc, char **argv, FILE *out);

#endif /* CARD_CARD_H */
