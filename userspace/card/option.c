// SPDX-License-Identifier: GPL-2.0-only
/* The values of options and of commands. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acq_r1.h"
#include "option.h"

const struct option_name option_formats[] = {
	{ "s8", ACQ_R1_FORMAT_S8 }, { "u8", ACQ_R1_FORMAT_U8 }, { "s16", ACQ_R1_FORMAT_S16 },
	{ "u16", ACQ_R1_FORMAT_U16 }, { "s32", ACQ_R1_FORMAT_S32 }, { "u32", ACQ_R1_FORMAT_U32 },
	{ NULL, 0 },
};

bool option_complain(const char *option, const char *value, const char *expected)
{
	fprintf(stderr, "acq-card: --%s %s: expected %s\n", option, value, expected);
	return false;
}

bool option_number(const char *option, const char *text, int base, uint64_t least, uint64_t most,
		   uint64_t *value)
{
	char expected[80];
	char *end;

	errno = 0;
	*value = strtoull(text, &end, base);
	if (!errno && end != text && !*end && *text != '-' && *value >= least && *value <= most)
		return true;
	snprintf(expected, sizeof(expected), "a number from %" PRIu64 " to %" PRIu64, least, most);
	return option_complain(option, text, expected);
}

bool option_u32(const char *option, const char *text, int base, uint64_t least, uint64_t most,
		uint32_t *value)
{
	uint64_t n;
	bool good = option_number(option, text, base, least, most, &n);

	*value = (uint32_t)n;
	return good;
}

bool option_find(const struct option_name *names, const char *name, size_t length,
		 unsigned int *value)
{
	for (; names->name; names++) {
		if (strlen(names->name) == length && !strncmp(names->name, name, length)) {
			*value = names->value;
			return true;
		}
	}
	return false;
}

bool option_find_all(const struct option_name *names, const char *list, unsigned int *values)
{
	unsigned int value;

	*values = 0;
	for (;;) {
		size_t length = strcspn(list, ",+");

		if (!option_find(names, list, length, &value))
			return false;
		*values |= value;
		if (!list[length])
			return true;
		list += length + 1;
	}
}

bool option_switch(const char *text, bool *on)
{
	bool is_on = !strcmp(text, "on");

	if (!is_on && strcmp(text, "off"))
		return false;
	*on = is_on;
	return true;
}

bool option_frames(const char *command, const char *text, uint64_t *frames, FILE *out)
{
	char *end;

	errno = 0;
	*frames = strtoull(text, &end, 10);
	if (!errno && *text >= '0' && *text <= '9' && !*end && *frames)
		return true;
	fprintf(out, "%s needs a number of frames", command);
	return false;
}
