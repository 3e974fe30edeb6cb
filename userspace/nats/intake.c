// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "exit.h"
#include "intake.h"
#include "report.h"

#define INTAKE_REQUEST_MS	3000	/* for an answer of the servers */
#define INTAKE_HEARTBEAT_NS	1000000000LL
#define INTAKE_INACTIVE_NS	60000000000LL	/* a consumer goes when it has had nobody so long */
#define INTAKE_PAUSE_US		100000
#define INTAKE_WHY		256
#define INTAKE_IDLE		3.0	/* seconds without a message that are worth a question */
#define INTAKE_NO_STREAM	10059

struct intake {
	struct link *link;
	jsCtx *js;
	const char *subject, *stream;
	natsSubscription *sub;		/* NULL: to be made */
	unsigned int times;		/* of the link, when it was made */
	uint64_t last;			/* sequence that came last */
	char id[MESSAGE_ID_MAX];	/* of that message; empty: none came, or it has none */
	bool moved;			/* the stream does not have that message there any more */
	uint64_t consumed;		/* as this consumer counts */
	double came;			/* when something did, or when it was made */
	char why[INTAKE_WHY];
};

static void intake_ignore(void *arg)
{
	(void)arg;
}

int intake_open(struct intake **out, const struct link_options *link, const char *subject,
		const char *stream)
{
	struct intake *in = calloc(1, sizeof(*in));
	jsOptions options;
	natsStatus err;
	int status;

	*out = in;
	if (!in) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	in->subject = subject;
	in->stream = stream;
	status = link_open(&in->link, link, intake_ignore, NULL);
	if (status)
		return status;
	jsOptions_Init(&options);
	options.Wait = INTAKE_REQUEST_MS;
	err = natsConnection_JetStream(&in->js, link_connection(in->link), &options);
	if (!err)
		return EXIT_OK;
	complain("JetStream cannot be used: %s", natsStatus_GetText(err));
	return EXIT_SYSTEM;
}

static int intake_fail(struct intake *in, const char *what, natsStatus err, int code)
{
	if (!link_is_up(in->link))
		snprintf(in->why, sizeof(in->why), "no server: %s", link_error(in->link));
	else
		snprintf(in->why, sizeof(in->why), "%s: %s (%d)", what, natsStatus_GetText(err),
			 code);
	return -EAGAIN;
}

int intake_get_bounds(struct intake *in, struct intake_bounds *bounds)
{
	jsStreamInfo *info = NULL;
	jsErrCode code = 0;
	natsStatus err;
	int ret = 0;

	if (!link_is_up(in->link))
		return intake_fail(in, "", NATS_OK, 0);
	err = js_GetStreamInfo(&info, in->js, in->stream, NULL, &code);
	if (err == NATS_NOT_FOUND || code == (jsErrCode)INTAKE_NO_STREAM) {
		snprintf(in->why, sizeof(in->why), "there is no stream %s yet", in->stream);
		return -ENOENT;
	}
	if (err)
		return intake_fail(in, in->stream, err, code);
	in->why[0] = '\0';
	bounds->first = info->State.FirstSeq ? info->State.FirstSeq : 1;
	bounds->last = info->State.LastSeq;
	if (info->Config->SubjectsLen != 1 || strcmp(info->Config->Subjects[0], in->subject)) {
		snprintf(in->why, sizeof(in->why), "the stream %s keeps %.100s, not %.100s",
			 in->stream,
			 info->Config->SubjectsLen ? info->Config->Subjects[0] : "nothing",
			 in->subject);
		ret = -EINVAL;
	}
	jsStreamInfo_Destroy(info);
	return ret;
}

static const char *intake_header(void *arg, const char *name)
{
	const char *value = NULL;

	return natsMsgHeader_Get(arg, name, &value) ? NULL : value;
}

static void intake_read(struct intake_item *item, natsMsg *msg, uint64_t sequence)
{
	item->msg = msg;
	item->sequence = sequence;
	item->data = natsMsg_GetData(msg);
	item->bytes = natsMsg_GetDataLength(msg);
	item->wrong = message_parse(&item->m, intake_header, msg, item->bytes);
}

int intake_get(struct intake *in, uint64_t sequence, struct intake_item *item)
{
	natsMsg *msg = NULL;
	jsErrCode code = 0;
	natsStatus err;

	err = js_GetMsg(&msg, in->js, in->stream, sequence, NULL, &code);
	if (err == NATS_NOT_FOUND)
		return 0;
	if (err)
		return intake_fail(in, "a message cannot be had", err, code);
	intake_read(item, msg, sequence);
	return 1;
}

static void intake_end(struct intake *in)
{
	natsSubscription_Destroy(in->sub);
	in->sub = NULL;
}

void intake_seek(struct intake *in, uint64_t sequence)
{
	intake_end(in);
	in->last = sequence - 1;
	in->id[0] = '\0';
	in->moved = false;
}

static void intake_get_id(natsMsg *msg, char id[MESSAGE_ID_MAX])
{
	snprintf(id, MESSAGE_ID_MAX, "%s", intake_header(msg, "Nats-Msg-Id") ?: "");
}

/*
 * Does the stream still have there what came from there? A server that was killed may have lost its
 * newest messages, and somebody may have made the stream anew: sequences begin again then. 0; or an
 * errno: that is not known now, or it has not.
 */
static int intake_verify(struct intake *in)
{
	struct intake_bounds bounds;
	struct intake_item item;
	char id[MESSAGE_ID_MAX];
	int ret;

	ret = intake_get_bounds(in, &bounds);
	if (ret)
		return ret;
	in->moved = bounds.last < in->last;
	if (in->moved || !*in->id)
		return in->moved ? -ESTALE : 0;
	ret = intake_get(in, in->last, &item);
	/* what a limit or somebody has removed is no other one */
	if (ret <= 0)
		return ret;
	intake_get_id(item.msg, id);
	intake_drop(&item);
	in->moved = strcmp(id, in->id);
	return in->moved ? -ESTALE : 0;
}

/* A consumer of our own from the next message on, which goes with us */
static int intake_begin(struct intake *in)
{
	jsSubOptions options;
	jsErrCode code = 0;
	natsStatus err;
	int ret;

	if (!link_is_up(in->link))
		return intake_fail(in, "", NATS_OK, 0);
	in->times = link_times(in->link);
	ret = intake_verify(in);
	if (ret)
		return ret;
	jsSubOptions_Init(&options);
	options.Stream = in->stream;
	options.Config.DeliverPolicy = js_DeliverByStartSequence;
	options.Config.OptStartSeq = in->last + 1;
	options.Config.AckPolicy = js_AckNone;
	options.Config.MaxDeliver = 1;
	options.Config.FlowControl = true;
	options.Config.Heartbeat = INTAKE_HEARTBEAT_NS;
	options.Config.InactiveThreshold = INTAKE_INACTIVE_NS;
	options.Config.MemoryStorage = true;
	options.Config.Replicas = 1;
	err = js_SubscribeSync(&in->sub, in->js, in->subject, NULL, &options, &code);
	if (!err)
		err = natsSubscription_SetPendingLimits(in->sub, -1, -1);
	if (err) {
		intake_end(in);
		return intake_fail(in, "no consumer can be made", err, code);
	}
	in->consumed = 0;
	in->came = clock_seconds();
	in->why[0] = '\0';
	return 0;
}

/* Is it the one that comes next? Else some are missing that the stream has, or had. */
static bool intake_accept(struct intake *in, natsMsg *msg, uint64_t *sequence)
{
	jsMsgMetaData *meta = NULL;
	bool good;

	if (natsMsg_GetMetaData(&meta, msg))
		return false;
	good = meta->Sequence.Consumer == in->consumed + 1 && meta->Sequence.Stream > in->last;
	*sequence = meta->Sequence.Stream;
	jsMsgMetaData_Destroy(meta);
	return good;
}

/*
 * Nothing has come for a while. A consumer on a server that has just come back brings nothing until
 * that has caught up: another one may be elsewhere.
 */
static void intake_doubt(struct intake *in)
{
	struct intake_bounds bounds;

	if (clock_seconds() < in->came + INTAKE_IDLE)
		return;
	if (!intake_get_bounds(in, &bounds) && bounds.last != in->last)
		intake_end(in);
	in->came = clock_seconds();
}

int intake_next(struct intake *in, struct intake_item *item, int64_t milli)
{
	natsMsg *msg = NULL;
	uint64_t sequence;
	natsStatus err;

	/* what came over an older connection may have been lost on the way */
	if (in->sub && in->times != link_times(in->link))
		intake_end(in);
	if (!in->sub && intake_begin(in)) {
		usleep(INTAKE_PAUSE_US);
		return 0;
	}
	err = natsSubscription_NextMsg(&msg, in->sub, milli);
	if (err == NATS_TIMEOUT) {
		intake_doubt(in);
		return 0;
	}
	if (!err && intake_accept(in, msg, &sequence)) {
		in->consumed++;
		in->last = sequence;
		intake_get_id(msg, in->id);
		in->came = clock_seconds();
		intake_read(item, msg, sequence);
		return 1;
	}
	/* the consumer is gone, or messages are: another one, behind what came */
	natsMsg_Destroy(msg);
	if (err)
		intake_fail(in, "the consumer is gone", err, 0);
	intake_end(in);
	usleep(INTAKE_PAUSE_US);
	return 0;
}

void intake_drop(struct intake_item *item)
{
	natsMsg_Destroy(item->msg);
	item->msg = NULL;
}

bool intake_has_moved(const struct intake *in)
{
	return in->moved;
}

bool intake_is_refused(struct intake *in)
{
	return link_is_refused(in->link, in->why, sizeof(in->why));
}

const char *intake_trouble(const struct intake *in)
{
	return *in->why ? in->why : NULL;
}

void intake_close(struct intake *in)
{
	if (!in)
		return;
	intake_end(in);
	jsCtx_Destroy(in->js);
	link_close(in->link);
	free(in);
}
