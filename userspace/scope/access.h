/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may look. A page of somebody else's, in a browser of somebody who may, is kept out by the
 * names that browsers send: of the host that they think they talk to, and of the page that asks.
 */
#ifndef SCOPE_ACCESS_H
#define SCOPE_ACCESS_H

#include <stdbool.h>
#include <stddef.h>

#define ACCESS_TOKEN	32	/* characters */
#define ACCESS_NAMES	8

/**
 * struct access - the rules
 * @token: "": none is asked for
 * @name: names of this host beside its own, "localhost" and addresses
 */
struct access {
	char token[ACCESS_TOKEN + 1];
	const char *name[ACCESS_NAMES];
	unsigned int names;
};

/* Make a token by chance; false: there is no chance to be had, errno says why. */
bool access_make_token(struct access *access);

/* Is @bind an address that only this machine reaches? */
bool access_is_loopback(const char *bind);

/* "HOST" or "HOST:PORT" of a request: an address cannot be rebound, a name can. */
bool access_host(const struct access *access, const char *host);

/* "http://HOST:PORT" of a page, or "": not a browser; it is one of @host. */
bool access_origin(const char *origin, const char *host);

/* In a time that does not depend on what is right in it */
bool access_token(const struct access *access, const char *token, size_t length);

#endif /* SCOPE_ACCESS_H */
