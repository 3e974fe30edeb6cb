/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page, and the WebSocket that brings the signal to it.
 */
#ifndef SCOPE_SERVER_H
#define SCOPE_SERVER_H

#include "access.h"
#include "tap.h"

struct lws_context;

/**
 * struct server - what is served, and to whom
 * @bind: address; NULL: all of them
 * @port: 0: one that is free
 * @viewers: at most
 */
struct server {
	struct tap tap;
	struct access access;
	const char *bind;
	unsigned int port, viewers;
	struct lws_context *context;
	double told;		/* when the status was, by the clock */
	double seen;		/* when somebody looked */
};

/* Listen; @server->port becomes the port. Returns an exit status. */
int server_begin(struct server *server);

/* Until there is a reason to stop. */
void server_run(struct server *server);

void server_end(struct server *server);

#endif /* SCOPE_SERVER_H */
