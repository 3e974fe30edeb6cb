/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of acq-card. */
#ifndef CARD_OPTIONS_H
#define CARD_OPTIONS_H

#include <stdbool.h>

#include "models/r1/r1.h"
#include "source.h"
#include "models/xdma/xdma.h"

enum model_kind {
	MODEL_R1 = 1,
	MODEL_XDMA = 2,
};

struct options {
	enum model_kind model;
	unsigned int used;	/* models that have an option of the command line */
	const char *socket;
	const char *control;	/* or NULL */
	bool wait;
	bool clock_given;
	bool verbose;
	bool help;
	struct source_options source;
	bool revision_given;
	struct r1_config card;	/* what the options say of it */
	struct xdma_config xdma;	/* and what only an XDMA has */
};

struct name {
	const char *name;
	unsigned int value;
};

/* False after a message if the command line is wrong. */
bool options_parse(struct options *o, int argc, char **argv);
/* Fills in the rest, by what the source is. False after a message. */
bool options_settle(struct options *o, const struct source_info *info);

/* For options of one model, in a file of its own */
bool option_complain(const char *option, const char *value, const char *expected);
bool option_find(const struct name *names, const char *name, size_t length, unsigned int *value);
bool option_number(const char *option, const char *text, int base, uint64_t least, uint64_t most,
		   uint64_t *value);

/* options_xdma.c: an option, by its place in this table; then all of them together */
#define OPT_XDMA	1024
extern const char *const xdma_options[];	/* a name, then "=" if it has a value; NULL ends */
extern const char xdma_usage[];
void xdma_defaults(struct xdma_config *f);
bool xdma_take(struct xdma_config *f, unsigned int which, const char *name, const char *arg);
bool xdma_settle(struct xdma_config *f, const struct options *o);

#endif /* CARD_OPTIONS_H */
