/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The JetStream stream that keeps the messages of one card.
 */
#ifndef ACQ_STORE_H
#define ACQ_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nats/nats.h>

/**
 * struct store_options - what the stream is to be
 * @subject: that it keeps, and no other one
 * @stream: its name
 * @replicas: servers that have a copy each; 0: 1, or what it has
 * @max_bytes: older messages go beyond that; 0: no limit, or what it has; likewise below
 * @max_age_ns: and when they are older than that
 * @duplicates_ns: how long the server knows a message again; 0: 10 minutes, or what it has
 * @memory: not on its disk
 */
struct store_options {
	const char *subject, *stream;
	uint64_t replicas, max_bytes, max_age_ns, duplicates_ns;
	bool memory;
};

/**
 * store_check - have the stream, created if need be
 * @connection: to the servers
 * @options: what it is to be
 * @why: what is wrong, in words
 * @size: of @why
 *
 * Return: 0; -EAGAIN, it may do later; -EINVAL, it never will.
 */
int store_check(natsConnection *connection, const struct store_options *options, char *why,
		size_t size);

#endif /* ACQ_STORE_H */
