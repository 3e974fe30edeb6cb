/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Those that look: each has one picture, one status and one answer at most that wait for its
 * socket. What is newer takes their place; nobody is waited for.
 */
#ifndef SCOPE_VIEWER_H
#define SCOPE_VIEWER_H

#include <stdbool.h>
#include <stddef.h>

#include "ask.h"
#include "picture.h"

struct lws;
struct message;
struct tap;

struct viewer {
	struct viewer *next;
	struct lws *wsi;
	struct picture_settings settings;
	struct picture *picture;
	struct message *hello, *answer, *status, *trace;	/* wait to be sent */
	char in[ASK_MAX];
	size_t bytes;
	double allowance, allowed;	/* messages that it may send, and when that was counted */
};

/* False: out of memory. */
bool viewer_join(struct viewer *v, struct lws *wsi, const struct tap *tap);

void viewer_leave(struct viewer *v);

unsigned int viewer_count(void);

/* A part of what it says; false: it has to go. */
bool viewer_receive(struct viewer *v, const char *data, size_t bytes, struct tap *tap);

/* Its socket has room; false: it has to go. */
bool viewer_send(struct viewer *v);

/* New pictures are there. */
void viewer_show_all(void);

/* @status: for each of them, and the caller's no more; NULL: none */
void viewer_tell_all(struct message *status);

#endif /* SCOPE_VIEWER_H */
