// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "command.h"
#include "control.h"
#include "exit.h"
#include "report.h"
#include "text.h"

/* The card has gone between mmap() and the access. */
static void reg_gone(int sig)
{
	static const char text[] = "acq: the card is gone\n";

	(void)sig;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(EXIT_GONE);
}

/* Read or write the register. Returns an exit status. */
static int reg_access_register(struct control *control, uint64_t offset, const uint32_t *value)
{
	size_t page = sysconf(_SC_PAGESIZE);
	volatile uint32_t *at;
	void *base;

	if (!control->bytes) {
		complain("%s: the card has no user BAR that can be mapped (dmesg | grep acqdev)",
			 control->path);
		return EXIT_SYSTEM;
	}
	if (offset >= control->bytes) {
		complain("0x%" PRIx64 " is beyond the user BAR, which has 0x%" PRIx64 " bytes",
			 offset, control->bytes);
		return EXIT_USAGE;
	}
	base = mmap(NULL, page, value ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED,
		    control->fd, offset & ~(page - 1));
	if (base == MAP_FAILED)
		return control_error(control, "map", errno);
	signal(SIGBUS, reg_gone);
	at = (volatile uint32_t *)((char *)base + offset % page);
	if (value)
		*at = *value;
	else
		printf("0x%08" PRIx32 "\n", *at);
	signal(SIGBUS, SIG_DFL);
	munmap(base, page);
	return EXIT_OK;
}

static bool reg_parse_register(const char *text, uint64_t *offset)
{
	if (!parse_count(text, offset)) {
		complain("%s is no offset: bytes, such as 0x10", text);
		return false;
	}
	if (*offset % 4) {
		complain("%s is not aligned: registers have 4 bytes", text);
		return false;
	}
	return true;
}

int cmd_reg(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct control control;
	uint64_t offset, value;
	uint32_t word;
	bool writes;
	int c, err;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'h':
			puts("usage: acq reg NODE OFFSET [VALUE]\n\n"
			     "Read or write a register of the card's own logic, 32 bits, in its user BAR.\n"
			     "OFFSET is in bytes. For root only; see docs/control.md.\n\n"
			     CONTROL_HELP);
			return EXIT_OK;
		default:
			return usage_error("reg");
		}
	}
	if (argc - optind < 2 || argc - optind > 3) {
		complain("which control node, which register?");
		return usage_error("reg");
	}
	if (!reg_parse_register(argv[optind + 1], &offset))
		return usage_error("reg");
	writes = argc - optind == 3;
	if (writes && (!parse_count(argv[optind + 2], &value) || value > UINT32_MAX)) {
		complain("%s is no value of 32 bits", argv[optind + 2]);
		return usage_error("reg");
	}
	err = control_open(&control, argv[optind], writes ? O_RDWR : O_RDONLY);
	if (err)
		return err;
	word = writes ? (uint32_t)value : 0;
	err = reg_access_register(&control, offset, writes ? &word : NULL);
	control_close(&control);
	return err;
}
