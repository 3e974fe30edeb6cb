// SPDX-License-Identifier: GPL-2.0-only
/* A minimal card: its command line. Behind it is what lets any card talk to a machine. */
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "card.h"
#include "minimal.h"

/* Each breaks what the text demands in one place. */
static const char *const minimal_violations[] = {
	"id-wrong", "fifo-bytes-small", "fifo-bytes-lie", "caps-unknown", "no-page",
	"reserved-kept", "frames-writable", "reset-keeps-mask", "reset-keeps-pattern",
	"irq-frames-cut", "high-not-latched", "pattern-unchecked", "table-unchecked",
	"start-restarts", "start-keeps-frames", "stop-drops", "losing-in-draining",
	"ramp-breaks", "ramp-late", "dropped-one-more", "frames-one-less", "resumes-early",
	"resumes-uncleared", "never-resumes", "index-one-less", "pops-below", "rest-not-zero",
	"window-in-idle", "data-below-word", "data-by-half", "data-not-draining",
	"clear-ignored", "clear-by-zero", "clears-all", "data-cleared", "message-for-nothing",
	"message-lost", "unmask-silent", "mask-ignored", "storm", "master-ignored",
	"record-first", "page-first", "irq-first", "update-first", "field-in-parts", "no-done",
	"number-stuck", "lost-one-more", "gap-in-block", "index-of-next", "bytes-of-entry",
	"beyond-block", "rewrites-block", "after-done", "after-reset", "reset-early",
	"entry-early", "entry-twice", "entry-unchecked", "given-unchecked", "given-in-idle",
	"seen-never-checked", "seen-old-is-new", "seen-silent", "page-without-cause",
	"page-reserved", "page-part", "update-skips", "address-cut", "dma-error-ignored",
	"out-fifo-small", "out-starts-early", "out-entry-early", "out-entry-unchecked",
	"out-page-first", "out-irq-first", "out-frames-less", "out-lost-more", "out-untold",
	"out-silent", "out-stop-dry", "out-stop-armed", "out-reads-on", "out-halt-forgets",
	"out-fail-record",
};

#define VIOLATION_COUNT (sizeof(minimal_violations) / sizeof(*minimal_violations))

static const char minimal_usage[] =
"minimal-card: a minimal ACQ-R1, for QEMU's vfio-user-pci\n"
"  --socket PATH    where QEMU, or tests/conformance/run, connects (needed)\n"
"  --dma            the DMA transfer; else it is the FIFO; --output: an output, by DMA\n"
"  --channels N     1 to 32 (1); --format N: 0 to 5 (2, s16); --rate HZ (10000)\n"
"  --fifo BYTES     (1024); --ts-hz HZ: of a timestamp counter (0); --addr-bits N (64)\n"
"  --violate NAME   it violates the specification; --list tells in what ways it can\n";

static volatile sig_atomic_t minimal_over;

static void minimal_on_signal(int number)
{
	(void)number;
	minimal_over = 1;
}

static int minimal_list(void)
{
	for (size_t i = 0; i < VIOLATION_COUNT; i++)
		puts(minimal_violations[i]);
	return 0;
}

static bool minimal_violate(const char *name)
{
	for (size_t i = 0; i < VIOLATION_COUNT; i++) {
		if (!strcmp(minimal_violations[i], name))
			mini.o.violation = minimal_violations[i];
	}
	return mini.o.violation;
}

static void minimal_run(struct card *c)
{
	sigset_t none;

	sigemptyset(&none);
	while (!minimal_over) {
		struct pollfd fd = { .events = POLLIN };
		uint64_t when = card_tick(c), now = card_now();
		struct timespec wait = { 0 };

		if (when != MODEL_NEVER && when > now)
			wait.tv_nsec = (long)(when - now);
		fd.fd = vfu_fd(c->vfu);
		if (ppoll(&fd, 1, when == MODEL_NEVER ? NULL : &wait, &none) <= 0)
			continue;
		card_sync(c);
		if (fd.fd == vfu_fd(c->vfu))
			vfu_serve(c->vfu);
	}
}

static const struct option minimal_options[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "dma", no_argument, NULL, 'd' },
	{ "output", no_argument, NULL, 'o' },
	{ "channels", required_argument, NULL, 'c' },
	{ "format", required_argument, NULL, 'f' },
	{ "rate", required_argument, NULL, 'r' },
	{ "fifo", required_argument, NULL, 'b' },
	{ "ts-hz", required_argument, NULL, 't' },
	{ "addr-bits", required_argument, NULL, 'a' },
	{ "violate", required_argument, NULL, 'v' },
	{ "list", no_argument, NULL, 'l' },
	{ "control", required_argument, NULL, 'x' },	/* there is none */
	{ NULL, 0, NULL, 0 },
};

static bool minimal_take(int id, const char *arg)
{
	uint32_t number = arg ? (uint32_t)strtoul(arg, NULL, 0) : 0;

	switch (id) {
	case 'd':
		mini.o.dma = true;
		return true;
	case 'o':
		mini.o.output = true;
		return true;
	case 'c':
		mini.o.channels = number;
		return number >= 1 && number <= 32;
	case 'f':
		mini.o.format = number;
		return number < ACQ_R1_FORMAT_NUM;
	case 'r':
		mini.o.rate = number;
		return number;
	case 'b':
		mini.o.fifo_bytes = number;
		return number;
	case 't':
		mini.o.ts_hz = number;
		return true;
	case 'a':
		mini.o.addr_bits = number;
		return number >= 24 && number <= 64;
	case 'v':
		return minimal_violate(arg);
	case 'x':
		return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	static const unsigned int widths[] = { 1, 1, 2, 2, 4, 4 };
	struct sigaction on_signal = { .sa_handler = minimal_on_signal };
	const char *path = NULL;
	struct card card;
	sigset_t all;
	int id, error;

	mini.o = (struct mini_options){
		.channels = 1, .format = 2, .rate = 10000, .fifo_bytes = 1024, .addr_bits = 64,
	};
	while ((id = getopt_long(argc, argv, "", minimal_options, NULL)) != -1) {
		if (id == 'l')
			return minimal_list();
		if (id == 's') {
			path = optarg;
		} else if (!minimal_take(id, optarg)) {
			fputs(minimal_usage, stderr);
			return 2;
		}
	}
	if (!path || optind < argc) {
		fputs(minimal_usage, stderr);
		return 2;
	}
	/* between two looks at it a signal waits */
	sigemptyset(&all);
	sigaddset(&all, SIGTERM);
	sigaddset(&all, SIGINT);
	sigprocmask(SIG_BLOCK, &all, NULL);
	sigaction(SIGTERM, &on_signal, NULL);
	sigaction(SIGINT, &on_signal, NULL);
	signal(SIGPIPE, SIG_IGN);
	card_init(&card);
	mini.host = &card.host;
	mini.frame = mini.o.channels * widths[mini.o.format];
	mini.fifo = calloc(1, mini.o.fifo_bytes);
	mini.birth = card_now();
	card.model.ops = &mini_ops;
	card.model.model = &mini;
	card.model.id = (struct pci_identity){
		.vendor = ACQ_R1_VENDOR, .device = ACQ_R1_DEVICE,
		.subsystem_vendor = ACQ_R1_VENDOR, .subsystem = ACQ_R1_DEVICE,
		.class_code = ACQ_R1_CLASS, .bar_bytes[ACQ_R1_BAR] = ACQ_R1_BAR_BYTES,
		.irqs = PCI_IRQ_MSI | PCI_IRQ_INTX,
	};
	error = mini.fifo ? card_listen(&card, path, false) : -1;
	if (error) {
		fprintf(stderr, "minimal-card: %s: %s\n", path, strerror(-error));
		return 1;
	}
	prctl(PR_SET_TIMERSLACK, 1);
	puts("ready");
	fflush(stdout);
	minimal_run(&card);
	card_free(&card);
	free(mini.fifo);
	return 0;
}
