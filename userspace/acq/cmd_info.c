// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>

#include "command.h"
#include "device.h"
#include "exit.h"
#include "json.h"
#include "names.h"
#include "report.h"
#include "text.h"
#include "totals.h"

static void info_line(const char *what, const char *text)
{
	printf("%-12s%s\n", what, *text ? text : "-");
}

static void info_line_size(const char *what, uint64_t bytes)
{
	char text[TEXT_MAX];

	info_line(what, bytes ? format_size(bytes, text) : "none");
}

static void info_print_state(const struct acq_status *status)
{
	char text[128];

	snprintf(text, sizeof(text), "%s%s%s", name_of(&state_names, status->state),
		 status->failure ? ": " : "",
		 status->failure ? failure_text(status->failure) : "");
	info_line("state", text);
}

static void info_print_info(const struct device *dev, const struct acq_info *info,
			    const struct acq_status *status, const struct totals *totals)
{
	char text[TEXT_MAX], other[TEXT_MAX], both[2 * TEXT_MAX + 16];

	info_line("device", dev->path);
	info_line("family", info->family);
	info_line("card", info->card);
	info_line("serial", info->serial);
	info_line("direction", dev->output ? "output: it plays what is written to it" : "input");
	info_print_state(status);
	snprintf(both, sizeof(both), "revision %u, register map %u.%u", info->revision,
		 info->hw_version >> 16, info->hw_version & 0xffff);
	info_line("gateware", both);
	snprintf(both, sizeof(both), "%u", info->channels);
	info_line("channels", both);
	info_line("formats", name_list(&format_names, info->formats, text, sizeof(text)));
	snprintf(both, sizeof(both), "%sHz to %sHz", format_milli(info->rate_min_millihz, text),
		 format_milli(info->rate_max_millihz, other));
	info_line("rate", both);
	info_line("can do", name_list(&cap_names, info->caps, text, sizeof(text)));
	info_line_size("card fifo", info->fifo_bytes);
	snprintf(both, sizeof(both), "%s to %s, at most %u", format_size(info->block_min, text),
		 format_size(info->block_max, other), info->blocks_max);
	info_line("blocks", both);
	info_line_size("ring up to", info->ring_max);
	info_line_size("pretrigger", info->pretrigger_bytes);
	snprintf(both, sizeof(both), "%sHz", format_count(info->timestamp_hz, text));
	info_line("timestamps", info->timestamp_hz ? both : "none");
	totals_print(totals);
}

int cmd_info(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct acq_status status;
	struct json_object *o;
	struct totals totals;
	struct acq_info info;
	struct device dev;
	bool json = false;
	int c, err;

	while ((c = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		switch (c) {
		case 'j':
			json = true;
			break;
		case 'h':
			puts("usage: acq info [DEV] [--json]\n\nWhat the card is and can do.\n\n"
			     DEVICE_HELP);
			return EXIT_OK;
		default:
			return usage_error("info");
		}
	}
	if (argc - optind > 1) {
		complain("one device at a time");
		return usage_error("info");
	}
	err = device_open(&dev, argv[optind], O_RDONLY);
	if (err)
		return err;
	err = acq_get_info(dev.acq, &info);
	if (!err)
		err = acq_get_status(dev.acq, &status);
	if (!err)
		totals_read_stream(&totals, info.stream);
	if (err) {
		err = device_error(&dev, "ask what it is", err);
	} else if (json) {
		o = json_info(&info);
		json_text(o, "device", dev.path);
		json_text(o, "state", name_of(&state_names, status.state));
		json_text(o, "failure", name_of(&failure_names, status.failure));
		totals_add(&totals, o);
		json_write(o, stdout, 1);
	} else {
		info_print_info(&dev, &info, &status, &totals);
	}
	device_close(&dev);
	return err;
}
