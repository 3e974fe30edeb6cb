// SPDX-License-Identifier: GPL-2.0-only
/* The control socket. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "listen.h"

#define LINE_BYTES	1024
#define WORDS		8
#define PATIENCE_MS	1000	/* for a client that does not read its answers */

struct client {
	int fd;
	char line[LINE_BYTES];
	size_t bytes;
	bool too_long;
};

struct control {
	char *path;
	control_handler *handler;
	void *owner;
	int listener;
	struct client clients[CONTROL_CLIENTS];
};

static void control_drop_client(struct client *k)
{
	close(k->fd);
	k->fd = -1;
	k->bytes = 0;
	k->too_long = false;
}

static bool control_send_all(struct client *k, const char *text, size_t bytes)
{
	while (bytes) {
		ssize_t n = send(k->fd, text, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
		struct pollfd p = { .fd = k->fd, .events = POLLOUT };

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno != EAGAIN || poll(&p, 1, PATIENCE_MS) <= 0))
			return false;
		if (n > 0) {
			text += n;
			bytes -= (size_t)n;
		}
	}
	return true;
}

/* In one piece, as far as the socket takes it. */
static bool control_reply(struct client *k, bool good, const char *text)
{
	char *line;
	int bytes = asprintf(&line, "%s%s%s\n", good ? "ok" : "error", *text ? " " : "", text);
	bool sent;

	if (bytes < 0)
		return false;
	sent = control_send_all(k, line, (size_t)bytes);
	free(line);
	return sent;
}

/* Carries out one line. False if the client has to go. */
static bool control_take_line(struct control *c, struct client *k)
{
	char *words[WORDS], *rest = k->line, *word, *text = NULL;
	size_t bytes = 0;
	int count = 0, error;
	bool sent;
	FILE *out;

	while (count < WORDS && (word = strtok_r(rest, " \t\r", &rest)))
		words[count++] = word;
	if (!count)
		return true;
	if (count == WORDS)
		return control_reply(k, false, "too many words");
	out = open_memstream(&text, &bytes);
	if (!out)
		return false;
	error = c->handler(c->owner, count, words, out);
	if (fclose(out)) {
		free(text);
		return false;
	}
	sent = control_reply(k, !error, text);
	free(text);
	return sent;
}

static void control_serve_client(struct control *c, struct client *k)
{
	char part[LINE_BYTES];
	ssize_t n = recv(k->fd, part, sizeof(part), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		control_drop_client(k);
		return;
	}
	for (ssize_t i = 0; i < n; i++) {
		bool good = true;

		if (part[i] != '\n' && part[i] != '\r') {
			if (k->bytes < sizeof(k->line) - 1)
				k->line[k->bytes++] = part[i];
			else
				k->too_long = true;
			continue;
		}
		k->line[k->bytes] = 0;
		if (k->too_long)
			good = control_reply(k, false, "line is too long");
		else
			good = control_take_line(c, k);
		k->bytes = 0;
		k->too_long = false;
		if (!good) {
			control_drop_client(k);
			return;
		}
	}
}

void control_poll(const struct control *c, struct pollfd *fds)
{
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		fds[i] = (struct pollfd){ .fd = c->clients[i].fd, .events = POLLIN };
	fds[CONTROL_CLIENTS] = (struct pollfd){ .fd = c->listener, .events = POLLIN };
}

void control_serve(struct control *c, const struct pollfd *fds)
{
	for (int i = 0; i < CONTROL_CLIENTS; i++) {
		if (fds[i].fd >= 0 && fds[i].revents)
			control_serve_client(c, &c->clients[i]);
	}
	if (!fds[CONTROL_CLIENTS].revents)
		return;
	for (int i = 0; i < CONTROL_CLIENTS; i++) {
		if (c->clients[i].fd < 0) {
			c->clients[i].fd = accept4(c->listener, NULL, NULL,
						   SOCK_CLOEXEC | SOCK_NONBLOCK);
			return;
		}
	}
	/* one too many: not left waiting */
	close(accept4(c->listener, NULL, NULL, SOCK_CLOEXEC));
}

struct control *control_new(const char *path, control_handler *handler, void *owner)
{
	struct control *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		c->clients[i].fd = -1;
	c->handler = handler;
	c->owner = owner;
	c->listener = listen_at(path);
	c->path = strdup(path);
	if (c->listener < 0 || !c->path) {
		int error = c->listener < 0 ? -c->listener : ENOMEM;

		control_free(c);
		errno = error;
		return NULL;
	}
	return c;
}

void control_free(struct control *c)
{
	if (!c)
		return;
	for (int i = 0; i < CONTROL_CLIENTS; i++) {
		if (c->clients[i].fd >= 0)
			control_drop_client(&c->clients[i]);
	}
	if (c->listener >= 0) {
		close(c->listener);
		if (c->path)
			unlink(c->path);
	}
	free(c->path);
	free(c);
}
