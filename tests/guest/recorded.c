// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: none
 */
/*
 * recorded FILE CHANNELS: is it a ramp of 16 bits that is whole but for the gaps that
 * FILE.json lists? For scripts; prints what it found.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char json[1 << 20];
static uint16_t frame[64];

static unsigned long long value(const char *from, const char *key)
{
	const char *at = strstr(from, key);

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

int main(int argc, char **argv)
{
	uint64_t index, bytes = 0, gaps = 0, lost = 0;
	unsigned int channels, i;
	char name[4096];
	const char *gap;
	FILE *file;

	if (argc != 3)
		return 2;
	channels = atoi(argv[2]);
	snprintf(name, sizeof(name), "%s.json", argv[1]);
	file = fopen(name, "r");
	if (!file || !fread(json, 1, sizeof(json) - 1, file)) {
		perror(name);
		return 1;
	}
	fclose(file);
	file = fopen(argv[1], "r");
	if (!file) {
		perror(argv[1]);
		return 1;
	}
	index = value(json, "\"first_index\":");
	gap = strstr(json, "\"gap_list\":");
	gap = gap ? strstr(gap, "\"position\":") : NULL;
	for (;;) {
		while (gap && bytes == value(gap, "\"byte\":")) {
			if (index != value(gap, "\"index\":")) {
				printf("a gap is told at index %llu, the samples end at %llu\n",
				       value(gap, "\"index\":"), (unsigned long long)index);
				return 1;
			}
			index += value(gap, "\"lost\":");
			lost += value(gap, "\"lost\":");
			gaps++;
			gap = strstr(gap + 1, "\"position\":");
		}
		if (fread(frame, 2 * channels, 1, file) != 1)
			break;
		for (i = 0; i < channels; i++) {
			if (frame[i] == (uint16_t)(index * channels + i))
				continue;
			printf("byte %llu, index %llu, channel %u: %u\n", (unsigned long long)bytes,
			       (unsigned long long)index, i, frame[i]);
			return 1;
		}
		index++;
		bytes += 2 * channels;
	}
	if (gap || ftell(file) != (long)bytes || bytes != value(json, "\"bytes\":") ||
	    gaps != value(json, "\"gaps\":") || lost != value(json, "\"lost\":")) {
		printf("%llu bytes, %llu gaps and %llu frames lost are not what %s says\n",
		       (unsigned long long)bytes, (unsigned long long)gaps,
		       (unsigned long long)lost, name);
		return 1;
	}
	printf("%llu bytes with %llu gaps, all accounted for\n", (unsigned long long)bytes,
	       (unsigned long long)gaps);
	return 0;
}
