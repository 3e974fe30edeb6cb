// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: none
 */
/*
 * promised ACCOUNT DATA CHANNELS: whether all that a journal says is on the disk, or metadata says
 * is there, is in DATA: each sample of a ramp of 16 bits, by its index. Knows the formats and
 * nothing of acq's code. For scripts; prints
 *	good=BYTES before=BYTES gaps=N lost=FRAMES reason=WORD cut=BYTES first=INDEX next=INDEX
 * where the last line "good" is and the one before it, the gaps up to there, why it ended, or
 * "none", how many bytes of the journal follow the last line that is whole, the index of the first
 * frame, and the one that is to follow.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACES	100000
#define CHANNELS	64

/* Where a segment begins, or a gap is */
struct place {
	uint64_t frame, index, lost;
	bool is_gap;
};

static struct promised {
	struct place place[PLACES];
	size_t places;
	uint64_t frame_bytes, good, before, cut, next;
	char reason[32];
} promised = { .reason = "none" };

static uint32_t promised_crc(const char *text, size_t bytes)
{
	uint32_t crc = ~0;
	int bit;

	while (bytes--) {
		crc ^= (uint8_t)*text++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

/* What follows "KEY": in a line; NULL: there is no such key */
static const char *promised_value(const char *line, const char *key)
{
	char wanted[64];
	const char *at;

	snprintf(wanted, sizeof(wanted), "\"%s\":", key);
	at = strstr(line, wanted);
	if (!at)
		return NULL;
	at += strlen(wanted);
	return at + strspn(at, " ");
}

static uint64_t promised_number(const char *line, const char *key)
{
	const char *at = promised_value(line, key);

	return at ? strtoull(at, NULL, 10) : 0;
}

static bool promised_is(const char *line, const char *kind)
{
	const char *at = promised_value(line, "t");

	return at && *at == '"' && !strncmp(at + 1, kind, strlen(kind)) &&
	       at[1 + strlen(kind)] == '"';
}

static void promised_place(const char *line, const char *frame, const char *index,
			   const char *lost)
{
	struct place *place = promised.place + promised.places;

	if (promised.places == PLACES)
		return;
	place->frame = promised_number(line, frame);
	place->index = promised_number(line, index);
	place->lost = lost ? promised_number(line, lost) : 0;
	place->is_gap = lost;
	promised.places++;
}

static void promised_reason(const char *text, const char *key)
{
	const char *at = promised_value(text, key);

	if (at)
		snprintf(promised.reason, sizeof(promised.reason), "%.*s",
			 (int)strcspn(at + 1, "\""), at + 1);
}

static void promised_line(const char *line)
{
	if (promised_is(line, "begin"))
		promised.frame_bytes = promised_number(line, "frame_bytes");
	if (promised_is(line, "segment"))
		promised_place(line, "frame", "index", NULL);
	if (promised_is(line, "gap"))
		promised_place(line, "frame", "index", "lost");
	if (promised_is(line, "good")) {
		promised.before = promised.good;
		promised.good = promised_number(line, "bytes");
	}
	if (promised_is(line, "end"))
		promised_reason(line, "reason");
}

/* Up to the first line that is not whole */
static void promised_journal(FILE *file)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	while ((n = getline(&line, &room, file)) > 10 && line[n - 1] == '\n' && line[8] == ' ' &&
	       strtoul(line, NULL, 16) == promised_crc(line + 9, n - 10))
		promised_line(line + 9);
	if (n > 0)
		promised.cut = n;
	while ((n = getline(&line, &room, file)) > 0)
		promised.cut += n;
	free(line);
}

/* The objects of a list, one after the other; they have no objects of their own. */
static void promised_list(char *text, const char *key, const char *index, const char *lost)
{
	char *at = (char *)promised_value(text, key), *end = at ? strchr(at, ']') : NULL, *next;

	while (end && (at = strchr(at, '{')) && at < end) {
		next = strchr(at, '}');
		if (!next)
			return;
		*next = 0;
		promised_place(at, "core:sample_start", index, lost);
		*next = '}';
		at = next;
	}
}

static int promised_order(const void *a, const void *b)
{
	const struct place *one = a, *other = b;

	if (one->frame != other->frame)
		return one->frame < other->frame ? -1 : 1;
	if (one->is_gap != other->is_gap)
		return one->is_gap ? -1 : 1;
	return one->index < other->index ? -1 : one->index > other->index;
}

static void promised_metadata(FILE *file, unsigned int channels)
{
	static char text[1 << 20];
	size_t bytes = fread(text, 1, sizeof(text) - 1, file);

	text[bytes] = 0;
	promised.frame_bytes = channels * 2;
	promised.good = promised_number(text, "acqdev:frames") * promised.frame_bytes;
	promised_reason(text, "acqdev:end");
	promised_list(text, "captures", "core:global_index", NULL);
	promised_list(text, "annotations", "acqdev:index", "acqdev:lost");
	qsort(promised.place, promised.places, sizeof(*promised.place), promised_order);
}

static bool promised_read(const char *name, unsigned int channels)
{
	FILE *file = fopen(name, "r");

	if (!file) {
		perror(name);
		return false;
	}
	if (strstr(name, ".sigmf-meta"))
		promised_metadata(file, channels);
	else
		promised_journal(file);
	fclose(file);
	return true;
}

static bool promised_wrong(const char *what, uint64_t frame, uint64_t is, uint64_t wanted)
{
	printf("%s at frame %" PRIu64 ": %" PRIu64 ", not %" PRIu64 "\n", what, frame, is, wanted);
	return false;
}

/* Passes the places at @frame, where the samples end at *@index. */
static bool promised_pass(size_t *at, uint64_t frame, uint64_t *index)
{
	const struct place *p;
	bool begins = !frame;

	for (; *at < promised.places && promised.place[*at].frame <= frame; ++*at) {
		p = &promised.place[*at];
		if (p->frame < frame)
			return promised_wrong("a line out of order", frame, p->frame, frame);
		if (!begins && p->index != *index)
			return promised_wrong(p->is_gap ? "a gap" : "a segment", frame, p->index,
					      *index);
		*index = p->index + p->lost;
		begins = false;
	}
	if (begins && promised.good)
		return promised_wrong("no segment", frame, 0, 1);
	return true;
}

/* All of a file, or of what there is of it; the caller's to free */
static uint16_t *promised_data(const char *name, uint64_t *bytes)
{
	FILE *file = fopen(name, "r");
	uint16_t *data = malloc(*bytes + 1);

	*bytes = file && data ? fread(data, 1, *bytes, file) : 0;
	if (file)
		fclose(file);
	return data;
}

static bool promised_check(const char *name, unsigned int channels)
{
	uint64_t frames, frame, index = 0, bytes = promised.good;
	uint16_t *data = promised_data(name, &bytes), wanted;
	size_t at = 0;
	unsigned int i;

	frames = promised.frame_bytes ? promised.good / promised.frame_bytes : 0;
	if (frames * channels * 2 != promised.good)
		return promised_wrong("half a frame", frames, promised.good, frames * channels * 2);
	if (bytes < promised.good)
		return promised_wrong("the end", bytes / channels / 2, bytes, promised.good);
	for (frame = 0; frame < frames; frame++, index++) {
		if (!promised_pass(&at, frame, &index))
			return false;
		for (i = 0; i < channels; i++) {
			wanted = index * channels + i;
			if (data[frame * channels + i] != wanted)
				return promised_wrong("a sample", frame, data[frame * channels + i],
						      wanted);
		}
	}
	free(data);
	if (!promised_pass(&at, frames, &index))
		return false;
	promised.next = index;
	return true;
}

int main(int argc, char **argv)
{
	const struct place *place;
	uint64_t gaps = 0, lost = 0;
	size_t i;

	if (argc != 4 || atoi(argv[3]) < 1 || atoi(argv[3]) > CHANNELS)
		return 2;
	if (!promised_read(argv[1], atoi(argv[3])) || !promised_check(argv[2], atoi(argv[3])))
		return 1;
	for (i = 0; i < promised.places; i++) {
		place = promised.place + i;
		if (!place->is_gap || place->frame * promised.frame_bytes > promised.good)
			continue;
		gaps++;
		lost += place->lost;
	}
	printf("good=%" PRIu64 " before=%" PRIu64 " gaps=%" PRIu64 " lost=%" PRIu64
	       " reason=%s cut=%" PRIu64 " first=%" PRIu64 " next=%" PRIu64 "\n",
	       promised.good, promised.before, gaps, lost, promised.reason, promised.cut,
	       promised.place[0].index, promised.next);
	return 0;
}
