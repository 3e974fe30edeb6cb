/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options of views, which several commands share.
 */
#ifndef ACQ_VIEW_OPTIONS_H
#define ACQ_VIEW_OPTIONS_H

#include "view.h"

enum {
	OPT_VIEW = 512,
	OPT_PLOT,
	OPT_CHANNELS,
	OPT_FFT,
	OPT_AVERAGE,
	OPT_INTERVAL,
};

enum view_option {
	VIEW_OPTION_NONE,	/* not one of these */
	VIEW_OPTION_TAKEN,
	VIEW_OPTION_BAD,	/* which has been said */
};

/* Take what getopt_long() has returned. */
enum view_option view_option(struct view_options *o, int option, const char *value);

/* Are there options of a view and no view? Complains. */
bool view_options_alone(const struct view_options *o);

/* Whoever has chosen no view gets a plot. */
void view_options_default(struct view_options *o);

/* Is it a plot? */
bool view_options_plot(const struct view_options *o);

void view_options_help(void);

#endif /* ACQ_VIEW_OPTIONS_H */
