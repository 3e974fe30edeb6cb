/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the page says in words: a JSON object in a message of text.
 */
#ifndef SCOPE_NOTE_H
#define SCOPE_NOTE_H

#include <stdbool.h>

struct message;
struct tap;

/* The device and what its stream does; @viewers: that look at it. NULL: out of memory */
struct message *note_status(const struct tap *tap, unsigned int viewers);

/* An answer to somebody's message */
struct message *note_answer(bool done, const char *text);

/* Said first: what is allowed, and what there is */
struct message *note_hello(const struct tap *tap);

#endif /* SCOPE_NOTE_H */
