/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a model of a card is to the machine around it, and the reverse.
 *
 * read, write, reset and command may be called while a DMA operation of the
 * model is under way; they must not use DMA themselves. tick may.
 */
#ifndef CARD_MODEL_H
#define CARD_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fault.h"
#include "pci.h"
#include "source.h"

#define MODEL_NEVER	UINT64_MAX
#define MODEL_LINES	32	/* interrupt conditions that a model may have */

/* The machine, as a model sees it. Times are nanoseconds and never go back. */
struct card_host {
	void *machine;
	uint64_t (*now)(void *machine);
	/* 0 or a negative errno */
	int (*dma_read)(void *machine, uint64_t addr, void *buf, size_t count);
	int (*dma_write)(void *machine, uint64_t addr, const void *buf, size_t count);
	/* The same, whatever the card may do: the machine stops it, or nobody does. */
	int (*dma_stray)(void *machine, uint64_t addr, const void *buf, size_t count);
	/* Host memory itself, until the next use of this structure, or NULL. */
	void *(*dma_map)(void *machine, uint64_t addr, size_t count);
	/*
	 * Interrupt condition number @line: a message is sent where it becomes
	 * true, by the vector that it has then. INTx is that of all conditions
	 * whose vector has 0 in its two low bits, which choose among four pins.
	 */
	void (*irq)(void *machine, unsigned int line, unsigned int vector, bool level);
	/* How the system has set up the function. */
	const struct pci *(*pci)(void *machine);
};

struct card_model_ops {
	const char *name;
	unsigned int faults;		/* FAULT_OF_* */
	void (*reset)(void *model);
	int (*read)(void *model, unsigned int bar, uint64_t offset, void *buf, size_t count);
	int (*write)(void *model, unsigned int bar, uint64_t offset, const void *buf,
		     size_t count);
	/* Brings the model up to date, before something happens to it. */
	void (*sync)(void *model);
	/*
	 * The configuration space is about to be accessed: what was posted by either side
	 * arrives before. NULL: it has always done so.
	 */
	void (*push)(void *model);
	/* LIE_BIT() of those that can be told of a register */
	uint32_t (*lies)(void *model, unsigned int bar, uint64_t offset);
	/* Does what is due; the time at which it wants to be called again. */
	uint64_t (*tick)(void *model);
	/* key=value pairs, each with a blank before it */
	void (*stats)(void *model, FILE *out);
	/* 0 with the answer in @out, -ENOENT if unknown, else with a reason in @out */
	int (*command)(void *model, int argc, char **argv, FILE *out);
	const char *help;
	void (*free)(void *model);
};

struct card_model {
	const struct card_model_ops *ops;
	void *model;
	struct pci_identity id;
};

/* What the command line says of any card, whatever its model. */
struct card_settings {
	unsigned int channels;
	unsigned int format;
	uint32_t rate;
	uint64_t frames;	/* of the source, 0: endless */
	uint32_t clock;
	bool clock_given;
	uint32_t fifo_bytes;
	bool waits;		/* the source waits for the host, instead of losing frames */
	bool free;		/* it does, and is as fast as the host */
	uint64_t speed;		/* else in millionths, see pace.h */
	unsigned int irqs;	/* PCI_IRQ_* */
	bool irqs_given;
	uint64_t serial;
	uint32_t revision;
	bool revision_given;
	bool no_soft_reset;	/* D3hot loses nothing */
	bool bad_id;		/* its identity register is wrong */
	bool trace;		/* print each access to a register */
	uint32_t bar_bytes;	/* that its BARs claim to have, 0: what they have */
	uint32_t vectors;	/* of MSI-X, 0: as many as the model has */
	const char *lie;	/* SEED[:KINDS] of its lies, or NULL */
};

/* A kind of card: its part of the command line, and how one is made. */
struct card_kind {
	const char *name;
	const char *usage;
	/* Its options: a name, then "=" if it has a value, or "?" if it may have one; NULL ends. */
	const char *const *options;
	/* Option @which of them, @name with value @arg. False after a message. */
	bool (*take)(unsigned int which, const char *name, const char *arg);
	/* All options are there. False after a message. */
	bool (*settle)(const struct card_settings *s);
	/* How many sources it wants. */
	unsigned int (*sources)(void);
	/* False without memory. @sources and @faults remain the caller's. */
	bool (*make)(struct card_model *model, struct source **sources, struct faults *faults,
		     const struct card_host *host);
};

#endif /* CARD_MODEL_H */
