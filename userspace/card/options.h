/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of acq-card. */
#ifndef CARD_OPTIONS_H
#define CARD_OPTIONS_H

#include <stdbool.h>

#include "model.h"
#include "source.h"

struct options {
	const struct card_kind *kind;
	const char *socket;
	const char *control;	/* or NULL */
	bool verbose;
	bool help;
	struct source_options source;
	struct card_settings card;
};

/*
 * Which models this program has, and what to say of them; NULL ends. The first one is
 * the default.
 */
extern const struct card_kind *const options_kinds[];
extern const char *const options_models;

/* False after a message if the command line is wrong. */
bool options_parse(struct options *o, int argc, char **argv);
/* Fills in the rest, by what the source is. False after a message. */
bool options_settle(struct options *o, const struct source_info *info);

#endif /* CARD_OPTIONS_H */
