// SPDX-License-Identifier: GPL-2.0-only
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "link.h"
#include "report.h"

#define LINK_SERVERS	64
#define LINK_WAIT_MS	250	/* between two tries */
#define LINK_CONNECT_MS	2000
#define LINK_WRITE_MS	5000	/* a server that takes nothing for so long is gone */
#define LINK_PING_MS	5000
#define LINK_PINGS	2

struct link {
	natsOptions *options;
	natsConnection *connection;
	void (*changed)(void *arg);
	void *arg;
	atomic_bool up;
	atomic_uint times;
	sem_t closed;			/* no more is called back */
	atomic_bool refused;		/* the library has given up: twice not let in */
	bool shut;
};

static void link_is_there(natsConnection *connection, void *closure)
{
	struct link *link = closure;

	(void)connection;
	atomic_fetch_add(&link->times, 1);
	atomic_store(&link->up, true);
	link->changed(link->arg);
}

static void link_is_gone(natsConnection *connection, void *closure)
{
	struct link *link = closure;

	(void)connection;
	atomic_store(&link->up, false);
	link->changed(link->arg);
}

static void link_is_closed(natsConnection *connection, void *closure)
{
	struct link *link = closure;

	(void)connection;
	atomic_store(&link->refused, true);
	link->changed(link->arg);
	sem_post(&link->closed);
}

/* The library would print it to stderr. */
static void link_ignore(natsConnection *connection, natsSubscription *sub, natsStatus err,
			void *closure)
{
	(void)connection;
	(void)sub;
	(void)err;
	(void)closure;
}

static natsStatus link_set_servers(struct link *link, const char *list)
{
	const char *server[LINK_SERVERS];
	char *copy = strdup(list), *word, *save;
	natsStatus err = NATS_NO_MEMORY;
	int n = 0;

	if (!copy)
		return err;
	for (word = strtok_r(copy, ",", &save); word && n < LINK_SERVERS;
	     word = strtok_r(NULL, ",", &save))
		server[n++] = word;
	err = n ? natsOptions_SetServers(link->options, server, n) : NATS_INVALID_ARG;
	free(copy);
	return err;
}

static natsStatus link_set_ways(struct link *link)
{
	natsOptions *o = link->options;
	natsStatus err;

	err = natsOptions_SetMaxReconnect(o, -1);
	if (!err)
		err = natsOptions_SetReconnectWait(o, LINK_WAIT_MS);
	if (!err)
		err = natsOptions_SetReconnectJitter(o, LINK_WAIT_MS / 4, LINK_WAIT_MS / 4);
	if (!err)
		err = natsOptions_SetTimeout(o, LINK_CONNECT_MS);
	if (!err)
		err = natsOptions_SetWriteDeadline(o, LINK_WRITE_MS);
	if (!err)
		err = natsOptions_SetPingInterval(o, LINK_PING_MS);
	if (!err)
		err = natsOptions_SetMaxPingsOut(o, LINK_PINGS);
	/* what could not be sent is sent again by who knows what that is */
	if (!err)
		err = natsOptions_SetReconnectBufSize(o, 1);
	if (!err)
		err = natsOptions_SetFailRequestsOnDisconnect(o, true);
	if (!err)
		err = natsOptions_SetErrorHandler(o, link_ignore, link);
	if (!err)
		err = natsOptions_SetDisconnectedCB(o, link_is_gone, link);
	if (!err)
		err = natsOptions_SetReconnectedCB(o, link_is_there, link);
	if (!err)
		err = natsOptions_SetClosedCB(o, link_is_closed, link);
	if (!err)
		err = natsOptions_SetRetryOnFailedConnect(o, true, link_is_there, link);
	return err;
}

static int link_set_up(struct link *link, const struct link_options *options)
{
	const char *servers = options->servers ?: getenv("NATS_URL") ?: "nats://localhost:4222";
	natsStatus err;

	if (natsOptions_Create(&link->options)) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	if (link_set_servers(link, servers)) {
		complain("'%s' does not name servers: nats://HOST:PORT,... does", servers);
		return EXIT_USAGE;
	}
	if (options->creds &&
	    natsOptions_SetUserCredentialsFromFiles(link->options, options->creds, NULL)) {
		complain("%s cannot be used as credentials", options->creds);
		return EXIT_SYSTEM;
	}
	err = options->ca ? natsOptions_LoadCATrustedCertificates(link->options, options->ca) : 0;
	if (!err && options->ca)
		err = natsOptions_SetSecure(link->options, true);
	if (err) {
		complain("%s cannot be used as a certificate: %s", options->ca,
			 natsStatus_GetText(err));
		return EXIT_SYSTEM;
	}
	err = natsOptions_SetName(link->options, options->name);
	if (!err)
		err = link_set_ways(link);
	if (err) {
		complain("the connection cannot be set up: %s", natsStatus_GetText(err));
		return EXIT_SYSTEM;
	}
	return EXIT_OK;
}

int link_open(struct link **out, const struct link_options *options, void (*changed)(void *arg),
	      void *arg)
{
	struct link *link = calloc(1, sizeof(*link));
	natsStatus err;
	int status;

	*out = link;
	if (!link) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	sem_init(&link->closed, 0, 0);
	link->changed = changed;
	link->arg = arg;
	status = link_set_up(link, options);
	if (status)
		return status;
	err = natsConnection_Connect(&link->connection, link->options);
	if (!err) {
		link_is_there(link->connection, link);
		return EXIT_OK;
	}
	if (err == NATS_NOT_YET_CONNECTED)
		return EXIT_OK;
	complain("the servers cannot be used: %s", natsStatus_GetText(err));
	return EXIT_SYSTEM;
}

bool link_is_up(const struct link *link)
{
	return atomic_load(&link->up);
}

unsigned int link_times(const struct link *link)
{
	return atomic_load(&link->times);
}

natsConnection *link_connection(const struct link *link)
{
	return link->connection;
}

const char *link_error(const struct link *link)
{
	const char *text = NULL;
	natsStatus err = natsConnection_GetLastError(link->connection, &text);

	return text && *text ? text : err ? natsStatus_GetText(err) : "none answers";
}

bool link_is_refused(const struct link *link, char *why, size_t size)
{
	if (!atomic_load(&link->refused))
		return false;
	snprintf(why, size, "the servers refuse this user (%.150s): check --creds, or the user in --server",
		 link_error(link));
	return true;
}

void link_shut(struct link *link)
{
	if (!link || !link->connection || link->shut)
		return;
	link->shut = true;
	natsConnection_Close(link->connection);
	while (sem_wait(&link->closed))
		;
}

void link_close(struct link *link)
{
	if (!link)
		return;
	link_shut(link);
	sem_destroy(&link->closed);
	natsConnection_Destroy(link->connection);
	natsOptions_Destroy(link->options);
	free(link);
}
