// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "ask.h"
#include "history.h"
#include "picture.h"
#include "text.h"

#define ASK_DEPTH	3
#define ASK_LEVEL	(1LL << 32)

void ask_default(struct picture_settings *settings)
{
	*settings = (struct picture_settings){
		.channels = ~0ULL, .frames = 4096, .columns = 1024, .trigger = PICTURE_AUTO,
		.fft = 4096, .average = 8,
	};
}

static void ask_refuse(struct ask *ask, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void ask_refuse(struct ask *ask, const char *fmt, ...)
{
	va_list ap;

	ask->kind = ASK_BAD;
	va_start(ap, fmt);
	vsnprintf(ask->text, sizeof(ask->text), fmt, ap);
	va_end(ap);
}

static const struct ask_number {
	const char *name;
	size_t offset;
	uint32_t min, max;
	bool power;	/* of two */
} ask_numbers[] = {
	{ "frames", offsetof(struct picture_settings, frames), PICTURE_FRAMES_MIN, HISTORY_FRAMES,
	  false },
	{ "columns", offsetof(struct picture_settings, columns), PICTURE_COLUMNS_MIN,
	  PICTURE_COLUMNS_MAX, false },
	{ "trigger", offsetof(struct picture_settings, trigger), PICTURE_FREE, PICTURE_NORMAL,
	  false },
	{ "channel", offsetof(struct picture_settings, channel), 0, 63, false },
	{ "falling", offsetof(struct picture_settings, falling), 0, 1, false },
	{ "fft", offsetof(struct picture_settings, fft), PICTURE_FFT_MIN, PICTURE_FFT_MAX, true },
	{ "average", offsetof(struct picture_settings, average), 1, PICTURE_AVERAGE_MAX, false },
};

static bool ask_number(struct ask *ask, const struct ask_number *n, struct json_object *value,
		       struct picture_settings *to)
{
	int64_t v = json_object_get_int64(value);
	uint32_t u = v;

	if (!json_object_is_type(value, json_type_int) ||
	    ((v < n->min || v > n->max || (n->power && v & (v - 1))) && !(n->power && !v))) {
		ask_refuse(ask, "%s: not a number from %u to %u", n->name, n->min, n->max);
		return false;
	}
	memcpy((char *)to + n->offset, &u, sizeof(u));
	return true;
}

static bool ask_one(struct ask *ask, const char *key, struct json_object *value,
		    struct picture_settings *to)
{
	const char *text = json_object_get_string(value);
	unsigned int i;
	uint64_t mask;

	for (i = 0; i < sizeof(ask_numbers) / sizeof(ask_numbers[0]); i++)
		if (!strcmp(key, ask_numbers[i].name))
			return ask_number(ask, &ask_numbers[i], value, to);
	if (!strcmp(key, "channels") && json_object_is_type(value, json_type_string) &&
	    (!*text || parse_channels(text, &mask))) {
		to->channels = *text ? mask : 0;
		return true;
	}
	if (!strcmp(key, "level") && json_object_is_type(value, json_type_int)) {
		to->level = json_object_get_int64(value);
		if (to->level >= -ASK_LEVEL && to->level <= ASK_LEVEL)
			return true;
	}
	ask_refuse(ask, "'%.40s' is no setting, or has a value that it cannot have", key);
	return false;
}

static void ask_see(struct ask *ask, struct json_object *see, struct picture_settings *settings)
{
	struct picture_settings to = *settings;

	ask->kind = ASK_SEE;
	if (!json_object_is_type(see, json_type_object)) {
		ask_refuse(ask, "\"see\" is no object");
		return;
	}
	json_object_object_foreach(see, key, value)
		if (!ask_one(ask, key, value, &to))
			return;
	*settings = to;
}

static void ask_do(struct ask *ask, const char *what)
{
	if (!strcmp(what, "start"))
		ask->kind = ASK_START;
	else if (!strcmp(what, "stop"))
		ask->kind = ASK_STOP;
	else if (!strcmp(what, "trigger"))
		ask->kind = ASK_TRIGGER;
	else
		ask_refuse(ask, "there is no '%.40s' to be done", what);
}

static void ask_set(struct ask *ask, const char *text)
{
	ask->kind = ASK_SET;
	if ((size_t)snprintf(ask->text, sizeof(ask->text), "%s", text) >= sizeof(ask->text))
		ask_refuse(ask, "too many settings at a time");
}

void ask_parse(struct ask *ask, const char *data, size_t bytes, struct picture_settings *settings)
{
	struct json_tokener *tok = json_tokener_new_ex(ASK_DEPTH);
	struct json_object *o, *value;

	ask_refuse(ask, "not a request");
	if (!tok)
		return;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(tok, data, bytes);
	if (json_object_is_type(o, json_type_object)) {
		if (json_object_object_get_ex(o, "see", &value))
			ask_see(ask, value, settings);
		else if (json_object_object_get_ex(o, "do", &value))
			ask_do(ask, json_object_get_string(value) ?: "");
		else if (json_object_object_get_ex(o, "set", &value))
			ask_set(ask, json_object_get_string(value) ?: "");
	}
	json_object_put(o);
	json_tokener_free(tok);
}
