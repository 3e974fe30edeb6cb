// SPDX-License-Identifier: GPL-2.0-only
/*
 * acq: lists, configures, watches and reads acquisition cards, and plays on them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/acqdev.h>

#include "command.h"
#include "exit.h"
#include "external.h"
#include "options.h"
#include "report.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "list", cmd_list, "all streams: their cards, and what they do" },
	{ "info", cmd_info, "what a card is and can do" },
	{ "config", cmd_config, "show or change how a card acquires" },
	{ "start", cmd_control, "start the stream; it runs until 'stop', with or without readers" },
	{ "stop", cmd_control, "stop the stream" },
	{ "trigger", cmd_control, "fire the software trigger" },
	{ "stat", cmd_stat, "what the stream does now, once or over and over" },
	{ "read", cmd_read, "read samples: save, pipe on, verify, draw" },
	{ "record", cmd_record, "record samples to a file at full speed, without a copy" },
	{ "convert", cmd_convert, "write a recording as WAV, FLAC, HDF5, CSV or SigMF" },
	{ "view", cmd_view, "draw a recording: plot, spectrum, waterfall, levels, histogram" },
	{ "write", cmd_write, "play a file: raw samples or WAV" },
	{ "reg", cmd_reg, "read or write a register of the card's own logic" },
	{ "irq", cmd_irq, "wait for an interrupt of the card's own logic" },
	{ "csr", cmd_csr, "print the driver's parameter for a LiteX build" },
};

#define NUM_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void main_help(void)
{
	unsigned int i;

	puts("usage: acq COMMAND [DEV] [OPTIONS]\n\nCommands ('acq COMMAND --help' explains them):");
	for (i = 0; i < NUM_COMMANDS; i++)
		printf("  %-9s %s\n", commands[i].name, commands[i].help);
	external_help();
	puts("\n" DEVICE_HELP
	     "Every command but reg, irq and csr takes --json.\n\n"
	     EXIT_HELP);
	puts("For example:\n"
	     "  acq list\n"
	     "  acq config rate=48k channels=0-3 format=s16\n"
	     "  acq read -t 10 -o samples.raw\n"
	     "  acq read --view spectrum\n"
	     "  acq record -t 3600 hour\n"
	     "  acq write music.wav\n"
	     "  acq read --config pattern=prbs -b 1G --verify prbs");
}

/* For completion, see options.h */
static int main_options(char *command)
{
	char *external[3] = { command, (char *)"--options" };
	unsigned int i;
	int status;

	if (command && !strcmp(command, "settings")) {
		options_settings();
		return EXIT_OK;
	}
	options_list();
	for (i = 0; i < NUM_COMMANDS; i++) {
		if (!command)
			printf("%s\t%s\n", commands[i].name, commands[i].help);
		else if (!strcmp(commands[i].name, command))
			return commands[i].run(1, &command);
	}
	if (!command) {
		external_list();
		return EXIT_OK;
	}
	status = external_run(2, external);
	return status < 0 ? EXIT_USAGE : status;
}

/* Who asked for a list has none if it could not be written. */
static int main_end(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	/* a reader that closes the pipe has read enough */
	if (status != EXIT_OK || errno == EPIPE)
		return status;
	complain("stdout cannot be written: %s", strerror(errno));
	return EXIT_SYSTEM;
}

int main(int argc, char **argv)
{
	unsigned int i;
	int status;

	if (argc < 2) {
		complain("which command?");
		return usage_error("");
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		/* 'acq help read' is 'acq read --help' */
		if (argc == 3 && argv[1][0] == 'h') {
			argv[1] = argv[2];
			argv[2] = (char *)"--help";
			return main(3, argv);
		}
		main_help();
		return main_end(EXIT_OK);
	}
	if (!strcmp(argv[1], "--options"))
		return main_end(main_options(argc > 2 ? argv[2] : NULL));
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("acq %s\n", ACQ_VERSION);
		return EXIT_OK;
	}
	for (i = 0; i < NUM_COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return main_end(commands[i].run(argc - 1, argv + 1));
	status = external_run(argc - 1, argv + 1);
	if (status >= 0)
		return status;
	complain("there is no command '%s'", argv[1]);
	return usage_error("");
}
