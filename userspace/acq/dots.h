/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A graph of dots, eight to a character: braille, or what ASCII has.
 */
#ifndef ACQ_DOTS_H
#define ACQ_DOTS_H

#include <stdbool.h>

#include "screen.h"

#define DOTS_COLUMNS	240
#define DOTS_ROWS	64

struct dots {
	unsigned int columns, rows;	/* characters: two dots across, four high */
	unsigned char cell[DOTS_ROWS][DOTS_COLUMNS];
	bool broken[DOTS_COLUMNS];
};

/* An empty graph, of that size or the largest there is */
void dots_clear(struct dots *d, unsigned int columns, unsigned int rows);

/* A column of dots @x, from @bottom to @top, counted from below */
void dots_line(struct dots *d, unsigned int x, unsigned int bottom, unsigned int top);

/* A gap in the middle of the column of dots @x */
void dots_break(struct dots *d, unsigned int x);

void dots_put_row(const struct dots *d, struct screen *screen, unsigned int row);

#endif /* ACQ_DOTS_H */
