// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "device.h"
#include "exit.h"
#include "reading.h"
#include "report.h"
#include "setup.h"
#include "text.h"
#include "view_options.h"

enum {
	OPT_MODE = 256,
	OPT_CHUNK,
	OPT_WATERMARK,
	OPT_FLUSH,
	OPT_MONITOR,
	OPT_OLDEST,
	OPT_PACKETS,
	OPT_VERIFY,
	OPT_CONFIG,
	OPT_START,
	OPT_STOP,
	OPT_TRIGGER,
	OPT_ON_GAP,
	OPT_STRICT,
	OPT_JSON,
};

static const struct option long_options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "frames", required_argument, NULL, 'n' },
	{ "bytes", required_argument, NULL, 'b' },
	{ "time", required_argument, NULL, 't' },
	{ "mode", required_argument, NULL, OPT_MODE },
	{ "chunk", required_argument, NULL, OPT_CHUNK },
	{ "watermark", required_argument, NULL, OPT_WATERMARK },
	{ "flush", required_argument, NULL, OPT_FLUSH },
	{ "monitor", no_argument, NULL, OPT_MONITOR },
	{ "oldest", no_argument, NULL, OPT_OLDEST },
	{ "packets", optional_argument, NULL, OPT_PACKETS },
	{ "verify", required_argument, NULL, OPT_VERIFY },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "start", no_argument, NULL, OPT_START },
	{ "stop", no_argument, NULL, OPT_STOP },
	{ "trigger", no_argument, NULL, OPT_TRIGGER },
	{ "on-gap", required_argument, NULL, OPT_ON_GAP },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "json", optional_argument, NULL, OPT_JSON },
	{ "view", required_argument, NULL, OPT_VIEW },
	{ "plot", optional_argument, NULL, OPT_PLOT },
	{ "channels", required_argument, NULL, OPT_CHANNELS },
	{ "fft", required_argument, NULL, OPT_FFT },
	{ "average", required_argument, NULL, OPT_AVERAGE },
	{ "interval", required_argument, NULL, OPT_INTERVAL },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

static const char *const mode_help[ACQ_MODE_NUM] = {
	[ACQ_MODE_READ] = "read() that sleeps (default)",
	[ACQ_MODE_POLL] = "poll(), then non-blocking read()",
	[ACQ_MODE_EPOLL] = "read(), then edge-triggered epoll",
	[ACQ_MODE_URING] = "io_uring, a read at a time",
	[ACQ_MODE_URING_MULTISHOT] = "io_uring, one for all reads (Linux 6.7)",
	[ACQ_MODE_MMAP] = "in the mapped ring, without a copy",
};

static void read_help(void)
{
	unsigned int i;

	puts("usage: acq read [DEV] [OPTIONS]\n\n"
	     "Read samples until the run ends, a limit is reached, or Ctrl-C. Reading starts\n"
	     "an idle stream with its current configuration; the last reader's end stops it.\n"
	     "From an output, read what it plays, as a monitor.\n\n"
	     "Limits:\n"
	     "  -n, --frames N         frames (k M G: powers of 1000)\n"
	     "  -b, --bytes N          bytes, rounded down to whole frames (k M G: of 1024)\n"
	     "  -t, --time SECONDS     at most this long\n\n"
	     "Output:\n"
	     "  -o, --output FILE      '-' is stdout; without it: stdout, or nowhere with\n"
	     "                         --view or --verify. Raw samples, little endian, as the\n"
	     "                         card gave them\n"
	     "      --verify PATTERN   compare every byte with the pattern 'ramp' or 'prbs',\n"
	     "                         after gaps too; end at the first difference\n"
	     "      --json[=FILE]      write a summary as a JSON object to FILE; without FILE\n"
	     "                         to stderr, and nothing else there\n"
	     "  -q, --quiet            print only errors\n");
	puts("Views; without --output, --verify and --packets the reader is a monitor, which\n"
	     "never slows the card or other readers:");
	view_options_help();
	puts("\nOptions:\n"
	     "      --mode MODE        the way to the samples, the same events in each:");
	for (i = 0; i < ACQ_MODE_NUM; i++)
		printf("                         %-16s%s\n", acq_mode_name(i), mode_help[i]);
	puts("      --chunk SIZE       upper limit of one read, in bytes (default: 256k)\n"
	     "      --watermark SIZE   wake up for this many bytes (default: one frame)\n"
	     "      --flush SECONDS    ... or when a sample has waited that long\n"
	     "      --monitor          be a monitor: never slow down the card or others\n"
	     "      --oldest           begin at the oldest sample in the ring, not at the\n"
	     "                         newest\n"
	     "      --packets[=FILE]   one packet per read, no longer than --chunk; FILE gets\n"
	     "                         a line for each: position in the output, bytes, sample\n"
	     "                         index\n\n"
	     "Each gap is reported with its position, length and cause; ~ marks a length that\n"
	     "is estimated by a clock:\n"
	     "      --on-gap WHAT      'continue' after it (default), or 'stop' there\n"
	     "      --strict           exit with status 3 if there was a gap\n\n"
	     "Stream control (needs permission to write to the device):\n"
	     "      --config K=V,...   change settings first: see 'acq config --help'\n"
	     "      --start            start the stream: read from its first sample on,\n"
	     "                         and leave it running\n"
	     "      --stop             stop the stream at the end\n"
	     "      --trigger          fire the software trigger once everything is ready\n\n"
	     DEVICE_HELP "\n"
	     EXIT_HELP);
}

static int read_bad(const char *option, const char *value)
{
	complain("%s: '%s' is not valid", option, value);
	return usage_error("read");
}

static int read_parse(int argc, char **argv, struct reading_options *o, const char **config)
{
	uint64_t v;
	int c, mode;

	while ((c = getopt_long(argc, argv, "o:n:b:t:qh", long_options, NULL)) != -1) {
		switch (c) {
		case 'o':
			o->output = optarg;
			break;
		case 'n':
			if (!parse_count(optarg, &o->frames) || !o->frames)
				return read_bad("--frames", optarg);
			break;
		case 'b':
			if (!parse_size(optarg, &o->bytes) || !o->bytes)
				return read_bad("--bytes", optarg);
			break;
		case 't':
			if (!parse_duration_milli(optarg, &o->milli) || !o->milli)
				return read_bad("--time", optarg);
			break;
		case OPT_MODE:
			mode = acq_mode_find(optarg);
			if (mode < 0)
				return read_bad("--mode", optarg);
			o->mode = mode;
			break;
		case OPT_CHUNK:
			if (!parse_size(optarg, &o->chunk) || !o->chunk || o->chunk > 1U << 30)
				return read_bad("--chunk", optarg);
			break;
		case OPT_WATERMARK:
			if (!parse_size(optarg, &v) || v > UINT32_MAX)
				return read_bad("--watermark", optarg);
			o->watermark = v;
			break;
		case OPT_FLUSH:
			if (!parse_duration_milli(optarg, &v) || !v || v > UINT32_MAX / 1000)
				return read_bad("--flush", optarg);
			o->flush_us = v * 1000;
			break;
		case OPT_MONITOR:
			o->reader_flags |= ACQ_READER_MONITOR;
			break;
		case OPT_OLDEST:
			o->reader_flags |= ACQ_READER_OLDEST;
			break;
		case OPT_PACKETS:
			o->reader_flags |= ACQ_READER_PACKETS;
			o->packets_file = optarg;
			break;
		case OPT_VERIFY:
			if (strcmp(optarg, "ramp") && strcmp(optarg, "prbs"))
				return read_bad("--verify", optarg);
			o->verify = optarg;
			break;
		case OPT_CONFIG:
			*config = optarg;
			break;
		case OPT_START:
			/* samples between the start and the first read count too */
			o->start = true;
			o->reader_flags |= ACQ_READER_OLDEST;
			break;
		case OPT_STOP:
			o->stop = true;
			break;
		case OPT_TRIGGER:
			o->trigger = true;
			break;
		case OPT_ON_GAP:
			if (strcmp(optarg, "continue") && strcmp(optarg, "stop"))
				return read_bad("--on-gap", optarg);
			o->stop_on_gap = !strcmp(optarg, "stop");
			break;
		case OPT_STRICT:
			o->strict = true;
			break;
		case OPT_JSON:
			o->json = true;
			o->json_file = optarg;
			break;
		case 'q':
			o->quiet = true;
			break;
		case 'h':
			read_help();
			return -1;
		default:
			if (view_option(&o->view, c, optarg) != VIEW_OPTION_TAKEN)
				return usage_error("read");
		}
	}
	if (view_options_alone(&o->view))
		return usage_error("read");
	if (argc - optind > 1) {
		complain("one device at a time");
		return usage_error("read");
	}
	/* a part of a packet would look like one */
	if (o->reader_flags & ACQ_READER_PACKETS &&
	    (o->mode == ACQ_MODE_MMAP || o->watermark || o->flush_us)) {
		complain("--packets: not with --mode mmap, --watermark or --flush, which bring parts of them");
		return usage_error("read");
	}
	return EXIT_OK;
}

/* Who reads an output is a monitor: what has been played is kept for nobody. */
static int read_choose_kind(const struct device *dev, struct reading_options *o, int flags)
{
	if (!dev->output)
		return EXIT_OK;
	if (flags == O_RDWR) {
		complain("%s: it plays: --config, --start, --stop and --trigger are not for who reads that",
			 dev->path);
		return EXIT_USAGE;
	}
	o->reader_flags |= ACQ_READER_MONITOR;
	return EXIT_OK;
}

int cmd_read(int argc, char **argv)
{
	struct reading_options o = {
		.mode = ACQ_MODE_READ,
		.chunk = 256 << 10,
	};
	const char *config = NULL;
	struct setup setup;
	struct device dev;
	int status, flags;

	status = read_parse(argc, argv, &o, &config);
	if (status)
		return status < 0 ? EXIT_OK : status;
	if (o.view.kind && !o.output && !o.verify && !(o.reader_flags & ACQ_READER_PACKETS)) {
		o.glance = !(o.reader_flags & ACQ_READER_MONITOR);
		o.reader_flags |= ACQ_READER_MONITOR;
	}
	if (!o.output && !o.view.kind && !o.verify) {
		if (isatty(STDOUT_FILENO)) {
			complain("samples are not for a terminal: give -o FILE, a pipe, --view or --verify ('-o -' insists)");
			return usage_error("read");
		}
		o.output = "-";
	}
	flags = config || o.start || o.stop || o.trigger ? O_RDWR : O_RDONLY;
	report_mute(o.json && !o.json_file);
	report_quiet(o.quiet);
	status = device_open(&dev, argv[optind], flags);
	if (!status) {
		status = read_choose_kind(&dev, &o, flags);
		if (status)
			device_close(&dev);
	}
	if (!status && config) {
		status = setup_plan(&dev, config, &setup);
		o.setup = &setup;
		if (status)
			device_close(&dev);
	}
	if (status) {
		if (o.json)
			reading_failed(dev.path, &o, status);
		return status;
	}
	status = reading_run(&dev, &o);
	device_close(&dev);
	return status;
}
