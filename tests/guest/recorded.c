// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: none
 */
/*
 * recorded NAME CHANNELS: is NAME.sigmf-data a ramp of 16 bits that is whole but for the gaps
 * of NAME.sigmf-meta, which has each segment where it begins? For scripts; prints what it found.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char meta[16 << 20];
static uint16_t frame[64];
static uint64_t frames, place, gaps, lost;	/* place: sample index */
static const char *capture, *gap;	/* the next ones; NULL: there is none */

static unsigned long long value(const char *from, const char *key)
{
	const char *at = from ? strstr(from, key) : NULL;

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

/* The object of a list at @from or behind it; none behind @end */
static const char *object(const char *from, const char *end)
{
	const char *at = from ? strstr(from, "\"core:sample_start\":") : NULL;

	return at && (!end || at < end) ? at : NULL;
}

static FILE *open_file(const char *name, const char *suffix)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s%s", name, suffix);
	file = fopen(path, "r");
	if (!file)
		perror(path);
	return file;
}

/* What there is to say of this place. Nonzero: it is wrong. */
static int pass(const char *end)
{
	for (; gap && frames == value(gap, "\"core:sample_start\":"); gap = object(gap + 1, NULL)) {
		if (place != value(gap, "\"acqdev:index\":")) {
			printf("a gap is said to be at index %llu, the samples end at %llu\n",
			       value(gap, "\"acqdev:index\":"), (unsigned long long)place);
			return 1;
		}
		place += value(gap, "\"acqdev:lost\":");
		lost += value(gap, "\"acqdev:lost\":");
		gaps++;
	}
	if (!capture || frames != value(capture, "\"core:sample_start\":"))
		return 0;
	if (place != value(capture, "\"core:global_index\":")) {
		printf("a segment is said to begin with index %llu, which is %llu\n",
		       value(capture, "\"core:global_index\":"), (unsigned long long)place);
		return 1;
	}
	capture = object(capture + 1, end);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int channels, i;
	const char *annotations;
	FILE *file;

	if (argc != 3)
		return 2;
	channels = atoi(argv[2]);
	file = open_file(argv[1], ".sigmf-meta");
	if (!file || !fread(meta, 1, sizeof(meta) - 1, file))
		return 1;
	fclose(file);
	file = open_file(argv[1], ".sigmf-data");
	annotations = strstr(meta, "\"annotations\":");
	if (!file || !annotations)
		return 1;
	capture = object(strstr(meta, "\"captures\":"), annotations);
	gap = object(annotations, NULL);
	place = value(capture, "\"core:global_index\":");
	/* a gap before the first sample is before the first segment */
	if (gap && !value(gap, "\"core:sample_start\":"))
		place = value(gap, "\"acqdev:index\":");
	for (;;) {
		if (pass(annotations))
			return 1;
		if (fread(frame, 2 * channels, 1, file) != 1)
			break;
		for (i = 0; i < channels; i++) {
			if (frame[i] == (uint16_t)(place * channels + i))
				continue;
			printf("frame %llu, index %llu, channel %u: %u\n",
			       (unsigned long long)frames, (unsigned long long)place, i, frame[i]);
			return 1;
		}
		place++;
		frames++;
	}
	if (gap || capture || ftell(file) != (long)(2 * channels * frames) ||
	    frames != value(meta, "\"acqdev:frames\":") ||
	    gaps != value(meta, "\"acqdev:gaps\":") ||
	    lost != value(meta, "\"acqdev:lost\":")) {
		printf("%llu frames, %llu gaps and %llu frames lost are not what %s says\n",
		       (unsigned long long)frames, (unsigned long long)gaps,
		       (unsigned long long)lost, argv[1]);
		return 1;
	}
	printf("%llu frames with %llu gaps, all accounted for\n", (unsigned long long)frames,
	       (unsigned long long)gaps);
	return 0;
}
