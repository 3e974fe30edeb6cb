/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What can be typed, from the tables that parse it: 'acq --options' is for the shells' completion,
 * which cannot go stale therefore.
 *
 *	acq --options		the commands: name, tab, help
 *	acq --options COMMAND	its options: --name or -x, tab, "no", "required" or "optional"
 *	acq --options settings	key= of the settings, and key=value where values are few
 */
#ifndef ACQ_OPTIONS_H
#define ACQ_OPTIONS_H

struct option;

/* From now on options_next() lists options in place of parsing any, and ends the program. */
void options_list(void);

/* The settings of acq config. */
void options_settings(void);

/* getopt_long(), under which name the commands call it: see command.h. */
int options_next(int argc, char *const *argv, const char *letters, const struct option *options,
		 int *index);

#endif /* ACQ_OPTIONS_H */
