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
#include "recorded.h"
#include "report.h"
#include "stop.h"
#include "text.h"
#include "view_options.h"

#define CMD_VIEW_BYTES	(256U << 10)	/* read at a time */

enum {
	OPT_FROM = 256,
	OPT_RAW,
};

static const struct option long_options[] = {
	{ "view", required_argument, NULL, OPT_VIEW },
	{ "plot", optional_argument, NULL, OPT_PLOT },
	{ "channels", required_argument, NULL, OPT_CHANNELS },
	{ "fft", required_argument, NULL, OPT_FFT },
	{ "average", required_argument, NULL, OPT_AVERAGE },
	{ "interval", required_argument, NULL, OPT_INTERVAL },
	{ "from", required_argument, NULL, OPT_FROM },
	{ "time", required_argument, NULL, 't' },
	{ "frames", required_argument, NULL, 'n' },
	{ "raw", required_argument, NULL, OPT_RAW },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

struct cmd_view {
	struct view_options view;
	struct part_raw raw;
	bool has_raw;
	uint64_t from_ms, time_ms, frames;	/* 0: from the first, to the last */

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
	     "      --from SECONDS     begin there (default: with the first sample)\n"
	     "  -t, --time SECONDS     draw at most this much\n"
	     "  -n, --frames N         draw at most N frames\n"
	     "      --raw FORMAT,CHANNELS,RATE\n"
	     "                         describe raw samples that have no metadata: s16,4,48k\n\n"
	     "View (default: --view plot of 20 ms, or of --time or --frames):");
	view_options_help();
	puts("\n" EXIT_HELP);
}

/* "s16,4,48k": the rate may be missing */
static bool cmd_view_parse_raw(const char *text, struct part_raw *raw)
{
	char format[8], channels[16], rate[32];
	uint64_t num;
	int n;

	n = sscanf(text, "%7[^,],%15[^,],%31[^,]", format, channels, rate);
	if (n < 2)
		return false;
	raw->format = name_value(&format_names, format);
	if (raw->format < 0 || !parse_count(channels, &num) || !num || num > PART_CHANNELS_MAX)
		return false;
	raw->channels = num;
	return n < 3 || (parse_milli(rate, &raw->rate_millihz) && raw->rate_millihz);
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
			if (!parse_milli(optarg, &v->from_ms))
				return cmd_view_bad("--from", optarg);
			break;
		case 't':
			if (!parse_milli(optarg, &v->time_ms) || !v->time_ms)
				return cmd_view_bad("--time", optarg);
			break;
		case 'n':
			if (!parse_count(optarg, &v->frames) || !v->frames)
				return cmd_view_bad("--frames", optarg);
			break;
		case OPT_RAW:
			if (!cmd_view_parse_raw(optarg, &v->raw))
				return cmd_view_bad("--raw", optarg);
			v->has_raw = true;
			break;
		case 'h':
			cmd_view_help();
			return -1;
		default:
			if (view_option(&v->view, c, optarg) != VIEW_OPTION_TAKEN)
				return usage_error("view");
		}
	}
	if (argc - optind == 1)
		return EXIT_OK;
	complain(argc == optind ? "which recording?" : "one recording at a time");
	return usage_error("view");
}

/* The frame at @ms after the first one; lost time counts. False: it is not known. */
static bool cmd_view_find(const struct cmd_view *v, uint64_t ms, uint64_t *frame)
{
	uint64_t ns;

	if (__builtin_mul_overflow(ms, 1000000, &ns))
		ns = INT64_MAX;
	switch (recorded_find_after(v->recorded, ns, frame)) {
	case RECORDED_UNKNOWN:
		return false;
	case RECORDED_BEHIND:
		*frame = recorded_frames(v->recorded);
		break;
	default:
		break;
	}
	return true;
}

/* Which frames are asked for */
static int cmd_view_choose(struct cmd_view *v)
{
	uint64_t all = recorded_frames(v->recorded), plotted;

	v->end = all;
	if ((v->from_ms && !cmd_view_find(v, v->from_ms, &v->begin)) ||
	    (v->time_ms && !cmd_view_find(v, v->from_ms + v->time_ms, &v->end))) {
		complain("%s does not say its sampling rate, which --from and --time need: give --frames, or the rate with --raw",
			 recorded_name(v->recorded));
		return EXIT_USAGE;
	}
	if (v->from_ms && v->begin == all) {
		complain("%s: --from is past its last sample", recorded_name(v->recorded));
		return EXIT_USAGE;
	}
	/* an oscilloscope that is given no time has the usual one */
	plotted = v->view.frames ? v->view.frames : v->about->rate_millihz / 50000;
	if (!v->time_ms && !v->frames && view_options_plot(&v->view) && !v->view.interval_ms)
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
	status = recorded_open(&v.recorded, argv[optind], v.has_raw ? &v.raw : NULL);
	if (status)
		return status;
	v.about = recorded_about(v.recorded);
	status = cmd_view_choose(&v);
	if (!status)
		status = cmd_view_draw(&v);
	recorded_close(v.recorded);
	return status;
}
