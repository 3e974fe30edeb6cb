/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes for one viewer or several, kept until the last has sent them.
 */
#ifndef SCOPE_MESSAGE_H
#define SCOPE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

struct message {
	unsigned int users;
	bool text;
	size_t bytes;
	unsigned char *data;	/* with the room before it that libwebsockets wants */
};

/* With room for @bytes, used by the caller; NULL: out of memory. */
struct message *message_new(size_t bytes);

/* @text and nothing else */
struct message *message_text(const char *text);

/* One more user. */
struct message *message_use(struct message *m);

/* One less; NULL: nothing. */
void message_leave(struct message *m);

#endif /* SCOPE_MESSAGE_H */
