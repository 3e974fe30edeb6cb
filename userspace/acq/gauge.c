// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "clock.h"
#include "gauge.h"
#include "report.h"
#include "text.h"

#define GAUGE_PAUSE	1.0	/* seconds between two looks at rate and room */

void gauge_begin(struct gauge *g)
{
	*g = (struct gauge){ .room.seconds = -1 };
	g->now = clock_seconds();
	g->moved = g->now;
	g->rate.when = g->now;
}

/* Mostly what it was in the last few seconds */
static void gauge_turn_rate(struct gauge *g)
{
	double seconds = g->now - g->rate.when, rate;

	if (seconds < GAUGE_PAUSE && g->rate.per_second)
		return;
	/* the first second has something to show, too */
	if (seconds < GAUGE_PAUSE / 10)
		return;
	rate = (g->bytes - g->rate.bytes) / seconds;
	g->rate.per_second = g->rate.per_second ? 0.7 * g->rate.per_second + 0.3 * rate : rate;
	g->rate.bytes = g->bytes;
	g->rate.when = g->now;
}

void gauge_turn(struct gauge *g, uint64_t bytes, uint64_t written, unsigned int under_way)
{
	g->now = clock_seconds();
	if (g->under_way && g->now - g->moved > g->stall)
		g->stall = g->now - g->moved;
	if (written != g->written || !g->under_way)
		g->moved = g->now;
	g->bytes = bytes;
	g->written = written;
	g->under_way = under_way;
	gauge_turn_rate(g);
}

void gauge_look(struct gauge *g, const char *file)
{
	struct statvfs fs;
	struct stat st;
	uint64_t room;

	if (g->now < g->room.when)
		return;
	g->room.when = g->now + GAUGE_PAUSE;
	g->room.seconds = -1;
	if (statvfs(file, &fs) || stat(file, &st) || g->rate.per_second < 1)
		return;
	/* what is reserved for this file is taken, but not used */
	room = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (st.st_blocks * 512ULL > (uint64_t)st.st_size)
		room += st.st_blocks * 512ULL - st.st_size;
	g->room.seconds = room / g->rate.per_second;
}

/* Frames that are lost are left out where there is no room for them. */
static void gauge_gaps_text(const struct gauge_gaps *gaps, bool shorter, char *text, size_t size)
{
	char many[TEXT_MAX];

	snprintf(many, sizeof(many), "%" PRIu64, gaps->gaps);
	if (gaps->gaps >= 100000)
		format_human(gaps->gaps, many);
	if (shorter)
		snprintf(text, size, "%.10s gap%s", many, gaps->gaps == 1 ? "" : "s");
	else
		report_gaps(gaps->gaps, gaps->lost, gaps->estimated, text, size);
}

void gauge_line(const struct gauge *g, const struct gauge_gaps *gaps, unsigned int ring,
		char *text, size_t size)
{
	char bytes[TEXT_MAX], rate[TEXT_MAX], stall[TEXT_MAX], lasts[TEXT_MAX], missing[128];
	char room[TEXT_MAX + 8] = "";
	bool shorter = false;
	int len;

	if (g->room.seconds >= 0)
		snprintf(room, sizeof(room), ", disk %s",
			 format_human_time(g->room.seconds, lasts));
	format_human(g->bytes, bytes);
	format_human(g->rate.per_second, rate);
	format_human_time(g->stall, stall);
	do {
		gauge_gaps_text(gaps, shorter, missing, sizeof(missing));
		len = snprintf(text, size, "%sB, %sB/s, %s, ring %u%%, queue %u, stall %s%s",
			       bytes, rate, missing, ring, g->under_way, stall, room);
		shorter = !shorter;
	} while (len > GAUGE_COLUMNS && shorter);
	if (len > GAUGE_COLUMNS && size > GAUGE_COLUMNS)
		text[GAUGE_COLUMNS] = '\0';
}
