/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The JSON object that ends a command: on stderr, where nothing else goes then, or in a file
 * that is opened before anything begins, so that a name that will not do is no surprise in
 * the end.
 */
#ifndef ACQ_SUMMARY_H
#define ACQ_SUMMARY_H

#include <stdbool.h>

#include <json-c/json.h>

#include "target.h"

struct summary {
	bool wanted;
	struct target target;	/* its fd is -1: stderr */
};

/* @name: NULL for stderr. Returns an exit status. */
int summary_open(struct summary *summary, bool wanted, const char *name);

/* Write @object, which is dropped. Returns an exit status. */
int summary_write(struct summary *summary, struct json_object *object);

#endif /* ACQ_SUMMARY_H */
