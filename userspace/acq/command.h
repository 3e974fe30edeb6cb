/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The subcommands: each gets its own name in argv[0] and returns an exit status.
 */
#ifndef ACQ_COMMAND_H
#define ACQ_COMMAND_H

int cmd_list(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_control(int argc, char **argv);	/* start, stop, trigger */
int cmd_stat(int argc, char **argv);
int cmd_read(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_convert(int argc, char **argv);
int cmd_view(int argc, char **argv);
int cmd_write(int argc, char **argv);
int cmd_reg(int argc, char **argv);
int cmd_irq(int argc, char **argv);
int cmd_csr(int argc, char **argv);

/* Every command's options can be listed, as none gets past this: see options.h */
#include "options.h"
#define getopt_long options_next

#define DEVICE_HELP \
	"DEV is a number (1), a name (acqdev1), a path (/dev/acq/by-id/...) or a name in\n" \
	"/dev/acq/by-id. Without it: /dev/acqdev.\n"

#endif /* ACQ_COMMAND_H */
