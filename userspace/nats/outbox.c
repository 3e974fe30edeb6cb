// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include <json-c/json.h>

#include "clock.h"
#include "exit.h"
#include "outbox.h"
#include "report.h"

#define OUTBOX_ACK		3.0	/* seconds that an answer may take */
#define OUTBOX_PAUSE		0.1	/* between two tries, at first */
#define OUTBOX_PAUSE_MAX	1.0
#define OUTBOX_CONFLICTS	4	/* of one message before it gets another id */
#define OUTBOX_HEADERS		4096	/* bytes, at most */
#define OUTBOX_WHY		256

/* A message of that id was refused, or is under way: the server does not know it as stored. */
#define OUTBOX_CONFLICT		10158

struct outbox {
	struct outbox_options options;
	struct link *link;
	natsSubscription *acks;
	sem_t complete;			/* no more are taken */
	char *inbox;
	pthread_t thread;
	bool running;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct outbox_entry *entry;	/* number n is at n modulo the depth */
	uint64_t first, end, next;	/* next: to be sent */
	bool quit, ready, alone;	/* alone: the first has to be acknowledged before others */
	unsigned int generation, times, conflicts, refusals;
	double not_before, pause;
	char last_id[MESSAGE_ID_MAX];	/* of what is done */
	char why[OUTBOX_WHY], fatal[OUTBOX_WHY];
	struct outbox_totals totals;
	char *samples;			/* the thread's: of a message in the spool */
	size_t samples_bytes;
};

static struct outbox_entry *outbox_at(struct outbox *o, uint64_t number)
{
	return &o->entry[number % o->options.depth];
}

static void outbox_wake(void *arg)
{
	struct outbox *o = arg;

	pthread_mutex_lock(&o->lock);
	pthread_cond_signal(&o->changed);
	pthread_mutex_unlock(&o->lock);
	eventfd_write(o->options.wake, 1);
}

/* All that is not done is sent again, after a pause. */
static void outbox_start_over(struct outbox *o, const char *why)
{
	uint64_t n;

	snprintf(o->why, sizeof(o->why), "%s", why);
	for (n = o->first; n < o->next; n++) {
		o->totals.resent += outbox_at(o, n)->sent && !outbox_at(o, n)->done;
		outbox_at(o, n)->sent = false;
	}
	o->next = o->first;
	o->generation++;
	o->alone = true;
	o->not_before = clock_seconds() + o->pause;
	o->pause = o->pause < OUTBOX_PAUSE_MAX / 2 ? 2 * o->pause : OUTBOX_PAUSE_MAX;
}

static void outbox_acknowledged(struct outbox *o, uint64_t n, bool repeated)
{
	struct outbox_entry *entry = outbox_at(o, n);

	/* a late answer may be of what is to be sent again: it is there all the same */
	if (entry->done)
		return;
	entry->done = true;
	o->totals.messages++;
	o->totals.repeated += repeated;
	o->totals.bytes += entry->m.kind == MESSAGE_BLOCK ? entry->m.frames * entry->m.frame_bytes :
							    0;
	if (n == o->first)
		o->alone = false;
	o->pause = OUTBOX_PAUSE;
	o->refusals = 0;
	o->conflicts = 0;
}

static void outbox_refused(struct outbox *o, uint64_t n, int code, const char *text)
{
	/*
	 * The server keeps the id of a message that it refused for its order, and takes no other
	 * of that id for as long as it knows duplicates. Nor has it what comes behind that.
	 */
	if (code == OUTBOX_CONFLICT && n == o->first && ++o->conflicts >= OUTBOX_CONFLICTS) {
		for (; n < o->end; n++)
			outbox_at(o, n)->again += outbox_at(o, n)->tried;
		o->conflicts = 0;
	}
	/* maybe the stream has been deleted */
	if (++o->refusals % 8 == 0)
		o->ready = false;
	outbox_start_over(o, text);
}

/* "{"stream":"S","seq":1}" or "{"error":{"err_code":10070,"description":"..."}}" */
static void outbox_read_ack(struct outbox *o, uint64_t n, bool newest, natsMsg *msg)
{
	int bytes = natsMsg_GetDataLength(msg);
	struct json_object *answer = NULL, *error, *v;
	struct json_tokener *tokener = json_tokener_new();
	const char *text = "an answer that is none";
	bool repeated;
	int code = 0;

	if (natsMsg_IsNoResponders(msg))
		text = "no server has the stream now";
	else if (tokener && bytes > 0)
		answer = json_tokener_parse_ex(tokener, natsMsg_GetData(msg), bytes);
	if (json_object_object_get_ex(answer, "error", &error)) {
		if (json_object_object_get_ex(error, "err_code", &v))
			code = json_object_get_int(v);
		if (json_object_object_get_ex(error, "description", &v))
			text = json_object_get_string(v);
	} else if (json_object_object_get_ex(answer, "seq", &v) && json_object_get_int64(v) > 0) {
		text = NULL;
		repeated = json_object_object_get_ex(answer, "duplicate", &v) &&
			   json_object_get_boolean(v);
		outbox_acknowledged(o, n, repeated);
	}
	if (text && newest)
		outbox_refused(o, n, code, text);
	json_object_put(answer);
	json_tokener_free(tokener);
}

/* The subject that is answered to says which message, and which time it was sent. */
static void outbox_take_ack(natsConnection *connection, natsSubscription *sub, natsMsg *msg,
			    void *closure)
{
	struct outbox *o = closure;
	unsigned int generation;
	const char *subject;
	uint64_t n;

	(void)connection;
	(void)sub;
	subject = natsMsg_GetSubject(msg) + strlen(o->inbox);
	if (sscanf(subject, ".%u.%" SCNu64, &generation, &n) == 2) {
		pthread_mutex_lock(&o->lock);
		if (n >= o->first && n < o->end)
			outbox_read_ack(o, n, generation == o->generation && n < o->next, msg);
		pthread_mutex_unlock(&o->lock);
		outbox_wake(o);
	}
	natsMsg_Destroy(msg);
}

static void outbox_took_acks(void *closure)
{
	struct outbox *o = closure;

	sem_post(&o->complete);
}

struct outbox_headers {
	natsMsg *msg;
	natsStatus err;
};

static void outbox_put_header(void *arg, const char *name, const char *value)
{
	struct outbox_headers *h = arg;

	if (!h->err)
		h->err = natsMsgHeader_Set(h->msg, name, value);
}

static natsStatus outbox_put_headers(struct outbox *o, uint64_t n, natsMsg *msg)
{
	const struct outbox_entry *entry = outbox_at(o, n), *before;
	struct outbox_headers h = { .msg = msg };
	char id[MESSAGE_ID_MAX];

	message_each(&entry->m, outbox_put_header, &h);
	outbox_put_header(&h, "Nats-Msg-Id", message_id(&entry->m, entry->again, id));
	if (n > o->first) {
		before = outbox_at(o, n - 1);
		message_id(&before->m, before->again, id);
	} else {
		strcpy(id, o->last_id);
	}
	if (!o->alone && *id)
		outbox_put_header(&h, "Nats-Expected-Last-Msg-Id", id);
	return h.err;
}

/* Samples of a message in the spool, which an earlier publisher may have made larger. */
static int outbox_read_spool(struct outbox *o, const struct outbox_entry *entry)
{
	size_t bytes = entry->place.body;
	char *samples;

	if (bytes > o->samples_bytes) {
		samples = realloc(o->samples, bytes);
		if (!samples)
			return -ENOMEM;
		o->samples = samples;
		o->samples_bytes = bytes;
	}
	return spool_read(o->options.spool, &entry->place, o->samples);
}

/* The message to be sent next; NULL: complain of that. With the lock held: the ring stays. */
static natsMsg *outbox_make(struct outbox *o, uint64_t n)
{
	struct outbox_entry *entry = outbox_at(o, n);
	size_t bytes = entry->m.kind == MESSAGE_BLOCK ? entry->m.frames * entry->m.frame_bytes : 0;
	const char *samples = entry->ring;
	char reply[128];
	natsMsg *msg = NULL;
	natsStatus status;
	int err = 0;

	if (bytes && entry->spooled) {
		err = outbox_read_spool(o, entry);
		samples = o->samples;
	}
	if (err) {
		snprintf(o->fatal, sizeof(o->fatal), "a message of the spool cannot be read: %s",
			 strerror(-err));
		return NULL;
	}
	snprintf(reply, sizeof(reply), "%s.%u.%" PRIu64, o->inbox, o->generation, n);
	status = natsMsg_Create(&msg, o->options.store.subject, reply, samples, bytes);
	if (!status)
		status = outbox_put_headers(o, n, msg);
	if (!status)
		return msg;
	natsMsg_Destroy(msg);
	outbox_start_over(o, natsStatus_GetText(status));
	return NULL;
}

static void outbox_send(struct outbox *o)
{
	unsigned int generation = o->generation;
	uint64_t n = o->next;
	natsStatus err;
	natsMsg *msg;
	size_t bytes;

	msg = outbox_make(o, n);
	if (!msg)
		return;
	bytes = natsMsg_GetDataLength(msg);
	outbox_at(o, n)->sent = true;
	outbox_at(o, n)->tried = true;
	outbox_at(o, n)->sent_at = clock_seconds();
	o->next++;
	pthread_mutex_unlock(&o->lock);
	err = natsConnection_PublishMsg(link_connection(o->link), msg);
	natsMsg_Destroy(msg);
	pthread_mutex_lock(&o->lock);
	if (err == NATS_MAX_PAYLOAD)
		snprintf(o->fatal, sizeof(o->fatal), "a message of %zu bytes is larger than the server takes: raise its max_payload",
			 bytes);
	if (err && generation == o->generation)
		outbox_start_over(o, natsStatus_GetText(err));
}

static void outbox_check_store(struct outbox *o)
{
	natsConnection *connection = link_connection(o->link);
	int64_t most = natsConnection_GetMaxPayload(connection);
	char why[OUTBOX_WHY];
	int err;

	pthread_mutex_unlock(&o->lock);
	err = store_check(connection, &o->options.store, why, sizeof(why));
	pthread_mutex_lock(&o->lock);
	o->ready = !err;
	if (err == -EINVAL)
		strcpy(o->fatal, why);
	else if (err)
		strcpy(o->why, why);
	if (!err && most && (uint64_t)most < o->options.bytes + OUTBOX_HEADERS)
		snprintf(o->fatal, sizeof(o->fatal), "the server takes at most %" PRId64 " bytes (max_payload): give a smaller --message",
			 most);
	if (err) {
		o->not_before = clock_seconds() + o->pause;
		o->pause = o->pause < OUTBOX_PAUSE_MAX / 2 ? 2 * o->pause : OUTBOX_PAUSE_MAX;
	}
	eventfd_write(o->options.wake, 1);
}

/* What is to be done now; without anything, waits. */
static void outbox_step(struct outbox *o)
{
	double now = clock_seconds(), until = now + 1;
	struct timespec at;

	if (!*o->fatal && link_is_refused(o->link, o->fatal, sizeof(o->fatal)))
		eventfd_write(o->options.wake, 1);
	if (o->times != link_times(o->link)) {
		/* nobody knows what of it got over the connection that there was before */
		o->times = link_times(o->link);
		o->pause = OUTBOX_PAUSE;
		outbox_start_over(o, "the connection was lost");
		o->not_before = now;
	}
	while (o->next < o->end && outbox_at(o, o->next)->done)
		o->next++;
	if (o->first < o->next && outbox_at(o, o->first)->sent && !outbox_at(o, o->first)->done &&
	    now > outbox_at(o, o->first)->sent_at + OUTBOX_ACK)
		outbox_start_over(o, "the server does not acknowledge");
	if (!*o->fatal && link_is_up(o->link) && now >= o->not_before) {
		if (!o->ready)
			return outbox_check_store(o);
		if (o->next < o->end && (!o->alone || o->next == o->first))
			return outbox_send(o);
	}
	if (o->not_before > now && o->not_before < until)
		until = o->not_before;
	at.tv_sec = until;
	at.tv_nsec = (until - at.tv_sec) * 1e9;
	pthread_cond_timedwait(&o->changed, &o->lock, &at);
}

static void *outbox_run(void *arg)
{
	struct outbox *o = arg;

	pthread_mutex_lock(&o->lock);
	while (!o->quit)
		outbox_step(o);
	pthread_mutex_unlock(&o->lock);
	return NULL;
}

static int outbox_start(struct outbox *o)
{
	char subject[128];
	natsInbox *inbox = NULL;
	natsStatus err;

	err = natsInbox_Create(&inbox);
	o->inbox = (char *)inbox;
	if (!err) {
		snprintf(subject, sizeof(subject), "%s.*.*", o->inbox);
		/* it is made again with each connection */
		err = natsConnection_Subscribe(&o->acks, link_connection(o->link), subject,
					       outbox_take_ack, o);
	}
	if (!err)
		err = natsSubscription_SetOnCompleteCB(o->acks, outbox_took_acks, o);
	if (!err)
		err = natsSubscription_SetPendingLimits(o->acks, -1, -1);
	if (!err && pthread_create(&o->thread, NULL, outbox_run, o))
		err = NATS_NO_MEMORY;
	o->running = !err;
	if (!err)
		return EXIT_OK;
	complain("acknowledgements cannot be received: %s", natsStatus_GetText(err));
	return EXIT_SYSTEM;
}

int outbox_open(struct outbox **out, const struct outbox_options *options)
{
	struct outbox *o = calloc(1, sizeof(*o));
	pthread_condattr_t attr;
	int status;

	*out = o;
	if (o) {
		o->options = *options;
		o->pause = OUTBOX_PAUSE;
		o->entry = calloc(options->depth, sizeof(*o->entry));
		o->samples = malloc(options->bytes);
		o->samples_bytes = options->bytes;
		sem_init(&o->complete, 0, 0);
		pthread_mutex_init(&o->lock, NULL);
		pthread_condattr_init(&attr);
		pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
		pthread_cond_init(&o->changed, &attr);
		pthread_condattr_destroy(&attr);
	}
	if (!o || !o->entry || !o->samples) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	status = link_open(&o->link, &options->link, outbox_wake, o);
	return status ? status : outbox_start(o);
}

bool outbox_has_room(struct outbox *o)
{
	return outbox_pending(o) < o->options.depth;
}

unsigned int outbox_pending(struct outbox *o)
{
	unsigned int pending;

	pthread_mutex_lock(&o->lock);
	pending = o->end - o->first;
	pthread_mutex_unlock(&o->lock);
	return pending;
}

void outbox_put(struct outbox *o, const struct outbox_entry *entry)
{
	struct outbox_entry *to;

	pthread_mutex_lock(&o->lock);
	to = outbox_at(o, o->end);
	*to = *entry;
	to->sent = false;
	to->done = false;
	to->tried = false;
	to->again = 0;
	o->end++;
	pthread_cond_signal(&o->changed);
	pthread_mutex_unlock(&o->lock);
}

bool outbox_take_done(struct outbox *o, struct outbox_entry *entry)
{
	bool done;

	pthread_mutex_lock(&o->lock);
	done = o->first < o->end && outbox_at(o, o->first)->done;
	if (done) {
		*entry = *outbox_at(o, o->first);
		message_id(&entry->m, entry->again, o->last_id);
		o->first++;
		if (o->next < o->first)
			o->next = o->first;
		/* what was alone was the first */
		pthread_cond_signal(&o->changed);
	}
	pthread_mutex_unlock(&o->lock);
	return done;
}

int outbox_spool(struct outbox *o, int (*move)(void *arg, struct outbox_entry *entry), void *arg)
{
	struct outbox_entry *entry;
	uint64_t n;
	int ret = 0;

	pthread_mutex_lock(&o->lock);
	for (n = o->first; n < o->end && !ret; n++) {
		entry = outbox_at(o, n);
		if (entry->spooled)
			continue;
		ret = move(arg, entry);
		entry->spooled = !ret;
		if (!ret)
			entry->ring = NULL;
	}
	pthread_mutex_unlock(&o->lock);
	return ret;
}

const char *outbox_failed(struct outbox *o)
{
	bool failed;

	pthread_mutex_lock(&o->lock);
	failed = *o->fatal;
	pthread_mutex_unlock(&o->lock);
	return failed ? o->fatal : NULL;
}

bool outbox_is_up(struct outbox *o)
{
	bool up;

	pthread_mutex_lock(&o->lock);
	up = o->ready && !o->alone;
	pthread_mutex_unlock(&o->lock);
	return up && link_is_up(o->link);
}

void outbox_trouble(struct outbox *o, char *text, size_t size)
{
	pthread_mutex_lock(&o->lock);
	if (link_is_up(o->link))
		snprintf(text, size, "%s", *o->why ? o->why : "connected");
	else
		snprintf(text, size, "no server: %s", link_error(o->link));
	pthread_mutex_unlock(&o->lock);
}

void outbox_totals(struct outbox *o, struct outbox_totals *totals)
{
	pthread_mutex_lock(&o->lock);
	*totals = o->totals;
	pthread_mutex_unlock(&o->lock);
}

void outbox_close(struct outbox *o)
{
	if (!o)
		return;
	if (o->running) {
		pthread_mutex_lock(&o->lock);
		o->quit = true;
		pthread_cond_signal(&o->changed);
		pthread_mutex_unlock(&o->lock);
		pthread_join(o->thread, NULL);
	}
	link_shut(o->link);
	while (o->acks && sem_wait(&o->complete))
		;
	natsSubscription_Destroy(o->acks);
	link_close(o->link);
	natsInbox_Destroy((natsInbox *)o->inbox);
	free(o->samples);
	free(o->entry);
	free(o);
}
