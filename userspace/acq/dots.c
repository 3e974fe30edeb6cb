// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "dots.h"

static const unsigned char dots_braille[4][2] = {
	{ 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 },
};

void dots_clear(struct dots *d, unsigned int columns, unsigned int rows)
{
	memset(d, 0, sizeof(*d));
	d->columns = columns < DOTS_COLUMNS ? columns : DOTS_COLUMNS;
	d->rows = rows < DOTS_ROWS ? rows : DOTS_ROWS;
}

void dots_line(struct dots *d, unsigned int x, unsigned int bottom, unsigned int top)
{
	unsigned int y;

	for (y = bottom; y <= top && y < 4 * d->rows; y++)
		d->cell[d->rows - 1 - y / 4][x / 2] |= dots_braille[3 - y % 4][x % 2];
}

void dots_break(struct dots *d, unsigned int x)
{
	d->broken[x / 2] = true;
}

static void dots_put(struct screen *screen, unsigned char dots)
{
	char braille[4] = { '\xe2', 0xa0 + (dots >> 6), 0x80 + (dots & 0x3f) };

	if (!dots)
		screen_put(screen, " ");
	else if (screen->unicode)
		screen_put(screen, braille);
	else if (!(dots & 0x1b))
		screen_put(screen, ".");
	else if (!(dots & 0xe4))
		screen_put(screen, "'");
	else
		screen_put(screen, (dots & 0x5b) && (dots & 0xa4) ? "|" : ":");
}

void dots_put_row(const struct dots *d, struct screen *screen, unsigned int row)
{
	unsigned int x;

	for (x = 0; x < d->columns; x++) {
		if (d->broken[x])
			screen_put(screen, screen->unicode ? "\xe2\x94\x86" : "!");
		else
			dots_put(screen, d->cell[row][x]);
	}
}
