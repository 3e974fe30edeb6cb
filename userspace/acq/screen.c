// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "screen.h"

#define SCREEN_COLUMNS	80	/* of what is no terminal */
#define SCREEN_ROWS	24
#define SCREEN_MAX	1000

/* The environment says it, not setlocale(): a static binary has no locales. */
static bool screen_is_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strstr(value, "UTF-8") || strstr(value, "utf8") ||
			       strstr(value, "UTF8") || strstr(value, "utf-8");
	}
	return false;
}

static unsigned int screen_count_colours(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM"), *more = getenv("COLORTERM");

	if (no && *no)
		return 0;
	return (more && *more) || strstr(term, "256") || strstr(term, "kitty") ? 256 : 8;
}

void screen_open(struct screen *s, FILE *file)
{
	const char *term = getenv("TERM");

	*s = (struct screen){ .file = file, .unicode = screen_is_utf8() };
	/* a terminal that cannot go back over lines gets what a file gets */
	s->live = isatty(fileno(file)) && term && *term && strcmp(term, "dumb");
	s->colours = s->live ? screen_count_colours() : 0;
	screen_measure(s);
}

bool screen_ready(const struct screen *s)
{
	struct pollfd p = { .fd = fileno(s->file), .events = POLLOUT };

	return !s->live || (poll(&p, 1, 0) == 1 && p.revents & POLLOUT);
}

void screen_measure(struct screen *s)
{
	struct winsize ws;

	s->columns = SCREEN_COLUMNS;
	s->rows = SCREEN_ROWS;
	if (!s->live || ioctl(fileno(s->file), TIOCGWINSZ, &ws) || !ws.ws_col || !ws.ws_row)
		return;
	s->columns = ws.ws_col > SCREEN_MAX ? SCREEN_MAX : ws.ws_col;
	s->rows = ws.ws_row > SCREEN_MAX ? SCREEN_MAX : ws.ws_row;
	/* terminals differ in what follows the last column; the cursor stands below the picture */
	s->columns -= s->columns > 1;
	s->rows--;
}

bool screen_begin(struct screen *s)
{
	unsigned int columns = s->columns, rows = s->rows;

	screen_measure(s);
	s->out = open_memstream(&s->text, &s->size);
	if (!s->out)
		return false;
	/* lines have been wrapped or cut: nobody knows where the old picture is */
	if (s->standing && (columns != s->columns || rows != s->rows))
		fputs("\033[H\033[2J", s->out);
	else if (s->standing)
		fprintf(s->out, "\033[%uF", s->standing);
	s->line = 0;
	s->column = 0;
	return true;
}

static bool screen_is_full(const struct screen *s)
{
	return s->live && s->line >= s->rows;
}

void screen_put(struct screen *s, const char *text)
{
	bool inside = false;

	for (; *text; text++) {
		/* a byte that continues a character goes where its first one went */
		if ((*text & 0xc0) != 0x80) {
			inside = s->column < s->columns && !screen_is_full(s);
			s->column++;
		}
		if (inside)
			fputc(*text, s->out);
	}
}

void screen_printf(struct screen *s, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	screen_put(s, text);
}

void screen_to(struct screen *s, unsigned int column)
{
	while (s->column < column)
		screen_put(s, " ");
}

void screen_colour(struct screen *s, int wide, int narrow)
{
	if (screen_is_full(s) || !s->colours)
		return;
	if (wide < 0 && s->coloured)
		fputs("\033[0m", s->out);
	else if (wide >= 0 && s->colours == 256)
		fprintf(s->out, "\033[38;5;%dm", wide);
	else if (wide >= 0)
		fprintf(s->out, "\033[%dm", 30 + narrow);
	s->coloured = wide >= 0;
}

void screen_end_line(struct screen *s)
{
	s->column = 0;
	if (screen_is_full(s))
		return;
	screen_colour(s, -1, -1);
	fputs(s->live ? "\033[K\n" : "\n", s->out);
	s->line++;
}

/*
 * One write, so that no half-drawn picture is seen; and all of it: stdio gives up when the
 * signal comes that ends a reading.
 */
static void screen_write(struct screen *s)
{
	size_t done = 0;
	ssize_t n;

	fflush(s->file);
	while (done < s->size) {
		n = write(fileno(s->file), s->text + done, s->size - done);
		if (n < 0 && errno != EINTR)
			break;
		done += n > 0 ? n : 0;
	}
	/* the stream's error is what main() looks at */
	if (done < s->size) {
		fwrite(s->text + done, 1, s->size - done, s->file);
		fflush(s->file);
	}
}

void screen_finish(struct screen *s)
{
	if (s->live)
		fputs("\033[J", s->out);
	fclose(s->out);
	screen_write(s);
	free(s->text);
	if (s->live)
		s->standing = s->line;
}

void screen_leave(struct screen *s)
{
	s->standing = 0;
}
