// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: none
 */
/*
 * promised JOURNAL DATA CHANNELS: whether all that the journal of a recording says is on the disk
 * is in DATA: each sample of a ramp of 16 bits, by its index. Knows the journal's format and
 * nothing of acq's code. For scripts; prints
 *	good=BYTES before=BYTES gaps=N lost=FRAMES reason=WORD cut=BYTES
 * the last line "good" and the one before it, the gaps up to there, the word of a line "end" or
 * "none", and how many bytes of the journal follow the last line that is whole.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACES	100000
#define CHANNELS	64

/* A line "segment" or "gap" */
struct place {
	uint64_t frame, index, lost;
	bool is_gap;
};

static struct promised {
	struct place place[PLACES];
	size_t places;
	uint64_t frame_bytes, good, before, cut;
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

	return at && *at == '"' && !strncmp(at + 1, kind, strlen(kind)) && at[1 + strlen(kind)] == '"';
}

static void promised_line(const char *line)
{
	const char *reason = promised_value(line, "reason");

	if (promised_is(line, "begin"))
		promised.frame_bytes = promised_number(line, "frame_bytes");
	if ((promised_is(line, "segment") || promised_is(line, "gap")) && promised.places < PLACES)
		promised.place[promised.places++] = (struct place){
			.frame = promised_number(line, "frame"), .index = promised_number(line, "index"),
			.lost = promised_number(line, "lost"), .is_gap = promised_is(line, "gap"),
		};
	if (promised_is(line, "good")) {
		promised.before = promised.good;
		promised.good = promised_number(line, "bytes");
	}
	if (promised_is(line, "end") && reason)
		snprintf(promised.reason, sizeof(promised.reason), "%.*s", (int)strcspn(reason + 1, "\""), reason + 1);
}

/* Up to the first line that is not whole */
static bool promised_read(const char *name)
{
	FILE *file = fopen(name, "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	if (!file) {
		perror(name);
		return false;
	}
	while ((n = getline(&line, &room, file)) > 0 && line[n - 1] == '\n' && n > 10 && line[8] == ' ' &&
	       strtoul(line, NULL, 16) == promised_crc(line + 9, n - 10))
		promised_line(line + 9);
	if (n > 0)
		promised.cut = n;
	while ((n = getline(&line, &room, file)) > 0)
		promised.cut += n;
	free(line);
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
			return promised_wrong(p->is_gap ? "a gap begins" : "a segment begins", frame, p->index, *index);
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
	uint16_t *data = promised_data(name, &bytes);
	size_t at = 0;
	unsigned int i;

	frames = promised.frame_bytes ? promised.good / promised.frame_bytes : 0;
	if (frames * channels * 2 != promised.good)
		return promised_wrong("good is no whole frames", frames, promised.good, frames * channels * 2);
	if (bytes < promised.good)
		return promised_wrong("the data ends", bytes / channels / 2, bytes, promised.good);
	for (frame = 0; frame < frames; frame++, index++) {
		if (!promised_pass(&at, frame, &index))
			return false;
		for (i = 0; i < channels; i++)
			if (data[frame * channels + i] != (uint16_t)(index * channels + i))
				return promised_wrong("a sample", frame, data[frame * channels + i],
						      (uint16_t)(index * channels + i));
	}
	free(data);
	return promised_pass(&at, frames, &index);
}

int main(int argc, char **argv)
{
	uint64_t gaps = 0, lost = 0;
	size_t i;

	if (argc != 4 || atoi(argv[3]) < 1 || atoi(argv[3]) > CHANNELS)
		return 2;
	if (!promised_read(argv[1]) || !promised_check(argv[2], atoi(argv[3])))
		return 1;
	for (i = 0; i < promised.places; i++) {
		if (!promised.place[i].is_gap || promised.place[i].frame * promised.frame_bytes > promised.good)
			continue;
		gaps++;
		lost += promised.place[i].lost;
	}
	printf("good=%" PRIu64 " before=%" PRIu64 " gaps=%" PRIu64 " lost=%" PRIu64 " reason=%s cut=%" PRIu64 "\n",
	       promised.good, promised.before, gaps, lost, promised.reason, promised.cut);
	return 0;
}
