// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "exit.h"
#include "names.h"
#include "report.h"
#include "text.h"

static char last[512];
static bool muted;
static bool quiet_now;
static bool line_open;
static void (*before)(void *arg);
static void *before_arg;

static void report_say(const char *prefix, const char *text)
{
	if (muted)
		return;
	progress_end();
	if (before)
		before(before_arg);
	fprintf(stderr, "%s%s\n", prefix, text);
}

void complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(last, sizeof(last), fmt, ap);
	va_end(ap);
	report_say("acq: ", last);
}

void remark(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (quiet_now)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	report_say("", text);
}

void report_fit(char *text, unsigned int columns)
{
	size_t i, end = columns;

	if (strlen(text) <= columns)
		return;
	for (i = columns; i > 0; i--) {
		if (text[i] != ',' || text[i + 1] != ' ')
			continue;
		end = i;
		break;
	}
	/* not inside a character */
	while (end && (text[end] & 0xc0) == 0x80)
		end--;
	text[end] = '\0';
}

void progress(const char *fmt, ...)
{
	struct winsize ws = { };
	char text[512];
	va_list ap;

	if (muted)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* a line that wraps cannot be replaced; nor is the last column safe */
	if (ioctl(fileno(stderr), TIOCGWINSZ, &ws) || !ws.ws_col)
		ws.ws_col = 80;
	report_fit(text, ws.ws_col > 1 ? ws.ws_col - 1 : 1);
	fprintf(stderr, "\r%s\033[K", text);
	fflush(stderr);
	line_open = true;
}

void progress_end(void)
{
	if (!line_open)
		return;
	fputs("\r\033[K", stderr);
	line_open = false;
}

void report_mute(bool mute)
{
	muted = mute;
}

void report_quiet(bool quiet)
{
	quiet_now = quiet;
}

void report_before(void (*fn)(void *arg), void *arg)
{
	before = fn;
	before_arg = arg;
}

const char *report_last(void)
{
	return last;
}

void report_gaps(uint64_t gaps, uint64_t lost, bool estimated, char *text, size_t size)
{
	char many[TEXT_MAX], frames[TEXT_MAX];

	snprintf(many, sizeof(many), "%" PRIu64 " ", gaps);
	snprintf(frames, sizeof(frames), "%" PRIu64 " ", lost);
	/* a line on a terminal has no room for all the digits */
	if (gaps >= 100000)
		format_human(gaps, many);
	if (lost >= 10000000)
		format_human(lost, frames);
	if (gaps)
		snprintf(text, size, "%.40sgap%s (%s%.40sframe%s lost)", many, gaps == 1 ? "" : "s",
			 estimated ? "~" : "", frames, lost == 1 ? "" : "s");
	else
		snprintf(text, size, "no gap");
}

void report_gap(const struct acq_gap *gap, uint64_t byte)
{
	remark("gap at byte %" PRIu64 ", index %llu: %s%llu frame%s lost (%s)", byte, gap->index,
	       gap->flags & ACQ_GAP_ESTIMATED ? "~" : "", gap->lost, gap->lost == 1 ? "" : "s",
	       cause_text(gap->cause));
}

int report_short(uint64_t frames, size_t frame, uint64_t frames_wanted, uint64_t bytes_wanted)
{
	if (frames_wanted && frames < frames_wanted)
		complain("only %" PRIu64 " of %" PRIu64 " frames came", frames, frames_wanted);
	else
		complain("only %" PRIu64 " of %" PRIu64 " bytes came", frames * frame,
			 bytes_wanted);
	return EXIT_SHORT;
}

int usage_error(const char *command)
{
	fprintf(stderr, "acq: see 'acq %s%s--help'\n", command, *command ? " " : "");
	return EXIT_USAGE;
}
