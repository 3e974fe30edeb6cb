/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control socket: a line with a command in, one line out that begins with
 * "ok" or "error". Lines may end as those of a serial port do.
 */
#ifndef CARD_CONTROL_H
#define CARD_CONTROL_H

#include <poll.h>
#include <stdio.h>

#define CONTROL_CLIENTS	8
#define CONTROL_FDS	(CONTROL_CLIENTS + 1)

struct control;

/* 0 with the answer in @out, or a negative errno with the reason there. */
typedef int control_handler(void *owner, int argc, char **argv, FILE *out);

/* NULL with errno. */
struct control *control_new(const char *path, control_handler *handler, void *owner);
void control_free(struct control *c);

/* Fills in CONTROL_FDS descriptors to poll; unused ones are negative. */
void control_poll(const struct control *c, struct pollfd *fds);
/* With the result of that: receives, carries out and answers. */
void control_serve(struct control *c, const struct pollfd *fds);

#endif /* CARD_CONTROL_H */
