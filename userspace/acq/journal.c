// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal.h"

#define JOURNAL_SUM	9		/* bytes before the object: a checksum and a space */
#define JOURNAL_BUFFER	(64 << 10)
#define JOURNAL_DEPTH	8		/* objects in objects */
#define JOURNAL_FRAME	(1 << 20)	/* more bytes than a frame ever has */

static const char *const journal_words[] = {
	[JOURNAL_BEGIN] = "begin",
	[JOURNAL_SEGMENT] = "segment",
	[JOURNAL_GAP] = "gap",
	[JOURNAL_TIME] = "time",
	[JOURNAL_GOOD] = "good",
	[JOURNAL_END] = "end",
};

struct journal {
	int fd;
	uint64_t limit;
	uint64_t offset;		/* in the file, of what is in the buffer */
	size_t begin, end;		/* of it, what is not read yet */
	uint64_t valid;
	bool begun, ended;
	uint64_t frame, good;		/* the last ones */
	struct json_tokener *tokener;
	struct json_object *object;	/* of the last line */
	char buffer[JOURNAL_BUFFER];
};

/* CRC-32 as zlib and gzip have it, four bits at a time */
static uint32_t journal_crc(const char *data, size_t bytes)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158,
		0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4,
		0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = ~0U;

	for (; bytes; bytes--) {
		crc ^= (unsigned char)*data++;
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

struct json_object *journal_new(enum journal_kind kind)
{
	struct json_object *o = json_object_new_object();

	if (o)
		json_object_object_add(o, "t", json_object_new_string(journal_words[kind]));
	return o;
}

/* No line has a null: there was no memory for that value. */
static bool journal_is_whole(struct json_object *object)
{
	if (!object)
		return false;
	json_object_object_foreach(object, key, value) {
		if (!key || !value)
			return false;
	}
	return true;
}

char *journal_format(struct json_object *object, size_t *bytes)
{
	const char *text = NULL;
	char *line = NULL;
	int len;

	if (journal_is_whole(object))
		text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text && strlen(text) + JOURNAL_SUM + 1 <= JOURNAL_LINE_MAX) {
		len = asprintf(&line, "%08" PRIx32 " %s\n", journal_crc(text, strlen(text)), text);
		*bytes = len;
		if (len < 0)
			line = NULL;
	}
	json_object_put(object);
	return line;
}

struct journal *journal_open(int fd, uint64_t limit)
{
	struct journal *j = malloc(sizeof(*j));

	if (!j)
		return NULL;
	*j = (struct journal){ .fd = fd, .limit = limit };
	j->tokener = json_tokener_new_ex(JOURNAL_DEPTH);
	if (j->tokener)
		return j;
	free(j);
	return NULL;
}

static void journal_drop(struct journal *j)
{
	json_object_put(j->object);
	j->object = NULL;
}

void journal_rewind(struct journal *j)
{
	journal_drop(j);
	j->offset = 0;
	j->begin = 0;
	j->end = 0;
	j->valid = 0;
	j->begun = false;
	j->ended = false;
	j->frame = 0;
	j->good = 0;
}

/* More of the file behind what is in the buffer. 1; 0: there is no more; or a negative errno. */
static int journal_fill(struct journal *j)
{
	uint64_t at, room;
	ssize_t n;

	memmove(j->buffer, j->buffer + j->begin, j->end - j->begin);
	j->offset += j->begin;
	j->end -= j->begin;
	j->begin = 0;
	at = j->offset + j->end;
	room = sizeof(j->buffer) - j->end;
	if (at >= j->limit)
		return 0;
	room = room < j->limit - at ? room : j->limit - at;
	do {
		n = pread(j->fd, j->buffer + j->end, room, at);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		j->end += n;
	return n < 0 ? -errno : n > 0;
}

/*
 * The next line that ends: *@text with *@bytes, its newline included. It is taken later, by
 * adding to j->begin. 1; 0: none does, or it is longer than a line may be; or a negative errno.
 */
static int journal_peek(struct journal *j, const char **text, size_t *bytes)
{
	size_t have;
	char *end;
	int ret;

	for (;;) {
		have = j->end - j->begin;
		have = have < JOURNAL_LINE_MAX ? have : JOURNAL_LINE_MAX;
		end = memchr(j->buffer + j->begin, '\n', have);
		if (end || have == JOURNAL_LINE_MAX)
			break;
		ret = journal_fill(j);
		if (ret <= 0)
			return ret;
	}
	if (!end)
		return 0;
	*text = j->buffer + j->begin;
	*bytes = end + 1 - *text;
	return 1;
}

/* The object of a line whose checksum is right; NULL: it is not, or there is no such object. */
static struct json_object *journal_parse(struct journal *j, const char *text, size_t bytes)
{
	size_t len = bytes - JOURNAL_SUM - 1;
	struct json_object *o;
	char sum[JOURNAL_SUM + 1];

	if (bytes <= JOURNAL_SUM + 1)
		return NULL;
	snprintf(sum, sizeof(sum), "%08" PRIx32 " ", journal_crc(text + JOURNAL_SUM, len));
	if (memcmp(sum, text, JOURNAL_SUM))
		return NULL;
	json_tokener_reset(j->tokener);
	o = json_tokener_parse_ex(j->tokener, text + JOURNAL_SUM, len);
	if (o && json_object_is_type(o, json_type_object) &&
	    json_tokener_get_parse_end(j->tokener) == len)
		return o;
	json_object_put(o);
	return NULL;
}

bool journal_u64(struct json_object *object, const char *key, uint64_t *value)
{
	struct json_object *o;

	if (!json_object_object_get_ex(object, key, &o) || !json_object_is_type(o, json_type_int) ||
	    json_object_get_int64(o) < 0)
		return false;
	*value = json_object_get_uint64(o);
	return true;
}

const char *journal_text(struct json_object *object, const char *key)
{
	struct json_object *o;

	if (!json_object_object_get_ex(object, key, &o) ||
	    !json_object_is_type(o, json_type_string))
		return NULL;
	return json_object_get_string(o);
}

static bool journal_flag(struct json_object *object, const char *key)
{
	return json_object_get_boolean(json_object_object_get(object, key));
}

static enum journal_kind journal_kind_of(struct json_object *o)
{
	const char *word = journal_text(o, "t");
	enum journal_kind kind;

	for (kind = 0; word && kind < JOURNAL_OTHER; kind++)
		if (!strcmp(word, journal_words[kind]))
			return kind;
	return JOURNAL_OTHER;
}

static bool journal_read_begin(struct json_object *o, struct journal_line *line)
{
	uint64_t version, frame;

	if (!journal_u64(o, "version", &version) || version != JOURNAL_VERSION ||
	    !journal_u64(o, "frame_bytes", &frame) || !frame || frame > JOURNAL_FRAME)
		return false;
	line->frame_bytes = frame;
	return journal_u64(o, "run", &line->run);
}

/* What @line's kind has to have, and does it fit to what was before? */
static bool journal_read(const struct journal *j, struct json_object *o, struct journal_line *line)
{
	switch (line->kind) {
	case JOURNAL_BEGIN:
		return !j->begun && journal_read_begin(o, line);
	case JOURNAL_SEGMENT:
		return journal_u64(o, "frame", &line->frame) && line->frame >= j->frame &&
		       journal_u64(o, "index", &line->index) &&
		       journal_u64(o, "run", &line->run);
	case JOURNAL_GAP:
		line->estimated = journal_flag(o, "estimated") || journal_flag(o, "open");
		return journal_u64(o, "frame", &line->frame) && line->frame >= j->frame &&
		       journal_u64(o, "index", &line->index) &&
		       journal_u64(o, "lost", &line->lost) && journal_text(o, "cause");
	case JOURNAL_TIME:
		return journal_u64(o, "index", &line->index) && journal_text(o, "utc");
	case JOURNAL_GOOD:
		return journal_u64(o, "bytes", &line->bytes) && line->bytes >= j->good;
	case JOURNAL_END:
		line->reason = journal_text(o, "reason");
		return journal_u64(o, "bytes", &line->bytes) && line->reason;
	case JOURNAL_OTHER:
		return true;
	}
	return false;
}

/* It counts: the next one has to fit to it. */
static void journal_accept(struct journal *j, const struct journal_line *line, size_t bytes)
{
	j->begin += bytes;
	j->valid += bytes;
	j->begun = true;
	j->ended = line->kind == JOURNAL_END;
	if (line->kind == JOURNAL_SEGMENT || line->kind == JOURNAL_GAP)
		j->frame = line->frame;
	if (line->kind == JOURNAL_GOOD)
		j->good = line->bytes;
}

int journal_next(struct journal *j, struct journal_line *line)
{
	const char *text;
	size_t bytes;
	int ret;

	journal_drop(j);
	*line = (struct journal_line){ };
	if (j->ended)
		return 0;
	ret = journal_peek(j, &text, &bytes);
	if (ret <= 0)
		return ret;
	j->object = journal_parse(j, text, bytes);
	if (!j->object)
		return 0;
	line->kind = journal_kind_of(j->object);
	line->object = j->object;
	if ((line->kind != JOURNAL_BEGIN && !j->begun) || !journal_read(j, j->object, line))
		return 0;
	journal_accept(j, line, bytes);
	return 1;
}

/* Does the line say that it is of another kind? Only as json-c writes it; any other is parsed. */
static bool journal_is_other(const char *text, size_t bytes, enum journal_kind kind)
{
	static const char begin[] = "{\"t\":\"";
	const char *word = journal_words[kind];
	size_t least = JOURNAL_SUM + sizeof(begin) + strlen(word);

	text += JOURNAL_SUM;
	return bytes > least && !memcmp(text, begin, sizeof(begin) - 1) &&
	       memcmp(text + sizeof(begin) - 1, word, strlen(word));
}

int journal_next_of(struct journal *j, enum journal_kind kind, struct journal_line *line)
{
	const char *text;
	size_t bytes;
	int ret;

	for (;;) {
		ret = journal_peek(j, &text, &bytes);
		if (ret <= 0)
			return ret;
		if (!journal_is_other(text, bytes, kind)) {
			ret = journal_next(j, line);
			if (ret <= 0 || line->kind == kind)
				return ret;
			continue;
		}
		j->begin += bytes;
		j->valid += bytes;
		j->begun = true;
	}
}

uint64_t journal_valid(const struct journal *j)
{
	return j->valid;
}

int journal_damaged(struct journal *j)
{
	struct json_object *o;
	const char *text;
	size_t bytes;
	char *end;
	int ret;

	/* what follows the last line of all is damage, too, unless it is nothing */
	for (;;) {
		ret = journal_peek(j, &text, &bytes);
		if (ret < 0)
			return ret;
		if (ret) {
			o = journal_parse(j, text, bytes);
			json_object_put(o);
			if (o)
				return 1;
			j->begin += bytes;
			continue;
		}
		/* longer than a line: behind its end there may be others */
		if (j->end - j->begin < JOURNAL_LINE_MAX)
			return 0;
		end = memchr(j->buffer + j->begin, '\n', j->end - j->begin);
		j->begin = end ? (size_t)(end + 1 - j->buffer) : j->end;
	}
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	journal_drop(j);
	json_tokener_free(j->tokener);
	free(j);
}
