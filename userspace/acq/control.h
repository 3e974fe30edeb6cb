/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An open control node: registers and interrupts of a card's own logic.
 */
#ifndef ACQ_CONTROL_H
#define ACQ_CONTROL_H

#include <stdint.h>

struct control {
	int fd;
	char path[256];
	uint64_t bytes;		/* of the user BAR, 0: there is none */
};

#define CONTROL_HELP \
	"NODE is a control node: a path, a name (acqdev-ctl0) or its number, which is\n" \
	"that of the card's first stream.\n"

/* Open @arg with O_RDONLY or O_RDWR. Returns an exit status. */
int control_open(struct control *control, const char *arg, int flags);

void control_close(struct control *control);

/* Complain that @doing failed with @err (an errno). Returns an exit status. */
int control_error(const struct control *control, const char *doing, int err);

#endif /* ACQ_CONTROL_H */
