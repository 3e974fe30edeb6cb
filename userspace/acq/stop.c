// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "stop.h"

static volatile sig_atomic_t reason;
static timer_t timer;
static const char *insist;	/* what to say then; NULL: a second signal is as the first */
static double stopped;		/* when the first one came, in seconds */

/*
 * A signal between the call of stop_reason() and the system call that then
 * sleeps would be lost on it. So it comes again and again: no call started after
 * the reason was set sleeps longer than this.
 */
static void stop_tick(uint64_t milli)
{
	struct itimerspec when = {
		.it_value = { .tv_sec = milli / 1000, .tv_nsec = milli % 1000 * 1000000 },
		.it_interval = { .tv_nsec = 20000000 },
	};

	timer_settime(timer, 0, &when, NULL); /* safe in a signal handler, says POSIX */
}

static void stop_on_signal(int sig)
{
	double now = clock_seconds();

	if (reason != STOP_SIGNAL)
		stopped = now;
	reason = STOP_SIGNAL;
	stop_tick(20);
	if (!insist || now - stopped < 1)
		return;
	if (write(STDERR_FILENO, insist, strlen(insist)) < 0)
		insist = NULL;
	signal(sig, SIG_DFL);
	raise(sig);
}

static void stop_on_timer(int sig)
{
	(void)sig;
	if (reason == STOP_NOT)
		reason = STOP_TIME;
}

void stop_catch(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct sigaction act = { .sa_handler = SIG_IGN }, hup;

	sigaction(SIGPIPE, &act, NULL);
	sigaction(SIGXFSZ, &act, NULL);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	/* no SA_RESTART: whatever sleeps has to come back */
	act.sa_handler = stop_on_timer;
	sigaction(SIGALRM, &act, NULL);
	act.sa_handler = stop_on_signal;
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	/* nohup has had it ignored: so it stays */
	if (!sigaction(SIGHUP, NULL, &hup) && hup.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &act, NULL);
}

void stop_insist(const char *message)
{
	insist = message;
}

void stop_after(uint64_t milli)
{
	stop_tick(milli ? milli : 1);
}

enum stop stop_reason(void)
{
	return reason;
}
