// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "exit.h"
#include "names.h"
#include "report.h"
#include "text.h"

#define REPORT_PATIENCE_MS	2000	/* for who reads what is said at the end */

static char last[512];
static bool muted;
static bool quiet_now;
static bool line_open;
static void (*before)(void *arg);
static void *before_arg;
/* while nothing may wait: see report_hurry() */
static struct {
	bool on;
	int patience_ms;
	int fd;
	unsigned long hidden;	/* messages */
	bool torn;		/* of the last one there was only room for a part */
} hurry;

void report_hurry(void)
{
	/*
	 * A terminal says that there is room, and waits all the same if there is too little: a
	 * descriptor of its own does not. Those that others have of it stay as they are.
	 */
	hurry.fd = -1;
	if (isatty(STDERR_FILENO))
		hurry.fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (hurry.fd < 0)
		hurry.fd = STDERR_FILENO;
	hurry.patience_ms = 0;
	hurry.on = true;
}

/* False: there was no room for all of it. */
static bool report_put(const char *text)
{
	struct pollfd pollfd = { .fd = hurry.fd, .events = POLLOUT };
	size_t len = strlen(text);
	ssize_t n = -1;

	if (!hurry.on)
		return fputs(text, stderr) >= 0;
	if (poll(&pollfd, 1, hurry.patience_ms) > 0)
		n = write(hurry.fd, text, len);
	/* who does not read now is not waited for twice */
	if (n != (ssize_t)len)
		hurry.patience_ms = 0;
	hurry.torn = n > 0 && n < (ssize_t)len;
	return n == (ssize_t)len;
}

static void report_put_hidden(void)
{
	char note[80];

	if (!hurry.hidden)
		return;
	snprintf(note, sizeof(note), "%s%lu message%s not shown: nobody read them\n",
		 hurry.torn ? "\n" : "", hurry.hidden, hurry.hidden == 1 ? " was" : "s were");
	if (report_put(note))
		hurry.hidden = 0;
}

void report_calm(void)
{
	hurry.patience_ms = REPORT_PATIENCE_MS;
	report_put_hidden();
}

static void report_say(const char *prefix, const char *text)
{
	char line[600];

	if (muted)
		return;
	progress_end();
	if (before)
		before(before_arg);
	snprintf(line, sizeof(line), "%s%s\n", prefix, text);
	report_put_hidden();
	if (hurry.hidden || !report_put(line))
		hurry.hidden++;
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
	char text[512], line[520];
	struct winsize ws = { };
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
	snprintf(line, sizeof(line), "\r%s\033[K", text);
	line_open |= report_put(line);
}

void progress_end(void)
{
	if (line_open)
		report_put("\r\033[K");
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
