// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "report.h"
#include "spectrum.h"
#include "text.h"
#include "view_kind.h"
#include "view_options.h"

static const struct view_kind *const view_options_kinds[] = {
	&plot_kind, &view_spectrum_kind, &view_waterfall_kind, &view_meter_kind,
	&view_histogram_kind,
};

#define VIEW_OPTIONS_KINDS (sizeof(view_options_kinds) / sizeof(view_options_kinds[0]))

static const struct view_kind *view_options_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < VIEW_OPTIONS_KINDS; i++)
		if (!strcmp(name, view_options_kinds[i]->name))
			return view_options_kinds[i];
	return NULL;
}

static enum view_option view_options_take(bool good, const char *option, const char *value,
					  const char *want)
{
	if (good)
		return VIEW_OPTION_TAKEN;
	complain("%s: '%s' is not %s", option, value, want);
	return VIEW_OPTION_BAD;
}

enum view_option view_option(struct view_options *o, int option, const char *value)
{
	switch (option) {
	case OPT_VIEW:
		o->kind = view_options_find(value);
		return view_options_take(o->kind, "--view", value,
					 "plot, spectrum, waterfall, meter or histogram");
	case OPT_PLOT:
		o->kind = &plot_kind;
		return view_options_take(!value || (parse_count(value, &o->frames) && o->frames),
					 "--plot", value, "a number of frames");
	case OPT_CHANNELS:
		return view_options_take(parse_channels(value, &o->channels), "--channels", value,
					 "a list of channels: 0,2-3, or 4 for the first four");
	case OPT_FFT:
		return view_options_take(parse_count(value, &o->fft) && o->fft >= SPECTRUM_MIN &&
					 o->fft <= SPECTRUM_MAX, "--fft", value,
					 "a number of samples from 16 to 1048576");
	case OPT_AVERAGE:
		return view_options_take(parse_count(value, &o->average) && o->average &&
					 o->average <= 1000000, "--average", value,
					 "a number of windows");
	case OPT_INTERVAL:
		return view_options_take(parse_duration_milli(value, &o->interval_ms) &&
					 o->interval_ms,
					 "--interval", value, "a time: 0.5, 20ms, 1m");
	}
	return VIEW_OPTION_NONE;
}

bool view_options_alone(const struct view_options *o)
{
	if (o->kind || !(o->channels || o->fft || o->average || o->interval_ms))
		return false;
	complain("--channels, --fft, --average and --interval need --view");
	return true;
}

void view_options_default(struct view_options *o)
{
	if (!o->kind)
		o->kind = &plot_kind;
}

bool view_options_plot(const struct view_options *o)
{
	return o->kind == &plot_kind;
}

void view_options_help(void)
{
	unsigned int i;

	puts("      --view KIND        draw the samples:");
	for (i = 0; i < VIEW_OPTIONS_KINDS; i++)
		printf("                         %-11s%s\n", view_options_kinds[i]->name,
		       view_options_kinds[i]->help);
	puts("      --plot[=FRAMES]    --view plot of this many frames (default: 20 ms)\n"
	     "      --channels LIST    draw these channels: 0,2-3, or 4 for the first four\n"
	     "      --fft N            samples per window of the spectrum (default: up to\n"
	     "                         4096, a quarter of a second at most)\n"
	     "      --average N        windows to average (default: 8 of a stream, all of a\n"
	     "                         file)\n"
	     "      --interval TIME    between two pictures on a terminal (default: 0.1), or\n"
	     "                         two rows of a waterfall; elsewhere, print a picture per\n"
	     "                         interval instead of one at the end");
}
