// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>

#include "exit.h"
#include "report.h"

static char last[512];
static bool muted;
static bool quiet_now;
static bool line_open;
static void (*before)(void *arg);
static void *before_arg;

static void say(const char *prefix, const char *text)
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
	say("acq: ", last);
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
	say("", text);
}

void progress(const char *fmt, ...)
{
	va_list ap;

	if (muted)
		return;
	fputc('\r', stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs("\033[K", stderr);
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

int usage_error(const char *command)
{
	fprintf(stderr, "acq: see 'acq %s%s--help'\n", command, *command ? " " : "");
	return EXIT_USAGE;
}
