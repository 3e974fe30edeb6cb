/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON of a stranger: a text is looked through value by value, so that a list of millions of
 * objects never is in memory, and nothing in it is taken for what it is not.
 */
#ifndef ACQ_SCAN_H
#define ACQ_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

struct scan {
	const char *name;	/* of the file */
	const char *text, *at, *end;
	struct json_tokener *tokener;
	char *whole;		/* the text, if it was read from the file */
};

/* What a value is for. Returns an exit status; the value is dropped afterwards. */
typedef int (*scan_fn)(void *arg, const char *key, struct json_object *value);

/* Read the file @name as a text. Returns an exit status. */
int scan_open(struct scan *scan, const char *name);
void scan_close(struct scan *scan);

/*
 * Call @fn for each key of the object that the text is. The elements of a list that is the
 * value of one of the keys in @lists (NULL at its end) come one by one.
 */
int scan_object(struct scan *scan, const char *const *lists, scan_fn fn, void *arg);

/* 0: the key is not there, *@out is left alone; 1: there it is; -1: it is something else. */
int scan_u64(struct json_object *object, const char *key, uint64_t *out);
int scan_number(struct json_object *object, const char *key, double *out);
int scan_flag(struct json_object *object, const char *key, bool *out);
/* ISO 8601, in nanoseconds since 1970 */
int scan_utc(struct json_object *object, const char *key, int64_t *out);
/* Cut to @size bytes, and what a terminal could mistake for a command becomes a '?' */
int scan_text(struct json_object *object, const char *key, char *out, size_t size);

#endif /* ACQ_SCAN_H */
