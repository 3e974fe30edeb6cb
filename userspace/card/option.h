/* SPDX-License-Identifier: GPL-2.0-only */
/* The values of options and of commands: what the command line's and those of models share. */
#ifndef CARD_OPTION_H
#define CARD_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct option_name {
	const char *name;
	unsigned int value;
};

/* Each is false after a message. */
bool option_complain(const char *option, const char *value, const char *expected);
bool option_number(const char *option, const char *text, int base, uint64_t least, uint64_t most,
		   uint64_t *value);
bool option_u32(const char *option, const char *text, int base, uint64_t least, uint64_t most,
		uint32_t *value);

/* The tables end with a NULL. False without a message, as the caller knows what is expected. */
bool option_find(const struct option_name *names, const char *name, size_t length,
		 unsigned int *value);
/* The values of a list of names, separated by commas, put together. */
bool option_find_all(const struct option_name *names, const char *list, unsigned int *values);

/* Of commands. "on" or "off"; false without a message, and @on is what it was. */
bool option_switch(const char *text, bool *on);
/* How many @command is to have, at least one; false after a message to @out */
bool option_frames(const char *command, const char *text, uint64_t *frames, FILE *out);

/* s8, u8, ...: ACQ_R1_FORMAT_*, in ascending order */
extern const struct option_name option_formats[];

#endif /* CARD_OPTION_H */
