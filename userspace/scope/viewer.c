// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <sys/socket.h>

#include <libwebsockets.h>

#include "clock.h"
#include "message.h"
#include "note.h"
#include "order.h"
#include "tap.h"
#include "viewer.h"

#define VIEWER_SOCKET	(128 << 10)	/* bytes on their way: more would be old when they arrive */
#define VIEWER_MESSAGES	30.0		/* a second that it may send, */
#define VIEWER_BURST	60.0		/* and so many at once */

static struct viewer *viewer_list;

/* @m, whose user this becomes, takes the place of what waits at @at. */
static void viewer_replace(struct viewer *v, struct message **at, struct message *m)
{
	message_leave(*at);
	*at = m;
	if (m)
		lws_callback_on_writable(v->wsi);
}

bool viewer_join(struct viewer *v, struct lws *wsi, const struct tap *tap)
{
	int room = VIEWER_SOCKET;

	*v = (struct viewer){ .wsi = wsi, .allowance = VIEWER_BURST, .allowed = clock_seconds() };
	setsockopt(lws_get_socket_fd(wsi), SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	ask_default(&v->settings);
	v->picture = picture_get(&v->settings);
	if (!v->picture)
		return false;
	v->next = viewer_list;
	viewer_list = v;
	viewer_replace(v, &v->hello, note_hello(tap));
	return true;
}

void viewer_leave(struct viewer *v)
{
	struct viewer **at = &viewer_list;

	while (*at && *at != v)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = v->next;
	picture_put(v->picture);
	message_leave(v->hello);
	message_leave(v->answer);
	message_leave(v->status);
	message_leave(v->trace);
}

unsigned int viewer_count(void)
{
	const struct viewer *v;
	unsigned int n = 0;

	for (v = viewer_list; v; v = v->next)
		n++;
	return n;
}

static bool viewer_go(struct viewer *v, enum lws_close_status status, const char *why)
{
	lws_close_reason(v->wsi, status, (unsigned char *)why, strlen(why));
	return false;
}

/* Does it say no more than a person's hand could? */
static bool viewer_may_say(struct viewer *v)
{
	double now = clock_seconds();

	v->allowance += (now - v->allowed) * VIEWER_MESSAGES;
	if (v->allowance > VIEWER_BURST)
		v->allowance = VIEWER_BURST;
	v->allowed = now;
	v->allowance -= 1;
	return v->allowance >= 0;
}

static bool viewer_see(struct viewer *v)
{
	struct picture *p = picture_get(&v->settings);

	if (!p)
		return false;
	picture_put(v->picture);
	v->picture = p;
	/* what waits is of the settings before */
	viewer_replace(v, &v->trace, picture_new(p) ? message_use(picture_new(p)) : NULL);
	return true;
}

static void viewer_order(struct viewer *v, struct tap *tap, const struct ask *ask)
{
	char why[ASK_TEXT];
	bool done;

	if (!tap->control) {
		viewer_replace(v, &v->answer,
			       note_answer(false, "this scope only shows: see --control"));
		return;
	}
	done = order_do(tap, ask, why, sizeof(why));
	viewer_replace(v, &v->answer, note_answer(done, why));
}

bool viewer_receive(struct viewer *v, const char *data, size_t bytes, struct tap *tap)
{
	struct ask ask;

	if (lws_frame_is_binary(v->wsi))
		return viewer_go(v, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, "text is expected");
	if (bytes > sizeof(v->in) - v->bytes)
		return viewer_go(v, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "too long");
	memcpy(v->in + v->bytes, data, bytes);
	v->bytes += bytes;
	if (lws_remaining_packet_payload(v->wsi) || !lws_is_final_fragment(v->wsi))
		return true;
	bytes = v->bytes;
	v->bytes = 0;
	if (!viewer_may_say(v))
		return viewer_go(v, LWS_CLOSE_STATUS_POLICY_VIOLATION, "too many messages");
	ask_parse(&ask, v->in, bytes, &v->settings);
	if (ask.kind == ASK_SEE)
		return viewer_see(v);
	if (ask.kind == ASK_BAD)
		viewer_replace(v, &v->answer, note_answer(false, ask.text));
	else
		viewer_order(v, tap, &ask);
	return true;
}

bool viewer_send(struct viewer *v)
{
	struct message **const waits[] = { &v->hello, &v->answer, &v->status, &v->trace };
	struct message *m = NULL;
	unsigned int i;
	int n;

	for (i = 0; i < sizeof(waits) / sizeof(waits[0]) && !m; i++) {
		m = *waits[i];
		*waits[i] = NULL;
	}
	if (!m)
		return true;
	/* what its socket has no room for, libwebsockets keeps, and asks for nothing meanwhile */
	n = lws_write(v->wsi, m->data, m->bytes, m->text ? LWS_WRITE_TEXT : LWS_WRITE_BINARY);
	i = n >= (int)m->bytes;
	message_leave(m);
	if (i && (v->hello || v->answer || v->status || v->trace))
		lws_callback_on_writable(v->wsi);
	return i;
}

void viewer_show_all(void)
{
	struct message *m;
	struct viewer *v;

	for (v = viewer_list; v; v = v->next) {
		m = picture_new(v->picture);
		if (m)
			viewer_replace(v, &v->trace, message_use(m));
	}
}

void viewer_tell_all(struct message *status)
{
	struct viewer *v;

	if (!status)
		return;
	for (v = viewer_list; v; v = v->next)
		viewer_replace(v, &v->status, message_use(status));
	message_leave(status);
}
