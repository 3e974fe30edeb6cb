// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "command.h"
#include "device.h"
#include "exit.h"
#include "json.h"
#include "names.h"
#include "prometheus.h"
#include "report.h"
#include "stop.h"
#include "text.h"
#include "totals.h"

static void stat_line(const char *what, uint64_t value, const char *note)
{
	printf("%-12s%llu%s\n", what, (unsigned long long)value, note);
}

/* What a card that plays has in place of the lines for an input */
static void stat_print_output(const struct acq_status *s)
{
	char text[64];

	stat_line("frames", s->frames, " put out in this run, filler included");
	snprintf(text, sizeof(text), " of them, in %llu gaps", (unsigned long long)s->gaps);
	stat_line("filler", s->lost, text);
	stat_line("accepted", s->accepted, " bytes written in this run");
	stat_line("played", s->head, " of them");
	stat_line("queued", s->accepted - s->head - s->dropped, " of them still to be played");
	stat_line("dropped", s->dropped, " of them, never to be played");
}

static void stat_print_input(const struct acq_status *s)
{
	char text[64];

	stat_line("frames", s->frames, " from the card in this run");
	snprintf(text, sizeof(text), " of them, in %llu gaps", (unsigned long long)s->gaps);
	stat_line("lost", s->lost, text);
	stat_line("head", s->head, " bytes into the ring so far");
	stat_line("kept", s->head - s->oldest, " bytes in the ring now");
}

static void stat_print(const struct device *dev, const struct acq_status *s,
		       const struct totals *totals)
{
	char text[64];

	printf("%-12s%s%s\n", "state", name_of(&state_names, s->state),
	       s->flags & ACQ_STATUS_STARTED ? " (started by 'start')" : "");
	if (s->error)
		printf("%-12s%s\n", "error", strerror(-s->error));
	if (s->failure)
		printf("%-12s%s\n", "failed for", failure_text(s->failure));
	stat_line("run", s->run, "");
	stat_line("readers", s->readers, "");
	if (dev->output)
		stat_print_output(s);
	else
		stat_print_input(s);
	if (s->flags & ACQ_STATUS_TRIGGERED)
		stat_line("triggered", s->trigger_index, " (sample index)");
	stat_line("timestamp", s->timestamp, "");
	stat_line("blocks", s->blocks, "");
	stat_line("interrupts", s->interrupts, " since the driver took the card");
	stat_line("wakeups", s->wakeups, " of readers since then");
	if (s->irq_us || s->irq_frames) {
		snprintf(text, sizeof(text), " frames or %u us now", s->irq_us);
		stat_line("irq after", s->irq_frames, text);
	}
	totals_print(totals);
}

/* One line of --watch: what happened in @seconds between two calls. */
static void stat_print_change(const struct acq_status *was, const struct acq_status *is,
			      double seconds)
{
	char frames[TEXT_MAX], bytes[TEXT_MAX];
	bool same = was->run == is->run;
	uint64_t f = is->frames - (same ? was->frames : 0);
	uint64_t b = is->head - (same ? was->head : 0);
	uint64_t lost = is->lost - (same ? was->lost : 0);

	printf("%-10s %10s/s %9sB/s %8.0f %8.0f %10llu %6llu %7u\n",
	       name_of(&state_names, is->state), format_human(f / seconds, frames),
	       format_human(b / seconds, bytes), (is->interrupts - was->interrupts) / seconds,
	       (is->wakeups - was->wakeups) / seconds, (unsigned long long)lost,
	       (unsigned long long)is->gaps, is->readers);
}

static void stat_read_totals(const struct device *dev, struct totals *totals)
{
	struct acq_info info;

	memset(totals, 0, sizeof(*totals));
	if (!acq_get_info(dev->acq, &info))
		totals_read_stream(totals, info.stream);
}

static int stat_write_json(const struct device *dev, const struct acq_status *status, int pretty)
{
	struct json_object *o = json_status(status);
	struct totals totals;

	stat_read_totals(dev, &totals);
	json_text(o, "device", dev->path);
	totals_add(&totals, o);
	return json_write(o, stdout, pretty);
}

static int stat_watch(const struct device *dev, double seconds, bool json)
{
	struct timespec pause = {
		.tv_sec = seconds,
		.tv_nsec = (seconds - (time_t)seconds) * 1e9,
	};
	struct acq_status was, is;
	unsigned int lines = 0;
	double then, now;
	int err;

	stop_catch();
	err = acq_get_status(dev->acq, &was);
	then = clock_seconds();
	while (!err) {
		if (json && stat_write_json(dev, &was, 0))
			break;
		if (nanosleep(&pause, NULL) && stop_reason())
			break;
		err = acq_get_status(dev->acq, &is);
		if (err)
			break;
		now = clock_seconds();
		if (!json) {
			if (lines++ % 20 == 0)
				printf("%-10s %12s %12s %8s %8s %10s %6s %7s\n", "state", "frames",
				       "bytes", "irq/s", "wake/s", "lost", "gaps", "readers");
			stat_print_change(&was, &is, now - then);
			if (fflush(stdout))
				break;
		}
		then = now;
		was = is;
		if (is.state == ACQ_STATE_GONE) {
			complain("%s: the card is gone", dev->path);
			return EXIT_GONE;
		}
	}
	return err ? device_error(dev, "read its state", err) : EXIT_OK;
}

struct cmd_stat {
	bool json, prometheus;
	uint64_t milli;			/* of --watch, 0: once */
	const char *prometheus_to;	/* NULL: stdout */
};

static int cmd_stat_once(const struct device *dev, bool json)
{
	struct acq_status status;
	struct totals totals;
	int err;

	err = acq_get_status(dev->acq, &status);
	if (err)
		return device_error(dev, "read its state", err);
	stat_read_totals(dev, &totals);
	if (json)
		stat_write_json(dev, &status, 1);
	else
		stat_print(dev, &status, &totals);
	return EXIT_OK;
}

static int cmd_stat_option(struct cmd_stat *ask, int c)
{
	switch (c) {
	case 'w':
		if (!parse_milli(optarg, &ask->milli) || !ask->milli || ask->milli > 86400000) {
			complain("--watch needs a number of seconds, not '%s'", optarg);
			return usage_error("stat");
		}
		return EXIT_OK;
	case 'j':
		ask->json = true;
		return EXIT_OK;
	case 'p':
		ask->prometheus = true;
		ask->prometheus_to = optarg;
		return EXIT_OK;
	default:
		return usage_error("stat");
	}
}

static void cmd_stat_help(void)
{
	puts("usage: acq stat [DEV] [--watch SECONDS] [--json]\n"
	     "       acq stat --prometheus[=FILE]\n\n"
	     "Print what the stream is doing now.\n\n"
	     "  -w, --watch SECONDS      print a line at this interval until interrupted\n"
	     "      --json               print one JSON object (with --watch: one per line)\n"
	     "      --prometheus[=FILE]  write the counters of all cards as a textfile for the\n"
	     "                           Prometheus node exporter; FILE is replaced as a whole\n\n"
	     DEVICE_HELP);
}

int cmd_stat(int argc, char **argv)
{
	static const struct option options[] = {
		{ "watch", required_argument, NULL, 'w' },
		{ "json", no_argument, NULL, 'j' },
		{ "prometheus", optional_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct cmd_stat ask = { };
	struct device dev;
	int c, err;

	while ((c = getopt_long(argc, argv, "w:jh", options, NULL)) != -1) {
		if (c == 'h') {
			cmd_stat_help();
			return EXIT_OK;
		}
		err = cmd_stat_option(&ask, c);
		if (err)
			return err;
	}
	if (ask.prometheus && (optind < argc || ask.milli || ask.json)) {
		complain("--prometheus is for all cards, and takes no device or other option");
		return usage_error("stat");
	}
	if (ask.prometheus)
		return prometheus_write(ask.prometheus_to);
	if (argc - optind > 1) {
		complain("one device at a time");
		return usage_error("stat");
	}
	err = device_open(&dev, argv[optind], O_RDONLY);
	if (err)
		return err;
	err = ask.milli ? stat_watch(&dev, ask.milli / 1e3, ask.json) :
			  cmd_stat_once(&dev, ask.json);
	device_close(&dev);
	return err;
}
