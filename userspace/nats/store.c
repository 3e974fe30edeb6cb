// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store.h"
#include "text.h"

#define STORE_WAIT_MS		5000
#define STORE_DUPLICATES_NS	600000000000LL

/* Numbers of errors that the server's documentation has */
#define STORE_NOT_FOUND		10059
#define STORE_REPLICAS		10074	/* one server alone has no replicas */
#define STORE_OVERLAP		10065	/* another stream has the subject */
#define STORE_NOT_ENABLED	10039	/* not for this account; 10076: not at all */
#define STORE_NOT_AT_ALL	10076
#define STORE_NAME		10058	/* it exists, and is another one */
#define STORE_TOO_LARGE		10047	/* more than the account or the server may store */

static int store_differs(const char *stream, const char *what, const char *has, const char *wanted,
			 const char *option, char *why, size_t size)
{
	snprintf(why, size, "the stream %s has %s %s, not %s: leave %s away, or take another --stream",
		 stream, what, has, wanted, option);
	return -EINVAL;
}

static int store_compare_number(const struct store_options *o, const char *what, uint64_t has,
				uint64_t wanted, char *(*format)(uint64_t v, char *buf),
				const char *option, char *why, size_t size)
{
	char has_text[TEXT_MAX], wanted_text[TEXT_MAX];

	if (!wanted || has == wanted)
		return 0;
	return store_differs(o->stream, what, format(has, has_text), format(wanted, wanted_text),
			     option, why, size);
}

/* Nothing of a stream that exists is changed: somebody may rely on it. */
static int store_compare(const struct store_options *o, const jsStreamConfig *has, char *why,
			 size_t size)
{
	int err;

	/* that the order is kept can be had from the server only if nobody else puts there */
	if (has->SubjectsLen != 1 || strcmp(has->Subjects[0], o->subject)) {
		snprintf(why, size, "the stream %s keeps %s%s: each card needs a stream of its own: take another --stream",
			 o->stream, has->SubjectsLen ? has->Subjects[0] : "no subject",
			 has->SubjectsLen > 1 ? " and others" : "");
		return -EINVAL;
	}
	if (has->NoAck) {
		snprintf(why, size, "the stream %s acknowledges nothing: nobody would know what it has",
			 o->stream);
		return -EINVAL;
	}
	err = store_compare_number(o, "replicas", has->Replicas, o->replicas, format_count,
				   "--replicas", why, size);
	if (!err)
		err = store_compare_number(o, "a limit of", has->MaxBytes > 0 ? has->MaxBytes : 0,
					   o->max_bytes, format_size, "--max-bytes", why, size);
	if (!err)
		err = store_compare_number(o, "a limit of", has->MaxAge, o->max_age_ns,
					   format_duration, "--max-age", why, size);
	if (!err)
		err = store_compare_number(o, "a window of", has->Duplicates, o->duplicates_ns,
					   format_duration, "--duplicates", why, size);
	if (!err && o->memory && has->Storage != js_MemoryStorage)
		err = store_differs(o->stream, "its messages", "on the disk", "in memory",
				    "--memory", why, size);
	return err;
}

static int store_failed(const struct store_options *o, natsStatus status, int code, char *why,
			size_t size)
{
	int err = -EINVAL;

	switch (code) {
	case STORE_REPLICAS:
		snprintf(why, size, "one server alone has no room for %" PRIu64 " replicas: see the servers' setting 'cluster', or leave --replicas away",
			 o->replicas);
		break;
	case STORE_OVERLAP:
		snprintf(why, size, "another stream keeps %s already: name it with --stream",
			 o->subject);
		break;
	case STORE_NOT_ENABLED:
	case STORE_NOT_AT_ALL:
		snprintf(why, size, "the server has no JetStream: start it with -js, or set 'jetstream' for this account");
		break;
	case STORE_NAME:
	case STORE_TOO_LARGE:
		snprintf(why, size, "the stream %s cannot be created: %s (%d)", o->stream,
			 code == STORE_NAME ? "there is another one of that name" :
			 "the server has no room for so much", code);
		break;
	default:
		snprintf(why, size, "the stream %s is not there: %s (%d)", o->stream,
			 natsStatus_GetText(status), code);
		err = -EAGAIN;
	}
	return err;
}

static natsStatus store_create(jsCtx *js, const struct store_options *o, jsErrCode *code)
{
	const char *subjects[1];
	jsStreamConfig config;
	natsStatus err;

	err = jsStreamConfig_Init(&config);
	if (err)
		return err;
	subjects[0] = o->subject;
	config.Name = o->stream;
	config.Subjects = subjects;
	config.SubjectsLen = 1;
	config.Description = "samples of an acquisition card, see acq subscribe";
	config.Retention = js_LimitsPolicy;
	config.Discard = js_DiscardOld;
	config.Storage = o->memory ? js_MemoryStorage : js_FileStorage;
	config.Replicas = o->replicas ? o->replicas : 1;
	config.MaxBytes = o->max_bytes ? (int64_t)o->max_bytes : -1;
	config.MaxAge = o->max_age_ns;
	config.Duplicates = o->duplicates_ns ? (int64_t)o->duplicates_ns : STORE_DUPLICATES_NS;
	if (config.MaxAge && config.Duplicates > config.MaxAge)
		config.Duplicates = config.MaxAge;
	return js_AddStream(NULL, js, &config, NULL, code);
}

int store_check(natsConnection *connection, const struct store_options *o, char *why, size_t size)
{
	jsStreamInfo *info = NULL;
	jsErrCode code = 0;
	jsCtx *js = NULL;
	jsOptions options;
	natsStatus err;
	int ret;

	jsOptions_Init(&options);
	options.Wait = STORE_WAIT_MS;
	err = natsConnection_JetStream(&js, connection, &options);
	if (!err)
		err = js_GetStreamInfo(&info, js, o->stream, NULL, &code);
	if (!err) {
		ret = store_compare(o, info->Config, why, size);
	} else if (js && (code == (jsErrCode)STORE_NOT_FOUND || err == NATS_NOT_FOUND)) {
		err = store_create(js, o, &code);
		ret = err ? store_failed(o, err, code, why, size) : 0;
	} else {
		ret = store_failed(o, err, code, why, size);
	}
	jsStreamInfo_Destroy(info);
	jsCtx_Destroy(js);
	return ret;
}
