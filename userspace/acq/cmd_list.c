// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <acq.h>

#include "command.h"
#include "config.h"
#include "exit.h"
#include "json.h"
#include "names.h"
#include "nodes.h"
#include "report.h"
#include "text.h"
#include "totals.h"

struct row {
	char path[300];
	char family[32], card[32], serial[32];
	const char *state, *direction;
	char rate[TEXT_MAX], layout[TEXT_MAX], lost[32];
};

static void list_describe(const char *node, struct row *row, struct json_object *array)
{
	struct json_object *o = json_object_new_object();
	struct acq_config config;
	struct acq_status status;
	struct totals totals;
	struct acq_info info;
	char text[TEXT_MAX];
	struct acq *acq;
	int err;

	memset(row, 0, sizeof(*row));
	snprintf(row->path, sizeof(row->path), "/dev/%s", node);
	json_text(o, "device", row->path);
	nodes_attribute(node, "family", row->family, sizeof(row->family));
	nodes_attribute(node, "serial", row->serial, sizeof(row->serial));
	totals_read(&totals, node);
	totals_add(&totals, o);
	if (totals.known)
		snprintf(row->lost, sizeof(row->lost), "%" PRIu64, totals.lost);
	row->state = "?";
	row->direction = "?";
	err = acq_open(&acq, row->path, O_RDONLY);
	if (err) {
		row->state = err == -EACCES || err == -EPERM ? "no permission" :
			     err == -ENODEV || err == -ENXIO ? "gone" :
			     err == -ENOTTY ? "not an acqdev device" : acq_errstr(err);
	} else if (!acq_get_info(acq, &info) && !acq_get_config(acq, &config) &&
		   !acq_get_status(acq, &status)) {
		snprintf(row->family, sizeof(row->family), "%s", info.family);
		snprintf(row->card, sizeof(row->card), "%s", info.card);
		snprintf(row->serial, sizeof(row->serial), "%s", info.serial);
		row->state = name_of(&state_names, status.state);
		row->direction = info.caps & ACQ_CAP_OUTPUT ? "out" : "in";
		snprintf(row->rate, sizeof(row->rate), "%.200sHz",
			 format_milli(config.rate_millihz, text));
		snprintf(row->layout, sizeof(row->layout), "%ux%s",
			 config_channels(&config, info.channels),
			 name_of(&format_names, config.format));
		json_object_object_add(o, "info", json_info(&info));
		json_object_object_add(o, "config", json_config(&config));
		json_object_object_add(o, "status", json_status(&status));
	}
	acq_close(acq);
	json_text(o, "family", row->family);
	json_text(o, "serial", row->serial);
	json_text(o, "state", row->state);
	json_object_array_add(array, o);
}

/* As lspci has it, without the first PCI domain; the card's name says which stream it is. */
static void list_print_row(const char *device, const char *direction, const char *family,
			   const char *card, const char *serial, const char *state,
			   const char *rate, const char *frame, const char *lost)
{
	if (!strncmp(card, "0000:", 5))
		card += 5;
	printf("%-12s %-3s %-6s %-12s %-16.16s %-7s %-7s %-5s %s\n", device, direction, family,
	       card, serial, state, rate, frame, lost);
}

int cmd_list(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct json_object *array;
	struct nodes nodes;
	int c, i;
	bool json = false;
	struct row row;

	while ((c = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		switch (c) {
		case 'j':
			json = true;
			break;
		case 'h':
			puts("usage: acq list [--json]\n\n"
			     "One line for each stream: node, direction, card, state, and how many frames it\n"
			     "has lost since the driver took the card (an output: frames of filler).");
			return EXIT_OK;
		default:
			return usage_error("list");
		}
	}
	if (optind < argc) {
		complain("list takes no device");
		return usage_error("list");
	}
	nodes_find(&nodes);
	array = json_object_new_array();
	if (!nodes.num && !json)
		remark("no cards: is the module loaded (lsmod | grep acqdev), and does it know the card (lspci -nnk)?");
	if (nodes.num && !json)
		list_print_row("DEVICE", "DIR", "FAMILY", "CARD", "SERIAL", "STATE", "RATE", "FRAME",
			       "LOST");
	for (i = 0; i < nodes.num; i++) {
		list_describe(nodes.name[i], &row, array);
		if (!json)
			list_print_row(row.path, row.direction, row.family, row.card, row.serial,
				       row.state, row.rate, row.layout,
				       *row.lost ? row.lost : "-");
	}
	nodes_free(&nodes);
	if (json)
		json_write(array, stdout, 1);
	else
		json_object_put(array);
	return EXIT_OK;
}
