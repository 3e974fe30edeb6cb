// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * tone [DEV [HZ [SECONDS]]]: plays a sine on all channels of an output, half as loud as can be.
 *
 * The card keeps its rate and its channels.
 *
 *	cc tone.c $(pkg-config --cflags --libs libacq) -lm -o tone
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <acq.h>

#define PIECE	4096		/* frames that are made at a time */

static int play(struct acq *out, double hz, double seconds)
{
	struct acq_config config;
	struct acq_span span;
	uint64_t index = 0, frames;
	unsigned int channels;
	int16_t *samples;
	double turn;
	int err;

	err = acq_get_config(out, &config);
	if (err)
		return err;
	config.format = ACQ_FORMAT_S16;
	err = acq_set_config(out, &config);
	if (err)
		return err;
	channels = config.frame_bytes / sizeof(*samples);
	frames = (uint64_t)(seconds * config.rate_millihz / 1000);
	turn = 2 * M_PI * 1000 * hz / config.rate_millihz;
	samples = malloc(PIECE * config.frame_bytes);
	if (!samples)
		return -ENOMEM;
	while (index < frames) {
		size_t n = frames - index < PIECE ? frames - index : PIECE, done = 0;

		for (size_t i = 0; i < n * channels; i++)
			samples[i] = (int16_t)lrint(16384 * sin(turn * (index + i / channels)));
		/* What an underrun cut off is written again: the tone is whole, and late. */
		while (done < n * config.frame_bytes) {
			err = acq_write(out, &span, (char *)samples + done,
					n * config.frame_bytes - done);
			if (err == ACQ_EVENT_GAP)
				fprintf(stderr, "underrun at index %llu\n",
					(unsigned long long)span.gap.index);
			else if (err != ACQ_EVENT_DATA)
				goto out;
			done += span.bytes;
		}
		index += n;
	}
	err = acq_drain(out, &span);
out:
	free(samples);
	return err < 0 ? err : 0;
}

int main(int argc, char **argv)
{
	struct acq *out = NULL;
	int err;

	err = acq_open(&out, argc > 1 ? argv[1] : "1", O_RDWR);
	if (!err)
		err = play(out, argc > 2 ? atof(argv[2]) : 440, argc > 3 ? atof(argv[3]) : 1);
	if (err)
		fprintf(stderr, "%s\n", acq_errstr(err));
	acq_close(out);
	return err != 0;
}
