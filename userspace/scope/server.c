// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include <libwebsockets.h>

#include "clock.h"
#include "exit.h"
#include "note.h"
#include "page.h"
#include "picture.h"
#include "report.h"
#include "server.h"
#include "stop.h"
#include "viewer.h"

#define SERVER_PERIOD	0.05	/* seconds between two pictures */
#define SERVER_STATUS	0.25	/* and between two of what is said in words */
#define SERVER_LINGER	2.0	/* that the device is kept for nobody: pages are reloaded */
#define SERVER_SHARE	2	/* of the time: so many times what a picture has taken */
#define SERVER_PATH	"/live"
#define SERVER_MESSAGE	(1U << 20)
#define SERVER_FILES	64	/* connections beside those of viewers */
#define SERVER_HEADER	512

struct server_tick {
	lws_sorted_usec_list_t sul;
	struct server *server;
};

static struct server *server_of(struct lws *wsi)
{
	return lws_context_user(lws_get_context(wsi));
}

/* A header of the request; "" if there is none. False: it is longer than any good one. */
static bool server_header(struct lws *wsi, enum lws_token_indexes which, char text[SERVER_HEADER])
{
	*text = '\0';
	if (!lws_hdr_total_length(wsi, which))
		return true;
	return lws_hdr_copy(wsi, text, SERVER_HEADER, which) >= 0;
}

/* What is wrong with the host that the request names; NULL: nothing */
static const char *server_refuse_host(struct lws *wsi)
{
	char host[SERVER_HEADER];

	if (server_header(wsi, WSI_TOKEN_HOST, host) && access_host(&server_of(wsi)->access, host))
		return NULL;
	return "The name in the address is not this host's: use its IP address, or --name.";
}

static const char *server_refuse_viewer(struct lws *wsi, unsigned int *code)
{
	char origin[SERVER_HEADER], host[SERVER_HEADER], token[SERVER_HEADER];
	const struct server *server = server_of(wsi);
	const char *why = server_refuse_host(wsi);
	int n;

	*code = HTTP_STATUS_FORBIDDEN;
	if (why)
		return why;
	if (!server_header(wsi, WSI_TOKEN_ORIGIN, origin) ||
	    !server_header(wsi, WSI_TOKEN_HOST, host) || !access_origin(origin, host))
		return "Another site's page may not look.";
	n = lws_get_urlarg_by_name_safe(wsi, "token", token, sizeof(token));
	if (!access_token(&server->access, token, n < 0 ? 0 : n))
		return "The token is missing or wrong.";
	*code = HTTP_STATUS_NOT_FOUND;
	if (!server_header(wsi, WSI_TOKEN_GET_URI, host) || strcmp(host, SERVER_PATH))
		return "There is nothing here to connect to.";
	*code = HTTP_STATUS_SERVICE_UNAVAILABLE;
	return viewer_count() < server->viewers ? NULL : "So many look already: see --viewers.";
}

static int server_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
		       size_t len)
{
	const char *why;
	unsigned int code;

	switch (reason) {
	case LWS_CALLBACK_HTTP:
		why = server_refuse_host(wsi);
		if (!why)
			return page_begin(wsi, user, in);
		return lws_return_http_status(wsi, HTTP_STATUS_FORBIDDEN, why) ||
		       lws_http_transaction_completed(wsi) ? -1 : 0;
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return page_continue(wsi, user);
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		why = server_refuse_viewer(wsi, &code);
		if (!why)
			return 0;
		return lws_return_http_status(wsi, code, why) ? -1 : 1;
	/* a WebSocket without the protocol's name */
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
	case LWS_CALLBACK_ESTABLISHED:
		return -1;
	default:
		return lws_callback_http_dummy(wsi, reason, user, in, len);
	}
}

static int server_live(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
		       size_t len)
{
	struct server *server = server_of(wsi);
	unsigned int code;
	bool good = true;

	switch (reason) {
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		good = !server_refuse_viewer(wsi, &code);
		break;
	case LWS_CALLBACK_ESTABLISHED:
		good = viewer_join(user, wsi, &server->tap);
		break;
	case LWS_CALLBACK_RECEIVE:
		good = viewer_receive(user, in, len, &server->tap);
		break;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		good = viewer_send(user);
		break;
	case LWS_CALLBACK_CLOSED:
		viewer_leave(user);
		break;
	default:
		break;
	}
	return good ? 0 : -1;
}

static const struct lws_protocols server_protocols[] = {
	{ .name = "http", .callback = server_http, .per_session_data_size = sizeof(struct page) },
	{ .name = "acq-scope", .callback = server_live,
	  .per_session_data_size = sizeof(struct viewer), .rx_buffer_size = ASK_MAX,
	  .tx_packet_size = SERVER_MESSAGE },
	LWS_PROTOCOL_LIST_TERM
};

/* One that has gone without a word is found out by this. */
static const lws_retry_bo_t server_idle = {
	.secs_since_valid_ping = 20,
	.secs_since_valid_hangup = 45,
};

static void server_log(int level, const char *line)
{
	(void)level;
	complain("%.*s", (int)strcspn(line, "\n"), line);
}

int server_begin(struct server *server)
{
	struct lws_context_creation_info info = {
		.iface = server->bind,
		.port = server->port,
		.protocols = server_protocols,
		.user = server,
		.server_string = "acq-scope",
		.fd_limit_per_thread = server->viewers + SERVER_FILES,
		.timeout_secs = 10,
		.keepalive_timeout = 10,
		.retry_and_idle_policy = &server_idle,
		.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
			   LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND,
	};
	struct lws_vhost *host;

	lws_set_log_level(LLL_ERR, server_log);
	server->context = lws_create_context(&info);
	host = server->context ? lws_create_vhost(server->context, &info) : NULL;
	if (!host) {
		complain("cannot listen on %s, port %u: is that this machine's address, and the port free (ss -ltn)?",
			 server->bind ?: "all addresses", server->port);
		lws_context_destroy(server->context);
		return EXIT_SYSTEM;
	}
	server->port = lws_get_vhost_listen_port(host);
	/* from now on it would tell of what strangers send */
	lws_set_log_level(0, NULL);
	return EXIT_OK;
}

static void server_tick(lws_sorted_usec_list_t *sul)
{
	struct server_tick *tick = lws_container_of(sul, struct server_tick, sul);
	struct server *server = tick->server;
	struct tap *tap = &server->tap;
	double now = clock_seconds(), pause;
	struct picture_stream stream;
	unsigned int viewers = viewer_count();

	if (viewers)
		server->seen = now;
	if (now - server->seen >= SERVER_LINGER) {
		tap_leave(tap);
		tap->retry = 0;
	} else {
		if (tap_take(tap) == TAP_ANEW)
			picture_restart();
		stream = (struct picture_stream){ tap_mask(tap), tap->config.rate_millihz };
		picture_make_all(&tap->history, &stream);
		viewer_show_all();
		if (now - server->told >= SERVER_STATUS) {
			viewer_tell_all(note_status(tap, viewers));
			server->told = now;
		}
	}
	pause = (clock_seconds() - now) * (SERVER_SHARE - 1);
	if (pause < SERVER_PERIOD)
		pause = SERVER_PERIOD;
	lws_sul_schedule(server->context, 0, sul, server_tick, pause * LWS_US_PER_SEC);
}

void server_run(struct server *server)
{
	struct server_tick tick = { .server = server };

	lws_sul_schedule(server->context, 0, &tick.sul, server_tick, 1);
	while (!stop_reason() && lws_service(server->context, 0) >= 0)
		;
	lws_sul_cancel(&tick.sul);
}

void server_end(struct server *server)
{
	lws_context_destroy(server->context);
	tap_leave(&server->tap);
}
