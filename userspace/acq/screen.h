/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pictures of text: on a terminal each replaces the one before, elsewhere they follow each
 * other as plain lines.
 *
 * What would be right of the last column or below the last row is left out, so that a
 * picture fits whatever is drawn.
 */
#ifndef ACQ_SCREEN_H
#define ACQ_SCREEN_H

#include <stdbool.h>
#include <stdio.h>

struct screen {
	FILE *file;
	bool live;		/* a terminal */
	bool unicode;
	unsigned int colours;	/* 0, 8 or 256 */
	unsigned int columns, rows;	/* for the picture */

	FILE *out;		/* the picture in memory, until it is whole */
	char *text;
	size_t size;
	unsigned int line, column;	/* where the next character goes */
	unsigned int standing;	/* lines of the picture on the terminal */
	bool coloured;
};

void screen_open(struct screen *s, FILE *file);

/* Would a picture be written without a wait? A stopped or slow terminal takes none. */
bool screen_ready(const struct screen *s);

/* Ask the terminal's size, into @columns and @rows. */
void screen_measure(struct screen *s);

/* Begin a picture, in the size that the terminal has now. False: out of memory. */
bool screen_begin(struct screen *s);

/* Write text without line breaks, UTF-8 of single-width characters. */
void screen_put(struct screen *s, const char *text);
void screen_printf(struct screen *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Spaces up to @column */
void screen_to(struct screen *s, unsigned int column);

/* Text from here on has colour @wide of 256, or @narrow of 8; negative: no colour. */
void screen_colour(struct screen *s, int wide, int narrow);

void screen_end_line(struct screen *s);

/* Write the picture, all at once. */
void screen_finish(struct screen *s);

/* Leave the picture that stands: something is about to be written below it. */
void screen_leave(struct screen *s);

#endif /* ACQ_SCREEN_H */
