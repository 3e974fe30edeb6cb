// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "message.h"
#include "names.h"
#include "text.h"

#define MESSAGE_FRAME_MAX	65536	/* bytes of a frame; the driver has less */
#define MESSAGE_RATE_MAX	1000000000000000ULL	/* millihertz */
#define MESSAGE_TIME_MAX	(INT64_MAX / 2)
#define MESSAGE_APART		1000000	/* thousands of seconds */

#define FIELD_TEXT	0ULL

/* A number has a largest value, a text is FIELD_TEXT. */
static const struct message_field {
	const char *name;
	size_t offset, size;
	uint64_t most;
} message_fields[] = {
#define MESSAGE_NUMBER(text, member, limit)	\
	{ text, offsetof(struct message, member), sizeof(uint64_t), limit }
#define MESSAGE_WORDS(text, member)		\
	{ text, offsetof(struct message, member),	\
	  sizeof(((struct message *)0)->member), FIELD_TEXT }
	MESSAGE_NUMBER("Acq-Kind", kind, MESSAGE_END),
	MESSAGE_WORDS("Acq-Run", run),
	MESSAGE_NUMBER("Acq-Index", index, UINT64_MAX),
	MESSAGE_NUMBER("Acq-Position", position, UINT64_MAX),
	MESSAGE_NUMBER("Acq-Frames", frames, UINT64_MAX),
	MESSAGE_NUMBER("Acq-Time", time_ns, MESSAGE_TIME_MAX),
	MESSAGE_NUMBER("Acq-Card-Time", card_time, UINT64_MAX),
	MESSAGE_NUMBER("Acq-Card-Index", card_index, UINT64_MAX),
	MESSAGE_NUMBER("Acq-Cause", cause, ACQ_CAUSE_UNDERRUN),
	MESSAGE_NUMBER("Acq-Estimated", estimated, 1),
	MESSAGE_NUMBER("Acq-Clock-Synchronized", synchronized, 1),
	MESSAGE_NUMBER("Acq-Clock-Error-Us", error_us, UINT64_MAX),
	MESSAGE_NUMBER("Acq-Frame-Bytes", frame_bytes, MESSAGE_FRAME_MAX),
	MESSAGE_NUMBER("Acq-Channels", channels, MESSAGE_FRAME_MAX),
	MESSAGE_NUMBER("Acq-Timestamp-Hz", timestamp_hz, UINT64_MAX),
	MESSAGE_WORDS("Acq-Config", config),
	MESSAGE_WORDS("Acq-Device", device),
	MESSAGE_WORDS("Acq-Card", card),
	MESSAGE_WORDS("Acq-Family", family),
	MESSAGE_WORDS("Acq-Serial", serial),
	MESSAGE_WORDS("Acq-Host", host),
};

#define NUM_FIELDS (sizeof(message_fields) / sizeof(message_fields[0]))
_Static_assert(NUM_FIELDS < MESSAGE_FIELDS, "room for the fields and an end");

static const struct message_field *message_field(const char *name)
{
	unsigned int i;

	for (i = 0; i < NUM_FIELDS; i++)
		if (!strcmp(message_fields[i].name, name))
			return &message_fields[i];
	return NULL;
}

/* What begins or ends with a space is not the same again behind a header. */
static bool message_is_plain(const char *text)
{
	const char *p;

	for (p = text; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			return false;
	return *text != ' ' && (p == text || p[-1] != ' ');
}

void message_each(const struct message *m,
		  void (*put)(void *arg, const char *name, const char *value), void *arg)
{
	const struct message_field *field;
	const char *at;
	char number[32];
	unsigned int i;

	for (i = 0; i < NUM_FIELDS; i++) {
		field = &message_fields[i];
		at = (const char *)m + field->offset;
		if (field->most == FIELD_TEXT) {
			if (*at)
				put(arg, field->name, at);
			continue;
		}
		snprintf(number, sizeof(number), "%" PRIu64, *(const uint64_t *)at);
		put(arg, field->name, number);
	}
}

/* Digits and nothing else, and no more than @most */
static bool message_number(const char *text, uint64_t most, uint64_t *value)
{
	uint64_t v = 0;

	if (!*text || (*text == '0' && text[1]))
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, *text - '0', &v))
			return false;
	}
	*value = v;
	return v <= most;
}

static bool message_take(struct message *m, const struct message_field *field, const char *value)
{
	char *at = (char *)m + field->offset;

	if (field->most != FIELD_TEXT)
		return value && message_number(value, field->most, (uint64_t *)at);
	if (!value)
		return true;	/* an empty one */
	if (strlen(value) >= field->size || !message_is_plain(value))
		return false;
	strcpy(at, value);
	return true;
}

static bool message_run_is_good(const char *run)
{
	return *run && strspn(run, "0123456789abcdef-") == strlen(run);
}

/*
 * The card's counter and the time are of two samples, which are not further apart than that
 * arithmetic with both fits.
 */
static bool message_time_is_good(const struct message *m, const struct acq_config *config)
{
	uint64_t apart = m->index > m->card_index ? m->index - m->card_index :
						    m->card_index - m->index;

	return !m->time_ns || apart / config->rate_millihz <= MESSAGE_APART;
}

/* What is wrong with fields that are good each by itself; NULL: nothing */
static const char *message_check(const struct message *m, size_t body)
{
	struct acq_config config;
	uint64_t end;

	if (!message_run_is_good(m->run))
		return "Acq-Run";
	if (!message_get_config(m, &config))
		return "Acq-Config";
	if (!message_time_is_good(m, &config))
		return "Acq-Card-Index";
	if (__builtin_add_overflow(m->index, m->frames, &end))
		return "Acq-Frames";
	if (m->kind != MESSAGE_BLOCK)
		return body ? "samples where there are none" :
		       m->kind == MESSAGE_END && m->frames ? "Acq-Frames" : NULL;
	if (!m->frames || m->frames > body || m->frames * m->frame_bytes != body)
		return "the number of samples";
	return __builtin_add_overflow(m->position, body, &end) ? "Acq-Position" : NULL;
}

const char *message_parse(struct message *m, const char *(*get)(void *arg, const char *name),
			  void *arg, size_t body)
{
	const struct message_field *field;
	unsigned int i;

	*m = (struct message){ };
	for (i = 0; i < NUM_FIELDS; i++) {
		field = &message_fields[i];
		if (!message_take(m, field, get(arg, field->name)))
			return field->name;
	}
	return message_check(m, body);
}

struct message_writer {
	char *text;
	size_t bytes;
};

static void message_put_line(void *arg, const char *name, const char *value)
{
	struct message_writer *w = arg;

	w->bytes += snprintf(w->text + w->bytes, MESSAGE_TEXT_MAX - w->bytes, "%s: %s\n", name,
			     value);
}

/* The names take some 300 bytes, the texts less than 800, 14 numbers 20 each: there is room. */
size_t message_text(const struct message *m, char *text)
{
	struct message_writer w = { .text = text };

	text[0] = '\0';
	message_each(m, message_put_line, &w);
	return w.bytes;
}

struct message_lines {
	const char *value[NUM_FIELDS];
};

static const char *message_line(void *arg, const char *name)
{
	const struct message_lines *lines = arg;

	return lines->value[message_field(name) - message_fields];
}

const char *message_parse_text(struct message *m, char *text, size_t body)
{
	const struct message_field *field;
	struct message_lines lines = { };
	char *line, *value, *save;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		value = strstr(line, ": ");
		if (!value)
			return "a line without a value";
		*value = '\0';
		field = message_field(line);
		if (field)
			lines.value[field - message_fields] = value + 2;
	}
	return message_parse(m, message_line, &lines, body);
}

char *message_id(const struct message *m, unsigned int again, char *id)
{
	static const char kinds[] = { 'b', 'g', 'e' };
	int len;

	len = snprintf(id, MESSAGE_ID_MAX, "%s-%c-%" PRIu64, m->run, kinds[m->kind], m->index);
	if (m->kind != MESSAGE_END)
		len += snprintf(id + len, MESSAGE_ID_MAX - len, "-%" PRIu64, m->frames);
	if (again)
		snprintf(id + len, MESSAGE_ID_MAX - len, "-%u", again);
	return id;
}

uint64_t message_next(const struct message *m)
{
	return m->index + m->frames;
}

void message_set_config(struct message *m, const struct acq_config *config)
{
	char text[TEXT_MAX];
	size_t len = 0;
	unsigned int i;

	m->frame_bytes = config->frame_bytes;
	m->config[0] = '\0';
	for (i = 0; i < CONFIG_KEYS && len < sizeof(m->config); i++) {
		config_keys[i].print(config, text);
		if (*text)
			len += snprintf(m->config + len, sizeof(m->config) - len, "%s%s=%s",
					len ? "," : "", config_keys[i].name, text);
	}
}

bool message_get_config(const struct message *m, struct acq_config *config)
{
	struct config_asked asked = { };
	char why[TEXT_MAX];
	unsigned int channels;

	*config = (struct acq_config){ };
	if (!config_set_list(config, &asked, m->config, why, sizeof(why)))
		return false;
	channels = config_channels(config, m->channels);
	config->frame_bytes = m->frame_bytes;
	if (m->frame_bytes)
		config->block_used = config->block_bytes - config->block_bytes % m->frame_bytes;
	return m->frame_bytes && channels && config->rate_millihz &&
	       config->rate_millihz <= MESSAGE_RATE_MAX &&
	       m->frame_bytes == (uint64_t)channels * format_width(config->format);
}
