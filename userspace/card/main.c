// SPDX-License-Identifier: GPL-2.0-only
/* acq-card: a simulated acquisition card behind a vfio-user socket. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "card.h"
#include "control.h"
#include "options.h"

#define SOURCES	8	/* that a model may have */

struct program {
	struct card card;
	struct control *control;
	int signals;
	bool quit;
};

static int main_on_command(void *owner, int argc, char **argv, FILE *out)
{
	struct program *p = owner;

	if (!strcmp(argv[0], "quit") && argc == 1) {
		p->quit = true;
		return 0;
	}
	return card_command(&p->card, argc, argv, out);
}

/* What was printed last is not lost if the reader of a pipe has gone. */
static int main_open_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void main_run(struct program *p)
{
	struct pollfd fds[2 + CONTROL_FDS];

	while (!p->quit) {
		uint64_t when = card_tick(&p->card), now = card_now();
		struct timespec wait = { 0 };
		int n;

		if (when != MODEL_NEVER && when > now) {
			wait.tv_sec = (time_t)((when - now) / 1000000000u);
			wait.tv_nsec = (long)((when - now) % 1000000000u);
		}
		for (unsigned int i = 0; i < sizeof(fds) / sizeof(*fds); i++)
			fds[i].fd = -1;
		fds[0] = (struct pollfd){ .fd = vfu_fd(p->card.vfu), .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = p->signals, .events = POLLIN };
		if (p->control)
			control_poll(p->control, fds + 2);
		n = ppoll(fds, sizeof(fds) / sizeof(*fds), when == MODEL_NEVER ? NULL : &wait,
			  NULL);
		if (n <= 0)
			continue;
		if (fds[1].revents)
			return;
		/* what happens to the card now does not happen to its past */
		card_sync(&p->card);
		/* the client may have left meanwhile: then this is another descriptor */
		if (fds[0].revents && fds[0].fd == vfu_fd(p->card.vfu))
			vfu_serve(p->card.vfu);
		if (p->control)
			control_serve(p->control, fds + 2);
	}
}

/* What the configuration space says, whatever there is */
static void main_claim(struct pci_identity *id, const struct card_settings *s)
{
	for (unsigned int i = 0; i < PCI_BARS && s->bar_bytes; i++) {
		/* QEMU wants the table of MSI-X to be there */
		if (id->bar_bytes[i] && (i != id->msix_bar || !(id->irqs & PCI_IRQ_MSIX)))
			id->bar_bytes[i] = s->bar_bytes;
	}
	if (s->vectors)
		id->msix_vectors = s->vectors;
}

static int main_start(struct program *p, const struct options *o)
{
	int error;

	p->signals = main_open_signals();
	if (p->signals < 0) {
		perror("acq-card: signals");
		return 1;
	}
	main_claim(&p->card.model.id, &o->card);
	error = card_listen(&p->card, o->socket, o->verbose);
	if (!error && o->card.lie && card_lie(&p->card, o->card.lie, NULL)) {
		fprintf(stderr, "acq-card: --lie %s: expected SEED or SEED:KINDS, see help\n",
			o->card.lie);
		return 2;
	}
	if (error) {
		fprintf(stderr, "acq-card: %s: %s\n", o->socket, strerror(-error));
		return 1;
	}
	if (o->control) {
		p->control = control_new(o->control, main_on_command, p);
		if (!p->control) {
			fprintf(stderr, "acq-card: %s: %s\n", o->control, strerror(errno));
			return 1;
		}
	}
	/* time matters here more than a little power does */
	prctl(PR_SET_TIMERSLACK, 1);
	printf("ready %s\n", o->socket);
	fflush(stdout);
	main_run(p);
	return 0;
}

int main(int argc, char **argv)
{
	struct program p = { .signals = -1 };
	struct source *sources[SOURCES] = { NULL };
	struct source_info info;
	struct options o;
	char why[256];
	int status = 1;

	if (!options_parse(&o, argc, argv))
		return 2;
	if (o.help)
		return 0;
	for (unsigned int i = 0; i < o.kind->sources() && i < SOURCES; i++) {
		sources[i] = source_open(&o.source, &info, why, sizeof(why));
		if (!sources[i]) {
			fprintf(stderr, "acq-card: %s\n", why);
			goto close;
		}
	}
	card_init(&p.card);
	if (!options_settle(&o, &info)) {
		status = 2;
	} else if (!o.kind->make(&p.card.model, sources, &p.card.faults, &p.card.host)) {
		fputs("acq-card: no memory\n", stderr);
	} else {
		p.card.model.id.no_soft_reset = o.card.no_soft_reset;
		status = main_start(&p, &o);
	}
	control_free(p.control);
	card_free(&p.card);
close:
	for (unsigned int i = 0; i < SOURCES; i++)
		source_close(sources[i]);
	if (p.signals >= 0)
		close(p.signals);
	return status;
}
