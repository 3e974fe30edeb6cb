/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of acq-card. */
#ifndef CARD_OPTIONS_H
#define CARD_OPTIONS_H

#include <stdbool.h>

#include "r1.h"
#include "source.h"

struct options {
	const char *socket;
	const char *control;	/* or NULL */
	bool wait;
	bool clock_given;
	bool verbose;
	bool help;
	struct source_options source;
	struct r1_config card;	/* what the options say of it */
};

/* False after a message if the command line is wrong. */
bool options_parse(struct options *o, int argc, char **argv);
/* Fills in the rest, by what the source is. False after a message. */
bool options_settle(struct options *o, const struct source_info *info);

#endif /* CARD_OPTIONS_H */
