// SPDX-License-Identifier: GPL-2.0-only
/*
 * nats-writer bench URL STREAM SUBJECT MESSAGES BYTES: as many messages of so many bytes, several
 *	at a time, as "nats bench --js" does. Prints bytes per second.
 * nats-writer put URL SUBJECT [NAME=VALUE...]: one message with these headers, and a body from
 *	stdin, as anybody can write one who may.
 * nats-writer drop URL STREAM SEQUENCE...: deletes these messages.
 * nats-writer purge URL STREAM: deletes the stream.
 * nats-writer header URL STREAM SEQUENCE NAME: a header of a message.
 * nats-writer leader URL STREAM: the name of the server that leads it.
 * nats-writer list URL STREAM: sequence and id of each message.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <nats/nats.h>

static char body[1 << 20];

static int writer_fail(const char *what, natsStatus err)
{
	fprintf(stderr, "nats-writer: %s: %s\n", what, natsStatus_GetText(err));
	return 1;
}

static double writer_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static int writer_bench(jsCtx *js, char **argv)
{
	const char *subjects[1];
	long messages = atol(argv[2]), bytes = atol(argv[3]), i;
	jsPubOptions wait;
	jsStreamConfig config;
	natsStatus err;
	double began;

	subjects[0] = argv[1];
	jsStreamConfig_Init(&config);
	config.Name = argv[0];
	config.Subjects = subjects;
	config.SubjectsLen = 1;
	err = js_AddStream(NULL, js, &config, NULL, NULL);
	if (err)
		return writer_fail("stream", err);
	jsPubOptions_Init(&wait);
	wait.MaxWait = 60000;
	began = writer_now();
	for (i = 0; i < messages; i++) {
		err = js_PublishAsync(js, argv[1], body, bytes, NULL);
		if (err)
			return writer_fail("publish", err);
	}
	err = js_PublishAsyncComplete(js, &wait);
	if (err)
		return writer_fail("complete", err);
	printf("%.0f\n", messages * bytes / (writer_now() - began));
	return 0;
}

static int writer_put(jsCtx *js, char **argv)
{
	size_t n = fread(body, 1, sizeof(body), stdin);
	natsMsg *msg = NULL;
	natsStatus err;
	char *value;

	err = natsMsg_Create(&msg, argv[0], NULL, body, n);
	for (argv++; !err && *argv; argv++) {
		value = strchr(*argv, '=');
		*value = '\0';
		err = natsMsgHeader_Set(msg, *argv, value + 1);
	}
	if (!err)
		err = js_PublishMsg(NULL, js, msg, NULL, NULL);
	natsMsg_Destroy(msg);
	return err ? writer_fail("put", err) : 0;
}

static int writer_drop(jsCtx *js, char **argv)
{
	natsStatus err;
	char **number;

	for (number = argv + 1; *number; number++) {
		err = js_DeleteMsg(js, argv[0], strtoull(*number, NULL, 10), NULL, NULL);
		if (err)
			return writer_fail("drop", err);
	}
	return 0;
}

static int writer_header(jsCtx *js, char **argv)
{
	const char *value = NULL;
	natsMsg *msg = NULL;
	natsStatus err;

	err = js_GetMsg(&msg, js, argv[0], strtoull(argv[1], NULL, 10), NULL, NULL);
	if (!err)
		err = natsMsgHeader_Get(msg, argv[2], &value);
	if (!err)
		puts(value);
	natsMsg_Destroy(msg);
	return err ? writer_fail("header", err) : 0;
}

static int writer_look(jsCtx *js, const char *stream, int list)
{
	jsStreamInfo *info = NULL;
	const char *id, *index;
	natsMsg *msg = NULL;
	unsigned long long n;
	natsStatus err;

	err = js_GetStreamInfo(&info, js, stream, NULL, NULL);
	if (err)
		return writer_fail("info", err);
	if (!list)
		puts(info->Cluster && info->Cluster->Leader ? info->Cluster->Leader : "");
	for (n = info->State.FirstSeq; list && n <= info->State.LastSeq; n++) {
		if (js_GetMsg(&msg, js, stream, n, NULL, NULL))
			continue;
		id = NULL;
		index = NULL;
		natsMsgHeader_Get(msg, "Nats-Msg-Id", &id);
		natsMsgHeader_Get(msg, "Acq-Index", &index);
		printf("%llu %s %s\n", n, id ? id : "-", index ? index : "-");
		natsMsg_Destroy(msg);
	}
	jsStreamInfo_Destroy(info);
	return 0;
}

int main(int argc, char **argv)
{
	natsConnection *connection = NULL;
	natsOptions *options = NULL;
	jsCtx *js = NULL;
	jsOptions o;
	natsStatus err;
	int status = 2;

	if (argc < 4) {
		fprintf(stderr, "usage: see nats-writer.c\n");
		return 2;
	}
	jsOptions_Init(&o);
	o.PublishAsync.MaxPending = 128;
	o.PublishAsync.StallWait = 10000;
	err = natsOptions_Create(&options);
	if (!err)
		err = natsOptions_SetURL(options, argv[2]);
	if (!err)
		err = natsConnection_Connect(&connection, options);
	if (!err)
		err = natsConnection_JetStream(&js, connection, &o);
	if (err)
		return writer_fail(argv[2], err);
	if (!strcmp(argv[1], "bench") && argc == 7)
		status = writer_bench(js, argv + 3);
	else if (!strcmp(argv[1], "put"))
		status = writer_put(js, argv + 3);
	else if (!strcmp(argv[1], "drop"))
		status = writer_drop(js, argv + 3);
	else if (!strcmp(argv[1], "purge"))
		status = js_DeleteStream(js, argv[3], NULL, NULL) ? 1 : 0;
	else if (!strcmp(argv[1], "header") && argc == 6)
		status = writer_header(js, argv + 3);
	else if (!strcmp(argv[1], "leader") || !strcmp(argv[1], "list"))
		status = writer_look(js, argv[3], !strcmp(argv[1], "list"));
	jsCtx_Destroy(js);
	natsConnection_Destroy(connection);
	natsOptions_Destroy(options);
	return status;
}
