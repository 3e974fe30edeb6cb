// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * latency [IN [OUT]]: from the output of a card to its input, in samples.
 *
 * Plays noise on all channels, and looks for it in what comes back: a wire, or air, between
 * the two is all that it takes. Both begin together, so the answer is the same each time.
 *
 *	cc latency.c $(pkg-config --cflags --libs libacq) -o latency
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <acq.h>

#define PLAYED	4096		/* frames of noise */
#define HEARD	(4 * PLAYED)	/* frames that it may take to come back */

/* How well what was played fits what came @lag frames later, in 0 to 1; of one channel */
static double likeness(const int16_t *played, const int16_t *heard, unsigned int step)
{
	double both = 0, one = 0, other = 0;

	for (size_t i = 0; i < PLAYED * step; i += step) {
		both += (double)played[i] * heard[i];
		one += (double)played[i] * played[i];
		other += (double)heard[i] * heard[i];
	}
	return one > 0 && other > 0 && both > 0 ? both * both / (one * other) : 0;
}

/* Same rate and channels, 16 bits. 0 or a negative errno. */
static int configure(struct acq *in, struct acq *out, unsigned int *channels)
{
	struct acq_config config;
	int err = acq_get_config(out, &config);

	if (err)
		return err;
	config.format = ACQ_FORMAT_S16;
	err = acq_set_config(out, &config);
	if (err)
		return err;
	*channels = config.frame_bytes / sizeof(int16_t);
	config = (struct acq_config){
		.format = ACQ_FORMAT_S16,
		.rate_millihz = config.rate_millihz,
		.channel_mask = config.channel_mask,
	};
	return acq_set_config(in, &config);
}

/* All of @heard, from index 0 on. 0 or a negative errno; what is missing is an error. */
static int listen_to(struct acq *in, int16_t *heard, size_t bytes)
{
	struct acq_span span;
	size_t have = 0;
	int event;

	while (have < bytes) {
		event = acq_next(in, &span, bytes - have, 5000000000);
		if (event < 0)
			return event;
		if (event != ACQ_EVENT_DATA)
			return -EPIPE;
		memcpy((char *)heard + have, span.data, span.bytes);
		have += span.bytes;
	}
	return 0;
}

static int measure(struct acq *in, struct acq *out)
{
	struct acq_status status;
	int16_t *played, *heard;
	unsigned int channels;
	struct acq_span span;
	double best = 0;
	size_t at = 0;
	int err;

	err = configure(in, out, &channels);
	if (err)
		return err;
	played = calloc(PLAYED * channels, sizeof(*played));
	heard = calloc((PLAYED + HEARD) * channels, sizeof(*heard));
	if (!played || !heard) {
		err = -ENOMEM;
		goto out;
	}
	for (size_t i = 0; i < PLAYED * channels; i++)
		played[i] = (int16_t)(random() % 16384 - 8192);

	err = acq_link(in, out);
	/* The input waits for the output; what comes back meanwhile is in its ring. */
	if (!err)
		err = acq_begin(in, ACQ_MODE_READ, 0, 0);
	if (!err)
		err = acq_write(out, &span, played, PLAYED * channels * sizeof(*played));
	if (err >= 0)
		err = acq_drain(out, &span);
	if (err >= 0)
		err = acq_get_status(out, &status);
	if (err >= 0 && !(status.flags & ACQ_STATUS_LINKED)) {
		fprintf(stderr, "they have not begun together\n");
		err = -EAGAIN;
	}
	if (err >= 0)
		err = listen_to(in, heard, (PLAYED + HEARD) * channels * sizeof(*heard));
	if (err < 0)
		goto out;
	for (size_t lag = 0; lag < HEARD; lag++) {
		double like = likeness(played, heard + lag * channels, channels);

		if (like > best) {
			best = like;
			at = lag;
		}
	}
	if (best < 0.1) {
		fprintf(stderr, "what was played does not come back\n");
		err = -ENODATA;
		goto out;
	}
	printf("%zu samples (likeness %.3f)\n", at, best);
	err = 0;
out:
	free(played);
	free(heard);
	return err;
}

int main(int argc, char **argv)
{
	struct acq *in = NULL, *out = NULL;
	int err;

	err = acq_open(&in, argc > 1 ? argv[1] : "0", O_RDWR);
	if (!err)
		err = acq_open(&out, argc > 2 ? argv[2] : "1", O_RDWR);
	if (!err)
		err = measure(in, out);
	if (err)
		fprintf(stderr, "%s\n", acq_errstr(err));
	acq_close(out);
	acq_close(in);
	return err != 0;
}
