// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include <libwebsockets.h>

#include "message.h"

struct message *message_new(size_t bytes)
{
	struct message *m = malloc(sizeof(*m));

	if (!m)
		return NULL;
	*m = (struct message){ .users = 1, .bytes = bytes };
	m->data = malloc(LWS_PRE + bytes);
	if (!m->data) {
		free(m);
		return NULL;
	}
	m->data += LWS_PRE;
	return m;
}

struct message *message_text(const char *text)
{
	struct message *m = message_new(strlen(text));

	if (!m)
		return NULL;
	m->text = true;
	memcpy(m->data, text, m->bytes);
	return m;
}

struct message *message_use(struct message *m)
{
	m->users++;
	return m;
}

void message_leave(struct message *m)
{
	if (!m || --m->users)
		return;
	free(m->data - LWS_PRE);
	free(m);
}
