/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands that are programs of their own, acq-NAME, because they need libraries that the tool
 * does without. Each is in a package of its own.
 */
#ifndef ACQ_EXTERNAL_H
#define ACQ_EXTERNAL_H

/* Their lines for 'acq --help'; a command that is not installed says what it needs. */
void external_help(void);

/* Those that are installed, for 'acq --options': see options.h. */
void external_list(void);

/*
 * Becomes the program of argv[0], if there is such a command. Returns EXIT_SYSTEM, after
 * complaining, if it is not installed, and -1 if there is no such command.
 */
int external_run(int argc, char **argv);

#endif /* ACQ_EXTERNAL_H */
