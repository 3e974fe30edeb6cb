// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "control.h"
#include "exit.h"
#include "report.h"
#include "text.h"

#define LINES_MAX 16

static bool irq_parse_lines(const char *text, uint32_t *lines)
{
	uint64_t mask = 0;

	/* One number alone is a line. */
	if (*text && !text[strspn(text, "0123456789")]) {
		mask = strlen(text) < 3 ? 1ULL << atoi(text) : 0;
	} else {
		if (!parse_channels(text, &mask))
			return false;
		mask = mask ? mask : (1U << LINES_MAX) - 1;
	}
	*lines = (uint32_t)mask;
	return mask && !(mask >> LINES_MAX);
}

static void irq_print_lines(uint32_t lines)
{
	const char *space = "";
	unsigned int i;

	for (i = 0; i < LINES_MAX; i++) {
		if (!(lines >> i & 1))
			continue;
		printf("%s%u", space, i);
		space = " ";
	}
	putchar('\n');
	fflush(stdout);
}

/* Arm the lines, and those that have fired anew, until so many have; 0: for ever. */
static int irq_wait_for_lines(const struct control *control, uint32_t lines, uint64_t count)
{
	uint64_t left = count;

	for (;;) {
		if (write(control->fd, &lines, sizeof(lines)) < 0)
			return control_error(control, "arm lines of", errno);
		if (read(control->fd, &lines, sizeof(lines)) < 0)
			return control_error(control, "wait for", errno);
		irq_print_lines(lines);
		if (count && !--left)
			return EXIT_OK;
	}
}

int cmd_irq(int argc, char **argv)
{
	static const struct option options[] = {
		{ "count", required_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct control control;
	uint64_t count = 1;
	uint32_t lines;
	int c, err;

	while ((c = getopt_long(argc, argv, "n:h", options, NULL)) != -1) {
		switch (c) {
		case 'n':
			if (parse_count(optarg, &count))
				break;
			complain("--count: '%s' is not valid: a number, 0 for no end", optarg);
			return usage_error("irq");
		case 'h':
			puts("usage: acq irq NODE LINES [--count N]\n\n"
			     "Wait for interrupts of the card's own logic, and print which lines have fired.\n"
			     "LINES: 3, 0,2-5, all. A line whose cause is not cleared fires again at once.\n"
			     "For root only; see docs/control.md.\n\n"
			     "  -n, --count N   how many times (default: 1; 0: for ever)\n\n"
			     CONTROL_HELP);
			return EXIT_OK;
		default:
			return usage_error("irq");
		}
	}
	if (argc - optind != 2) {
		complain("which control node, which lines?");
		return usage_error("irq");
	}
	if (!irq_parse_lines(argv[optind + 1], &lines)) {
		complain("%s are no lines: from 0 to %d, such as 3 or 0,2-5", argv[optind + 1],
			 LINES_MAX - 1);
		return usage_error("irq");
	}
	err = control_open(&control, argv[optind], O_RDWR);
	if (err)
		return err;
	err = irq_wait_for_lines(&control, lines, count);
	control_close(&control);
	return err;
}
