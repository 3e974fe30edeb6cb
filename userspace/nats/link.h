/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The connection to the servers, which comes and goes: it is made again by itself, with any of
 * them, for as long as the link is open.
 */
#ifndef ACQ_LINK_H
#define ACQ_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include <nats/nats.h>

#define LINK_HELP \
	"  -s, --server URL,...   the servers (default: $NATS_URL, else nats://localhost:4222)\n" \
	"      --creds FILE       credentials of a user\n" \
	"      --ca FILE          certificate of who vouches for the servers: speaks TLS\n"

/**
 * struct link_options - where the servers are
 * @servers: URLs with commas between; NULL: as LINK_HELP says
 * @creds: file with credentials; NULL: none
 * @ca: file with a certificate; NULL: no TLS but for URLs that ask for it
 * @name: of this client, for who looks at the server
 */
struct link_options {
	const char *servers, *creds, *ca, *name;
};

struct link;

/**
 * link_open - begin to connect
 * @link: to be closed with link_close()
 * @options: where to
 * @changed: called in other threads whenever link_is_up() may have changed
 * @arg: for it
 *
 * Return: an exit status; complains. A server that is not there is no reason to.
 */
int link_open(struct link **link, const struct link_options *options, void (*changed)(void *arg),
	      void *arg);

bool link_is_up(const struct link *link);

/* It never will be again: the servers do not let this user in, and @why they say so. */
bool link_is_refused(const struct link *link, char *why, size_t size);

/* How often the connection has been made so far */
unsigned int link_times(const struct link *link);

natsConnection *link_connection(const struct link *link);

/* Why there is no connection, in words */
const char *link_error(const struct link *link);

/* Nothing comes any more, and nobody is called. */
void link_shut(struct link *link);

void link_close(struct link *link);

#endif /* ACQ_LINK_H */
