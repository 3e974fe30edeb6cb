// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exit.h"
#include "moment.h"
#include "report.h"
#include "scan.h"

#define SCAN_MAX	(1LL << 30)	/* bytes of a text */
#define SCAN_VALUE_MAX	(64 << 20)	/* bytes of a value in it */
#define SCAN_KEY_MAX	256

static int scan_failed(const struct scan *s, const char *why)
{
	complain("%s cannot be read: %s", s->name, why);
	return EXIT_SYSTEM;
}

static int scan_damaged(const struct scan *s, const char *what)
{
	complain("%s is damaged at byte %td: %s", s->name, s->at - s->text, what);
	return EXIT_SYSTEM;
}

static int scan_fill(struct scan *s, int fd, size_t bytes)
{
	size_t have = 0;
	ssize_t n;

	s->whole = malloc(bytes + 1);
	if (!s->whole)
		return scan_failed(s, "out of memory");
	while (have < bytes) {
		n = read(fd, s->whole + have, bytes - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return scan_failed(s, strerror(errno));
		if (!n)
			break;
		have += n;
	}
	s->whole[have] = '\0';
	s->text = s->whole;
	s->at = s->text;
	s->end = s->text + have;
	return EXIT_OK;
}

int scan_open(struct scan *s, const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int status;

	*s = (struct scan){ .name = name };
	if (fd < 0 || fstat(fd, &st)) {
		status = scan_failed(s, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		status = scan_failed(s, "it is not a file");
	} else if (st.st_size > SCAN_MAX) {
		status = scan_failed(s, "it has more than 1 GiB");
	} else {
		s->tokener = json_tokener_new();
		status = s->tokener ? scan_fill(s, fd, st.st_size) : scan_failed(s, "out of memory");
	}
	if (fd >= 0)
		close(fd);
	if (status)
		scan_close(s);
	return status;
}

void scan_close(struct scan *s)
{
	if (s->tokener)
		json_tokener_free(s->tokener);
	free(s->whole);
	*s = (struct scan){ };
}

static void scan_space(struct scan *s)
{
	while (s->at < s->end && strchr(" \t\r\n", *s->at) && *s->at)
		s->at++;
}

/* Step over @c, if it is next. */
static bool scan_char(struct scan *s, char c)
{
	scan_space(s);
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

/* The value that is next; null is NULL. */
static int scan_value(struct scan *s, struct json_object **out)
{
	size_t left = s->end - s->at, take = left < SCAN_VALUE_MAX ? left : SCAN_VALUE_MAX;
	enum json_tokener_error error;

	json_tokener_reset(s->tokener);
	/* with the zero at its end, which ends a number */
	if (take == left)
		take++;
	*out = json_tokener_parse_ex(s->tokener, s->at, take);
	error = json_tokener_get_error(s->tokener);
	if (error != json_tokener_success) {
		json_object_put(*out);
		*out = NULL;
		return scan_damaged(s, error == json_tokener_continue ?
				    "it ends too early, or has a value of more than 64 MiB" :
				    json_tokener_error_desc(error));
	}
	s->at += json_tokener_get_parse_end(s->tokener);
	if (s->at > s->end)
		s->at = s->end;
	return EXIT_OK;
}

static int scan_key(struct scan *s, char *key)
{
	struct json_object *o;
	int status;

	scan_space(s);
	if (s->at == s->end || *s->at != '"')
		return scan_damaged(s, "a key is missing");
	status = scan_value(s, &o);
	if (status)
		return status;
	if (json_object_get_string_len(o) < SCAN_KEY_MAX)
		strcpy(key, json_object_get_string(o));
	else
		strcpy(key, "");
	json_object_put(o);
	return scan_char(s, ':') ? EXIT_OK : scan_damaged(s, "a ':' is missing");
}

static int scan_one(struct scan *s, scan_fn fn, void *arg, const char *key)
{
	struct json_object *o;
	int status;

	status = scan_value(s, &o);
	if (status)
		return status;
	status = fn(arg, key, o);
	json_object_put(o);
	return status;
}

static int scan_list(struct scan *s, scan_fn fn, void *arg, const char *key)
{
	int status;

	if (!scan_char(s, '['))
		return scan_damaged(s, "a list is missing");
	if (scan_char(s, ']'))
		return EXIT_OK;
	do {
		status = scan_one(s, fn, arg, key);
		if (status)
			return status;
	} while (scan_char(s, ','));
	return scan_char(s, ']') ? EXIT_OK : scan_damaged(s, "a ']' is missing");
}

int scan_object(struct scan *s, const char *const *lists, scan_fn fn, void *arg)
{
	const char *const *list;
	char key[SCAN_KEY_MAX];
	int status;

	if (!scan_char(s, '{'))
		return scan_damaged(s, "it is no JSON object");
	if (scan_char(s, '}'))
		return EXIT_OK;
	do {
		status = scan_key(s, key);
		if (status)
			return status;
		for (list = lists; *list && strcmp(*list, key); list++)
			;
		status = *list ? scan_list(s, fn, arg, key) : scan_one(s, fn, arg, key);
		if (status)
			return status;
	} while (scan_char(s, ','));
	if (!scan_char(s, '}'))
		return scan_damaged(s, "a '}' is missing");
	scan_space(s);
	return s->at == s->end ? EXIT_OK : scan_damaged(s, "something follows its end");
}

int scan_u64(struct json_object *object, const char *key, uint64_t *out)
{
	struct json_object *o;

	if (!json_object_object_get_ex(object, key, &o))
		return 0;
	/* json-c makes the largest number of one that is larger */
	if (!json_object_is_type(o, json_type_int) || json_object_get_uint64(o) == UINT64_MAX)
		return -1;
	if (json_object_get_int64(o) < 0)
		return -1;
	*out = json_object_get_uint64(o);
	return 1;
}

int scan_number(struct json_object *object, const char *key, double *out)
{
	struct json_object *o;
	double v;

	if (!json_object_object_get_ex(object, key, &o))
		return 0;
	if (!json_object_is_type(o, json_type_int) && !json_object_is_type(o, json_type_double))
		return -1;
	v = json_object_get_double(o);
	if (!isfinite(v))
		return -1;
	*out = v;
	return 1;
}

int scan_flag(struct json_object *object, const char *key, bool *out)
{
	struct json_object *o;

	if (!json_object_object_get_ex(object, key, &o))
		return 0;
	if (!json_object_is_type(o, json_type_boolean))
		return -1;
	*out = json_object_get_boolean(o);
	return 1;
}

int scan_utc(struct json_object *object, const char *key, int64_t *out)
{
	struct json_object *o;

	if (!json_object_object_get_ex(object, key, &o))
		return 0;
	if (!json_object_is_type(o, json_type_string) ||
	    !moment_parse(json_object_get_string(o), out))
		return -1;
	return 1;
}

int scan_text(struct json_object *object, const char *key, char *out, size_t size)
{
	struct json_object *o;
	const char *from;
	size_t i;

	if (!json_object_object_get_ex(object, key, &o))
		return 0;
	if (!json_object_is_type(o, json_type_string))
		return -1;
	from = json_object_get_string(o);
	for (i = 0; i + 1 < size && from[i]; i++)
		out[i] = iscntrl((unsigned char)from[i]) || (from[i] & 0x80) ? '?' : from[i];
	out[i] = '\0';
	return 1;
}
