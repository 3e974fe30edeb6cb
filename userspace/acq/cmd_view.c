// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "config.h"
#include "exit.h"
#include "names.h"
#include "part_raw.h"
#include "range.h"
#include "recorded.h"
#include "report.h"
#include "stop.h"
#include "text.h"
#include "view_options.h"

#define MILLI_NS	1000000000000	/* ns in a second, times mHz in a Hz */
#define CMD_VIEW_BYTES	(256U << 10)	/* read at a time */

typedef unsigned __int128 wide;

enum {
	OPT_FROM = 256,
	OPT_TO,
	OPT_RAW,
	OPT_RATE,
};

static const struct option long_options[] = {
	{ "view", required_argument, NULL, OPT_VIEW },
	{ "plot", optional_argument, NULL, OPT_PLOT },
	{ "channels", required_argument, NULL, OPT_CHANNELS },
	{ "fft", required_argument, NULL, OPT_FFT },
	{ "average", required_argument, NULL, OPT_AVERAGE },
	{ "interval", required_argument, NULL, OPT_INTERVAL },
	{ "from", required_argument, NULL, OPT_FROM },
	{ "to", required_argument, NULL, OPT_TO },
	{ "time", required_argument, NULL, 't' },
	{ "frames", required_argument, NULL, 'n' },
	{ "raw", required_argument, NULL, OPT_RAW },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

struct cmd_view {
	struct view_options view;
	struct part_raw raw;
	struct point from, to;
	uint64_t time, frames;	/* nanoseconds; 0: to the last */

	struct recorded *recorded;
	const struct part_about *about;
	uint64_t begin, end;	/* the range, in frames of the recording */
	struct view *screen;
	size_t next_gap;
	uint64_t missing;	/* frames lost since the recording's first one */
	uint64_t gaps, lost;	/* in the range */
	bool estimated, unknown;
};

static void cmd_view_help(void)
{
	puts("usage: acq view FILE [OPTIONS]\n\n"
	     "Draw a recording: one file, or a series by its collection. A recording that is\n"
	     "not finished is drawn as far as it is safe on the disk.\n\n"
	     "Part:\n"
	     "      --from POINT       begin there (default: with the first sample)\n"
	     "      --to POINT         end before this point\n"
	     "  -t, --time TIME        draw at most this much: 10, 2.5s, 1h30m\n"
	     "  -n, --frames N         draw at most N frames\n"
	     RANGE_HELP "\n"
	     PART_RAW_HELP "\n"
	     "View (default: --view plot of 20 ms, or of --time or --frames):");
	view_options_help();
	puts("\n" EXIT_HELP);
}

static int cmd_view_bad(const char *option, const char *value)
{
	complain("%s: '%s' is not valid", option, value);
	return usage_error("view");
}

static int cmd_view_parse(struct cmd_view *v, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "t:n:h", long_options, NULL)) != -1) {
		switch (c) {
		case OPT_FROM:
			if (!point_parse(optarg, &v->from))
				return cmd_view_bad("--from", optarg);
			break;
		case OPT_TO:
			if (!point_parse(optarg, &v->to))
				return cmd_view_bad("--to", optarg);
			break;
		case 't':
			if (!parse_duration(optarg, &v->time) || !v->time)
				return cmd_view_bad("--time", optarg);
			break;
		case 'n':
			if (!parse_count(optarg, &v->frames) || !v->frames)
				return cmd_view_bad("--frames", optarg);
			break;
		case OPT_RAW:
			if (!part_raw_parse(optarg, &v->raw))
				return cmd_view_bad("--raw", optarg);
			break;
		case OPT_RATE:
			if (!part_raw_parse_rate(optarg, &v->raw))
				return cmd_view_bad("--rate", optarg);
			break;
		case 'h':
			cmd_view_help();
			return -1;
		default:
			if (view_option(&v->view, c, optarg) != VIEW_OPTION_TAKEN)
				return usage_error("view");
		}
	}
	if (v->time && v->to.kind != POINT_NONE) {
		complain("--to or --time, not both");
		return usage_error("view");
	}
	if (argc - optind == 1)
		return EXIT_OK;
	complain(argc == optind ? "which recording?" : "one recording at a time");
	return usage_error("view");
}

/* The range ends --time after its begin, or with the recording. */
static int cmd_view_limit(struct cmd_view *v)
{
	wide frames = ((wide)v->time * v->about->rate_millihz + MILLI_NS - 1) / MILLI_NS;
	enum recorded_place place = RECORDED_UNKNOWN;
	uint64_t at;
	int64_t utc;

	if (v->from.kind == POINT_INDEX && v->about->rate_millihz) {
		at = frames > UINT64_MAX - v->from.index ? UINT64_MAX : v->from.index + frames;
		place = recorded_find_index(v->recorded, at, &v->end);
	} else if (v->from.kind == POINT_UTC) {
		if (__builtin_add_overflow(v->from.utc, v->time, &utc))
			utc = INT64_MAX;
		place = recorded_find_utc(v->recorded, utc, &v->end);
	} else if (v->from.kind != POINT_INDEX) {
		if (__builtin_add_overflow(v->from.ns, v->time, &at) || at > INT64_MAX)
			at = INT64_MAX;
		place = recorded_find_after(v->recorded, at, &v->end);
	}
	if (place == RECORDED_UNKNOWN) {
		complain("%s: its sampling rate is unknown: give --frames, or --rate",
			 recorded_name(v->recorded));
		return EXIT_SYSTEM;
	}
	if (v->begin < v->end)
		return EXIT_OK;
	complain("there are no samples in the time from %s on: all of it is lost",
		 v->from.text ? v->from.text : "the first one");
	return EXIT_SYSTEM;
}

/* Which frames are asked for */
static int cmd_view_choose(struct cmd_view *v)
{
	uint64_t plotted;
	int status = EXIT_OK;

	/* one that is empty has a picture, too */
	if (recorded_frames(v->recorded) || v->from.text || v->to.text)
		status = range_find(v->recorded, &v->from, &v->to, 0, &v->begin, &v->end);
	if (!status && v->time && v->end)
		status = cmd_view_limit(v);
	if (status)
		return status;
	/* an oscilloscope that is given no time has the usual one */
	plotted = v->view.frames ? v->view.frames : v->about->rate_millihz / 50000;
	if (!v->time && v->to.kind == POINT_NONE && !v->frames && !v->view.interval_ms &&
	    view_options_plot(&v->view))
		v->frames = plotted ? plotted : 1000;
	if (v->frames && v->end - v->begin > v->frames)
		v->end = v->begin + v->frames;
	return EXIT_OK;
}

/* Gaps up to @frame, the next one, which have not been shown yet */
static void cmd_view_pass_gaps(struct cmd_view *v, uint64_t frame)
{
	size_t num;
	const struct part_gap *gap = recorded_gaps(v->recorded, &num);
	int cause;

	for (; v->next_gap < num && gap[v->next_gap].frame <= frame; v->next_gap++) {
		const struct part_gap *g = &gap[v->next_gap];

		/* one at the first frame is before the range, unless the recording begins so */
		if (g->frame < v->begin || (g->frame == v->begin && v->begin)) {
			v->missing += g->frame ? g->lost : 0;
			continue;
		}
		cause = name_value(&cause_names, g->cause);
		view_gap(v->screen, g->frame + v->missing, g->unknown ? ~0ULL : g->lost,
			 g->estimated, cause < 0 ? g->cause : cause_text(cause));
		v->gaps++;
		v->missing += g->frame ? g->lost : 0;
		v->lost += g->lost;
		v->estimated |= g->estimated || g->unknown;
	}
}

static void cmd_view_footer(const struct cmd_view *v, uint64_t frame, char *text, size_t size)
{
	char gaps[TEXT_MAX], num[TEXT_MAX];
	const char *name = strrchr(recorded_name(v->recorded), '/');

	report_gaps(v->gaps, v->lost, v->estimated, gaps, sizeof(gaps));
	if (frame - v->begin < 1000)
		snprintf(num, sizeof(num), "%" PRIu64 " ", frame - v->begin);
	else
		format_human(frame - v->begin, num);
	snprintf(text, size, "%.12sframe%s, %.80s, %.100s", num, frame - v->begin == 1 ? "" : "s",
		 gaps, name ? name + 1 : recorded_name(v->recorded));
}

static int cmd_view_feed(struct cmd_view *v, void *buf, size_t room)
{
	uint64_t frame = v->begin, left;
	char footer[256];
	ssize_t n;

	while (frame < v->end && !stop_reason()) {
		left = v->end - frame;
		n = recorded_read(v->recorded, frame, buf, left < room ? left : room);
		if (n < 0) {
			complain("%s cannot be read at frame %" PRIu64 ": %s",
				 recorded_name(v->recorded), frame,
				 n == -ENODATA ? "it has become shorter" : strerror(-n));
			return EXIT_SYSTEM;
		}
		if (!n)
			break;
		cmd_view_pass_gaps(v, frame);
		/* not the card's index, which begins anew with each run */
		view_feed(v->screen, buf, n * v->about->frame_bytes, frame + v->missing);
		frame += n;
		cmd_view_footer(v, frame, footer, sizeof(footer));
		view_draw(v->screen, footer);
	}
	/* behind the last frame, if that is the recording's */
	if (frame == recorded_frames(v->recorded))
		cmd_view_pass_gaps(v, frame);
	v->end = frame;
	return EXIT_OK;
}

static void cmd_view_leave(void *view)
{
	view_leave(view);
}

static int cmd_view_draw(struct cmd_view *v)
{
	struct view_source source = {
		.format = v->about->format, .channels = v->about->channels,
		.rate_millihz = v->about->rate_millihz, .frames = v->end - v->begin,
		.file = true,
	};
	struct json_object *config = recorded_config(v->recorded), *mask;
	size_t room = CMD_VIEW_BYTES / v->about->frame_bytes;
	char footer[256];
	void *buf;
	int status;

	if (json_object_object_get_ex(config, "channel_mask", &mask))
		source.mask = json_object_get_uint64(mask);
	if (source.mask && (unsigned int)__builtin_popcountll(source.mask) != source.channels)
		source.mask = 0;
	status = view_begin(&v->screen, stdout, &source, &v->view);
	if (status)
		return status;
	report_before(cmd_view_leave, v->screen);
	buf = malloc((room ? room : 1) * v->about->frame_bytes);
	if (buf) {
		status = cmd_view_feed(v, buf, room ? room : 1);
	} else {
		complain("out of memory for a piece of the recording");
		status = EXIT_SYSTEM;
	}
	free(buf);
	report_before(NULL, NULL);
	cmd_view_footer(v, v->end, footer, sizeof(footer));
	view_end(v->screen, footer);
	return status;
}

int cmd_view(int argc, char **argv)
{
	struct cmd_view v = { .raw = { .format = -1 } };
	struct stat st;
	int status;

	status = cmd_view_parse(&v, argc, argv);
	if (status)
		return status < 0 ? EXIT_OK : status;
	if (!stat(argv[optind], &st) && S_ISCHR(st.st_mode)) {
		complain("%s is a device: draw it with 'acq read %s --view'", argv[optind],
			 argv[optind]);
		return EXIT_USAGE;
	}
	view_options_default(&v.view);
	stop_catch();
	status = recorded_open(&v.recorded, argv[optind], &v.raw);
	if (status)
		return status;
	v.about = recorded_about(v.recorded);
	status = cmd_view_choose(&v);
	if (!status)
		status = cmd_view_draw(&v);
	recorded_close(v.recorded);
	return status;
}
